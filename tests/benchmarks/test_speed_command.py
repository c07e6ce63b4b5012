"""``python -m benchmarks.speed`` writes what it measures."""
from __future__ import annotations

import json
import runpy
import sys

import pytest


@pytest.mark.slow
def test_measures_and_writes(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, 'argv', [
        'speed', '--out', str(tmp_path), '--rounds', '1', '--max-side', '512'])
    runpy.run_module('benchmarks.speed', run_name='__main__')
    results = json.loads((tmp_path / 'results.json').read_text())
    assert {key: len(rows) for key, rows in results['rows'].items()} == dict(
        decode=6, head=7, model=4, labels=1, growth=7)
    assert (tmp_path / 'report.md').read_text() in capsys.readouterr().out
    assert (tmp_path / 'growth.png').stat().st_size > 10_000
    assert results['environment']['keeps_freed_memory'] is False
