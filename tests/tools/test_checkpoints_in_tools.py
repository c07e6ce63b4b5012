"""A checkpoint that is hostile, torn, of another model or not there ends each tool by its name."""
from __future__ import annotations

import pytest
import torch
from hostile_cases import bomb
from street_scene_configs import NRD


@pytest.fixture
def load(call, small, street_scenes, tmp_path):
    """Give a checkpoint to a tool that is to refuse it; returns its last words."""

    def run(tool: str, source) -> str:
        work = tmp_path / 'work'
        settings = ['--work-dir', work, '--cfg-options', *small]
        arguments = {
            'train --resume': [NRD, '--resume', *settings, f'load_from={source}'],
            'train load_from': [NRD, *settings, f'load_from={source}'],
            'train init_cfg': [NRD, *settings, 'model.backbone.init_cfg.type=Pretrained',
                               f'model.backbone.init_cfg.checkpoint={source}'],
            'test': [NRD, source, *settings],
            'compare': [NRD, '--out', work, '--iters', 1, '--cfg-options', *small,
                        f'load_from={source}'],
            'convert_checkpoint': [NRD, source, tmp_path / 'ours.pth'],
            'export': [NRD, source, '--out', tmp_path / 'x.pt2'],
            'predict': [next(street_scenes.rglob('*_leftImg8bit.png')), '--config', NRD,
                        '--checkpoint', source, '--out', work, '--quiet'],
        }[tool]
        said = call(tool.split()[0], *arguments, status=2 if tool == 'predict' else 1)
        return said[said.index('error: '):].removeprefix('error: ')

    return run


@pytest.mark.parametrize('tool, kind', [
    *((tool, 'hostile') for tool in (
        'train --resume', 'train load_from', 'test', 'convert_checkpoint', 'export', 'predict')),
    pytest.param('compare', 'hostile', marks=pytest.mark.slow),
    ('train --resume', 'torn'), ('test', 'torn')])
def test_hostile_and_torn(tool, kind, load, tmp_path):
    path, marker = tmp_path / 'x.pth', tmp_path / 'marker'
    torch.save(bomb('in the message hub', marker), path)
    if kind == 'torn':
        path.write_bytes(path.read_bytes()[:-30])
    said = load(tool, path)
    assert str(path) in said and ('torn' if kind == 'torn' else 'nothing of it was run') in said
    assert not marker.exists()


@pytest.mark.parametrize('tool, content, fault', [
    *((tool, [1, 2], 'holds a list') for tool in (
        'train load_from', 'test', 'convert_checkpoint', 'export', 'predict')),
    ('test', {'state_dict': [1]}, "list under 'state_dict'"),
    ('test', {'state_dict': {1: torch.zeros(1)}}, 'parameter called 1'),
    ('train load_from', {'foo': torch.zeros(2)}, 'foo'),
    ('test', {'foo': torch.zeros(2)}, 'missing: auxiliary_head.'),
    *((tool, {'foo': torch.zeros(2)}, 'unknown: foo')
      for tool in ('convert_checkpoint', 'predict', 'export')),
    ('test', {'decode_head.controller.0.conv.weight': torch.zeros(2)},
     'of shape (2,) instead of (')])
def test_what_does_not_fit(tool, content, fault, load, tmp_path):
    torch.save(content, tmp_path / 'x.pth')
    said = load(tool, tmp_path / 'x.pth')
    assert said.startswith(f"{tmp_path / 'x.pth'}: ") and fault in said


@pytest.mark.parametrize('tool, source', [
    ('train load_from', 'nowhere.pth'), ('train init_cfg', 'nowhere.pth'),
    ('test', 'nowhere.pth'), ('predict', 'nowhere.pth'), ('export', 'nowhere.pth'),
    ('test', 'file:///nowhere.pth'), ('test', '/')])
def test_what_is_not_there(tool, source, load):
    assert load(tool, source).startswith(f'checkpoint {source!r}: ')
