from __future__ import annotations

import json

import pytest


@pytest.mark.slow
def test_measures_and_writes(tool, tmp_path):
    said = tool('speed', '--out', tmp_path, '--rounds', 1, '--max-side', 512)
    results = json.loads((tmp_path / 'results.json').read_text())
    assert {key: len(rows) for key, rows in results['rows'].items()} == dict(
        decode=6, head=7, model=4, labels=1, growth=7)
    assert (tmp_path / 'report.md').read_text() in said
    assert (tmp_path / 'growth.png').stat().st_size > 10_000
    assert results['environment']['keeps_freed_memory'] is False
