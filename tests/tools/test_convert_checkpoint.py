"""A whole model's checkpoint under the authors' names becomes one of ours, or nothing does."""
from __future__ import annotations

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS
from street_scene_configs import NRD


@pytest.fixture(scope='module')
def ours():
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(Config.fromfile(NRD).model).state_dict()


@pytest.fixture
def theirs(ours):
    renamed = {key.replace('decode_head.controller.', 'decode_head.classifier.classifier.')
               .replace('decode_head.input_norm.', 'decode_head.cat_norm.'): value
               for key, value in ours.items() if not key.endswith('num_batches_tracked')}
    return {**renamed, 'decode_head.conv_seg.weight': torch.zeros(19, 512, 1, 1),
            'decode_head.conv_seg.bias': torch.zeros(19)}


def test_every_parameter_arrives(tool, theirs, ours, tmp_path):
    torch.save({'state_dict': theirs, 'meta': {'epoch': 1}}, tmp_path / 'theirs.pth')
    tool('convert_checkpoint', NRD, tmp_path / 'theirs.pth', tmp_path / 'ours.pth')
    converted = torch.load(tmp_path / 'ours.pth', weights_only=True)['state_dict']
    expected = {key for key in ours if not key.endswith('num_batches_tracked')}
    assert set(converted) == expected
    assert all(torch.equal(converted[key], ours[key]) for key in expected)


def test_unknown_and_missing_parameters_are_all_listed_and_nothing_is_written(
        tool, theirs, tmp_path):
    del theirs['decode_head.cat_norm.weight'], theirs['backbone.layer1.0.conv1.weight']
    theirs['decode_head.extra.weight'] = torch.zeros(1)
    torch.save(theirs, tmp_path / 'theirs.pth')
    output = tool('convert_checkpoint', NRD, tmp_path / 'theirs.pth', tmp_path / 'ours.pth',
                  status=1)
    for line in ('3 parameters do not fit', 'unknown: decode_head.extra.weight',
                 'missing: decode_head.input_norm.weight',
                 'missing: backbone.layer1.0.conv1.weight', 'Fix: choose the config'):
        assert line in output
    assert 'Traceback' not in output
    assert [path.name for path in tmp_path.iterdir()] == ['theirs.pth']


def test_an_existing_target_is_left_alone(tool, tmp_path):
    (tmp_path / 'ours.pth').write_bytes(b'mine')
    output = tool('convert_checkpoint', NRD, tmp_path / 'x.pth', tmp_path / 'ours.pth', status=1)
    assert 'exists already' in output
    assert (tmp_path / 'ours.pth').read_bytes() == b'mine'


def test_shapes_of_another_config_are_listed(tool, theirs, tmp_path):
    theirs['decode_head.cat_norm.weight'] = torch.ones(34)
    torch.save(theirs, tmp_path / 'theirs.pth')
    output = tool('convert_checkpoint', NRD, tmp_path / 'theirs.pth', tmp_path / 'ours.pth',
                  status=1)
    assert 'of shape (34,) instead of (18,): decode_head.input_norm.weight' in output
    assert [path.name for path in tmp_path.iterdir()] == ['theirs.pth']


@pytest.mark.parametrize('content, message', [
    (b'no checkpoint at all\n', 'cannot be read as a checkpoint'),
    (b'', 'cannot be read as a checkpoint'),
    ([1, 2], 'holds a list; must hold a dict'),
], ids=['text', 'empty', 'list'])
def test_what_is_no_checkpoint_is_named(tool, tmp_path, content, message):
    source = tmp_path / 'theirs.pth'
    source.write_bytes(content) if isinstance(content, bytes) else torch.save(content, source)
    output = tool('convert_checkpoint', NRD, source, tmp_path / 'ours.pth', status=1)
    assert 'Traceback' not in output
    assert f'error: {source}: {message}' in output and 'Fix: ' in output


def test_a_missing_folder_is_named_before_anything_is_read(tool, tmp_path):
    output = tool('convert_checkpoint', NRD, tmp_path / 'x.pth', tmp_path / 'no' / 'ours.pth',
                  status=1)
    assert f'{tmp_path / "no"}: no such folder. Fix: create it.' in output
