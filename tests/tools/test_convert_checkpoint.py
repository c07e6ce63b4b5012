"""A whole model's checkpoint under the authors' names becomes one of ours, or nothing does."""
from __future__ import annotations

import pytest
import torch
from street_scene_configs import NRD

from mmseg_nrd.apps.cli import build, read_config


@pytest.fixture(scope='module')
def ours():
    return build(read_config(str(NRD)).model, 'cpu').state_dict()


@pytest.fixture
def theirs(ours):
    renamed = {key.replace('decode_head.controller.', 'decode_head.classifier.classifier.')
               .replace('decode_head.input_norm.', 'decode_head.cat_norm.'): value
               for key, value in ours.items() if not key.endswith('num_batches_tracked')}
    return {**renamed, 'decode_head.conv_seg.weight': torch.zeros(19, 512, 1, 1),
            'decode_head.conv_seg.bias': torch.zeros(19)}


def test_every_parameter_arrives(call, theirs, ours, tmp_path):
    torch.save({'state_dict': theirs, 'meta': {'epoch': 1}}, tmp_path / 'theirs.pth')
    call('convert_checkpoint', NRD, tmp_path / 'theirs.pth', tmp_path / 'ours.pth')
    converted = torch.load(tmp_path / 'ours.pth', weights_only=True)
    expected = {key for key in ours if not key.endswith('num_batches_tracked')}
    assert set(converted['state_dict']) == expected and converted['meta'] == {'epoch': 1}
    assert all(torch.equal(converted['state_dict'][key], ours[key]) for key in expected)


def test_all_that_does_not_fit_is_listed_and_nothing_is_written(call, theirs, tmp_path):
    del theirs['backbone.layer1.0.conv1.weight']
    theirs['decode_head.cat_norm.weight'] = torch.ones(34)
    # More than the ten that other tools list.
    extra = [f'decode_head.extra.{index}' for index in range(12)]
    torch.save({**theirs, **dict.fromkeys(extra, torch.zeros(1))}, tmp_path / 'theirs.pth')
    said = call('convert_checkpoint', NRD, tmp_path / 'theirs.pth', tmp_path / 'ours.pth', status=1)
    for line in ('14 parameters', 'missing: backbone.layer1.0.conv1.weight',
                 'of shape (34,) instead of (18,): decode_head.input_norm.weight',
                 *(f'unknown: {key}' for key in extra)):
        assert line in said
    assert [path.name for path in tmp_path.iterdir()] == ['theirs.pth']


@pytest.mark.parametrize('out, fault', [('mine.pth', 'mine.pth: exists'), (
    'no/ours.pth', 'no: no such folder')])
def test_a_target_that_cannot_be_is_named_before_anything_is_read(call, tmp_path, out, fault):
    (tmp_path / 'mine.pth').write_bytes(b'mine')
    said = call('convert_checkpoint', NRD, tmp_path / 'x.pth', tmp_path / out, status=1)
    assert f'error: {tmp_path}/{fault}' in said
    assert (tmp_path / 'mine.pth').read_bytes() == b'mine'
