"""What is no checkpoint of the model, or is not there, ends a tool in a sentence."""
from __future__ import annotations

import pytest
import torch
from street_scene_configs import NRD

CONTENT = {
    'a list': [1, 2], 'a list of weights': {'state_dict': [1]},
    'numbers for names': {'state_dict': {1: torch.zeros(1)}},
    'other weights': {'foo': torch.zeros(2)},
    'another shape': {'decode_head.controller.0.conv.weight': torch.zeros(2)}}
TOOLS = ('train', 'test', 'convert_checkpoint', 'predict', 'export_torch')
NO_WEIGHTS = {'a list': 'holds a list; must hold a dict',
              'a list of weights': "holds a list under 'state_dict'; must hold a dict",
              'numbers for names': 'holds a parameter called 1; must hold a dict'}
NOTHING = ('nothing in it fits the model, which would start from random weights: it has {}, the '
           'model has backbone.stem.0.weight, backbone.stem.1.weight, ....')
CASES = [
    *((kind, tool, words) for kind, words in NO_WEIGHTS.items() for tool in TOOLS),
    ('other weights', 'train', NOTHING.format('foo')),
    ('other weights', 'test', 'parameters do not fit the config.\n  missing: auxiliary_head.'),
    ('other weights', 'convert_checkpoint', 'do not fit the config.\n  unknown: foo\n'),
    # The last of several lines.
    ('other weights', 'predict', 'choose the config that the checkpoint was trained with.'),
    ('other weights', 'export_torch', 'do not fit the config.\n  unknown: foo\n'),
    ('another shape', 'train', NOTHING.format('decode_head.controller.0.conv.weight')),
    ('another shape', 'test', 'do not fit the config.\n  of shape (2,) instead of (')]


@pytest.mark.parametrize('kind, tool, words', CASES)
def test_what_does_not_fit(kind, tool, words, call, small, street_scenes, tmp_path):
    path, work = tmp_path / 'x.pth', tmp_path / 'work'
    torch.save(CONTENT[kind], path)
    image = next(street_scenes.rglob('*_leftImg8bit.png'))
    said = call(tool, *{
        'train': [NRD, '--work-dir', work, '--cfg-options', *small, f'load_from={path}'],
        'test': [NRD, path, '--work-dir', work, '--cfg-options', *small],
        'convert_checkpoint': [NRD, path, tmp_path / 'ours.pth'],
        'export_torch': [NRD, path, '--out', tmp_path / 'x.pt2'],
        'predict': [image, '--config', NRD, '--checkpoint', path, '--out', work, '--quiet'],
    }[tool])
    assert words in said
    assert tool == 'predict' or said.startswith(f'error: {path}: ') and 'Fix: ' in said


@pytest.mark.parametrize('where', ['load_from', 'init_cfg', 'test'])
@pytest.mark.parametrize('source, words', [
    ('nowhere.pth', 'no such file. Fix: '), ('file:///nowhere.pth', 'no such file. Fix: '),
    ('/', 'is a folder; must be a file. Fix: ')])
def test_what_is_not_there(where, source, words, call, small, tmp_path):
    arguments = [NRD, *[source] * (where == 'test'), '--work-dir', tmp_path, '--cfg-options',
                 *small]
    if where == 'load_from':
        arguments += [f'load_from={source}']
    elif where == 'init_cfg':
        arguments += ['model.backbone.init_cfg.type=Pretrained',
                      f'model.backbone.init_cfg.checkpoint={source}']
    said = call('test' if where == 'test' else 'train', *arguments)
    assert said.startswith(f'error: checkpoint {source!r}: {words}') and 'Fix: ' in said
