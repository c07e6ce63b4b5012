from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize('options', [
    ('--rounds', 0, '--divide', 1), ('--rounds', 1, '--divide', 9)], ids=str)
def test_refuses_what_is_out_of_range(tool, tmp_path, options):
    said = tool('real_time', '--out', tmp_path, *options, status=1)
    assert f'error: {" ".join(map(str, options))}: rounds must be at least 1, divide 1 to 8. ' \
        'Fix' in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_measures_and_writes(tool, tmp_path):
    said = tool('real_time', '--out', tmp_path, '--rounds', 1, '--divide', 8)
    results = json.loads((tmp_path / 'results.json').read_text())
    assert [(row['where'], row['against'], row['asked']) for row in results['rows']] == [
        ('128 x 256', 'GUN without guidance', 1.25), ('128 x 256', 'ERFNet', pytest.approx(4 / 3)),
        ('128 x 256', 'ICNet', 0.4)]
    assert all(len(timing['turns']) == 1 and timing['median'] > 0
               for row in results['rows'] for timing in row['seconds'].values())
    assert (tmp_path / 'report.md').read_text() in said
    assert results['environment']['keeps_freed_memory'] is False
