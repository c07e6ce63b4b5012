from __future__ import annotations

import json

import pytest
from street_scene_configs import ROOT

SMALL = [f'configs/street_scenes/{head}_r18_1xb8-300_street-scenes-128x256.py'
         for head in ('deeplabv3plus', 'nrd')]


def test_refuses_an_unknown_baseline(call, tmp_path):
    said = call('benchmark', *SMALL, '--baseline', 'fcn', '--json', tmp_path / 'x.json', status=1)
    assert "error: baseline='fcn': must be one of deeplabv3plus_r18" in said and 'Fix: ' in said
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_file_that_it_could_not_write_before_it_measures(call, tmp_path):
    (tmp_path / 'x.md').mkdir()
    said = call('benchmark', *SMALL, '--json', tmp_path / 'x.json', '--markdown',
                tmp_path / 'x.md', status=1)
    assert 'error: ' in said and 'x.md' in said and 'building' not in said
    assert [path.name for path in tmp_path.iterdir()] == ['x.md']


def test_measures_what_it_can_and_says_what_it_cannot(tool, tmp_path):
    (tmp_path / 'list.txt').write_text('\n'.join([SMALL[1], '', 'nowhere.py', ' ']))
    out = tmp_path / 'new' / 'folder'
    said = tool('benchmark', SMALL[0], f'@{tmp_path / "list.txt"}', '--shape', 32, 64, '--rounds',
                1, '--json', out / 'x.json', '--markdown', out / 'x.md', '--plot', out / 'x.png',
                status=1)
    rows = json.loads((out / 'x.json').read_text())
    assert [bool(row['error']) for row in rows] == [False, False, True]
    for row in rows:
        environment = row['environment']
        assert environment['seed'] == 0 and environment['device'] == 'cpu'
        assert {'commit', 'torch', 'mmseg', 'threads', 'amp', 'channels_last', 'fuse', 'compile',
                'rounds'} <= environment.keys()
        assert row['name'] in (out / 'x.md').read_text()
    assert rows[1]['modes']['inference']['parts']['decode_head']['ratio']['multiply_adds'] < 0.5
    assert 'ERROR: FileNotFoundError' in said and 'backbone' in said
    assert (out / 'x.png').stat().st_size > 5_000


def suite(name: str) -> list:
    return (ROOT / 'configs' / 'benchmark' / f'{name}.txt').read_text().split()


@pytest.mark.slow
@pytest.mark.parametrize('name', ['decoders', 'real_time'])
def test_every_row_of_a_suite_builds_and_runs(tool, tmp_path, name):
    tool('benchmark', f'@configs/benchmark/{name}.txt', '--shape', 64, 128, '--rounds', 1,
         '--train-step', '--json', tmp_path / 'x.json')
    rows = json.loads((tmp_path / 'x.json').read_text())
    assert [row['config'] for row in rows] == suite(name)
