"""``python -m benchmarks.speed`` refuses too little, and writes what it measures."""
from __future__ import annotations

import json
import runpy
import sys

import pytest


@pytest.fixture
def speed(monkeypatch, tmp_path):
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['speed', '--out', str(tmp_path), *arguments])
        runpy.run_module('benchmarks.speed', run_name='__main__')

    return run


def test_refuses_too_little(speed, tmp_path):
    with pytest.raises(SystemExit, match='--rounds 0 --max-side 8192: must be at least 1 and 512'):
        speed('--rounds', '0')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_measures_and_writes(speed, tmp_path, capsys):
    speed('--rounds', '1', '--max-side', '512')
    results = json.loads((tmp_path / 'results.json').read_text())
    assert {key: len(rows) for key, rows in results['rows'].items()} == dict(
        decode=6, head=7, model=4, labels=1, growth=7)
    assert (tmp_path / 'report.md').read_text() in capsys.readouterr().out
    assert (tmp_path / 'growth.png').stat().st_size > 10_000
    assert results['environment']['keeps_freed_memory'] is False
