from __future__ import annotations

import json

import pytest
import torch
from street_scene_configs import ROOT
from tracing_cases import TINY, needs_tracing

SMALL = [f'configs/street_scenes/{head}_r18_1xb8-300_street-scenes-128x256.py'
         for head in ('deeplabv3plus', 'nrd')]


def test_refuses_what_it_could_not_do_before_it_measures(call, tmp_path):
    (tmp_path / 'x.md').mkdir()
    for arguments, name in (
            (['--baseline', 'fcn', '--json', tmp_path / 'x.json'], 'fcn'),
            (['--json', tmp_path / 'x.json', '--markdown', tmp_path / 'x.md'], 'x.md')):
        said = call('benchmark', *SMALL, *arguments, status=1)
        assert name in said and 'building' not in said
    for name in ('nowhere.py', 'mmseg::no/where.py'):
        said = call('benchmark', SMALL[0], name, status=1)
        assert 'error: ' in said and name.split('::')[-1] in said and 'building' not in said
    if not torch.cuda.is_available():
        assert "'cuda': cannot be used" in call('benchmark', *SMALL, '--device', 'cuda', status=2)
    for option in ('--batch', '--rounds', '--shape'):
        assert option in call('benchmark', *SMALL, option, 0, 1, status=2)
    assert [path.name for path in tmp_path.iterdir()] == ['x.md']


def test_measures_what_it_can_and_says_what_it_cannot(call, tmp_path):
    broken = tmp_path / 'broken.py'
    broken.write_text('model = dict(type="Nothing")')
    (tmp_path / 'list.txt').write_text('\n'.join([SMALL[1], '', str(broken), ' ']))
    # Each in a folder of its own, which is not there yet.
    out, tables, plot = (tmp_path / name / 'x' for name in ('new', 'tables', 'plot'))
    said = call('benchmark', SMALL[0], f'@{tmp_path / "list.txt"}', '--shape', 32, 64, '--rounds',
                1, '--json', out / 'x.json', '--markdown', tables / 'x.md', '--plot',
                plot / 'x.png', status=1)
    # What it does, then the table: no lines of MMSeg's or the profiler's.
    lines = said.splitlines()
    assert [line[:5] for line in lines[:5]] == ['[1/3]', '[2/3]', '[3/3]', 'timin', 'round']
    assert lines[5].strip() == 'Inference'
    rows = json.loads((out / 'x.json').read_text())
    assert [bool(row['error']) for row in rows] == [False, False, True]
    for row in rows:
        environment = row['environment']
        assert environment['seed'] == 0 and environment['device'] == 'cpu'
        assert {'commit', 'torch', 'mmseg', 'threads', 'amp', 'channels_last', 'fuse', 'compile',
                'rounds'} <= environment.keys()
        assert row['name'] in (tables / 'x.md').read_text()
    assert rows[1]['modes']['inference']['parts']['decode_head']['ratio']['multiply_adds'] < 0.5
    assert 'ERROR: KeyError' in said and 'backbone' in said
    assert (plot / 'x.png').stat().st_size > 5_000


@pytest.mark.parametrize('option', [
    '--channels-last', '--fuse', '--compile', '--train-step', '--plot x.png'])
def test_what_only_parts_have_is_refused_of_runtimes(call, option):
    said = call('benchmark', *SMALL, '--runtime', 'torch', *option.split(), status=1)
    assert f'error: {option.split()[0]} with --runtime torch: ' in said and 'loading' not in said


@needs_tracing
def test_runtimes_are_rows_with_memory_of_their_own(call, tmp_path):
    (tmp_path / 'tiny.py').write_text(TINY)
    (tmp_path / 'broken.py').write_text('model = dict(type="Nothing")')
    said = call(
        'benchmark', tmp_path / 'tiny.py', tmp_path / 'broken.py', '--runtime', 'torch',
        '--runtime', 'onnxruntime', '--shape', 32, 64, '--rounds', 1,
        '--json', tmp_path / 'x.json', '--markdown', tmp_path / 'x.md', status=1)
    rows = json.loads((tmp_path / 'x.json').read_text())
    assert [(row['name'], row['runtime'], bool(row['error'])) for row in rows] == [
        ('tiny', 'torch', False), ('tiny', 'onnxruntime', False),
        ('broken', 'torch', True), ('broken', 'onnxruntime', True)]
    # Without torch and MMSeg in it, but with its own library.
    assert 20e6 < rows[1]['peak_bytes'] < rows[0]['peak_bytes'] / 2
    assert rows[0]['environment'].keys() >= {'torch', 'threads', 'onnxruntime'}
    assert 'benchmark.py' in rows[0]['command']
    for text in (said, (tmp_path / 'x.md').read_text()):
        assert 'onnxruntime' in text and 'ERROR: KeyError' in text
    assert f"maximum difference {rows[1]['difference']:.1e}" in said


@pytest.mark.slow
@pytest.mark.parametrize('name', ['decoders', 'real_time'])
def test_every_row_of_a_suite_builds_and_runs(call, tmp_path, name):
    call('benchmark', f'@configs/benchmark/{name}.txt', '--shape', 64, 128, '--rounds', 1,
         '--train-step', '--json', tmp_path / 'x.json')
    rows = json.loads((tmp_path / 'x.json').read_text())
    assert [row['config'] for row in rows] == (
        ROOT / 'configs' / 'benchmark' / f'{name}.txt').read_text().split()
