from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_weights import draw_weights
from mmseg.registry import MODELS
from torch import nn

DATA = Path(__file__).parents[1] / 'data'
PUBLIC = [(key, tuple(shape)) for key, shape in
          json.loads((DATA / 'drn_d_22_state_dict.json').read_text())]
NARROW = dict(type='DRN', depth=22, base_channels=2)
STRIDES = (1, 1, 2, 4, 8, 8, 8, 8, 8)
CHANNELS = (16, 16, 32, 64, 128, 256, 512, 512, 512)


def build(**changes):
    return MODELS.build({**NARROW, **changes})


@pytest.fixture(scope='module')
def public_file(tmp_path_factory):
    """A file as the authors publish it: the trunk and a classifier."""
    path = tmp_path_factory.mktemp('weights') / 'drn_d_22.pth'
    classifier = {'fc.weight': torch.randn(1000, 512, 1, 1), 'fc.bias': torch.randn(1000)}
    torch.save({**draw_weights(PUBLIC), **classifier}, path)
    return path


@torch.no_grad()
def test_features_of_the_public_network(public_file):
    backbone = MODELS.build(dict(
        type='DRN', depth=22, out_indices=(1, 4, 8),
        init_cfg=dict(type='Pretrained', checkpoint=str(public_file))))
    backbone.init_weights()
    image = np.random.default_rng(1000).standard_normal((1, 3, 64, 96)).astype(np.float32)
    levels = backbone.eval()(torch.from_numpy(image))
    with np.load(DATA / 'drn_d_22_features.npz') as saved:
        for name, level in zip(('layer1', 'layer4', 'layer8'), levels):
            error = np.abs(level.numpy() - saved[name]).max() / np.abs(saved[name]).max()
            assert level.shape == saved[name].shape and error < 1e-5, f'{name}: {error:.1e}'


def test_names_and_shapes_are_the_public_ones_in_their_order():
    backbone = MODELS.build(dict(type='DRN', depth=22))
    state = [(key, tuple(tensor.shape)) for key, tensor in backbone.state_dict().items()
             if not key.endswith('num_batches_tracked')]
    assert state == PUBLIC
    assert sum(parameter.numel() for parameter in backbone.parameters()) == 15_880_752


@pytest.mark.parametrize('depth, millions', [(22, 16.4), (38, 26.5), (54, 35.8), (105, 54.8)])
def test_parameters_as_published_with_a_classifier_of_1000(depth, millions):
    with torch.device('meta'):
        backbone = MODELS.build(dict(type='DRN', depth=depth))
    count = sum(parameter.numel() for parameter in backbone.parameters())
    assert round((count + 513 * 1000) / 1e6, 1) == millions


def test_a_shorter_backbone_loads_its_part_of_a_public_file(public_file):
    backbone = MODELS.build(dict(
        type='DRN', depth=22, out_indices=(1,),
        init_cfg=dict(type='Pretrained', checkpoint=str(public_file))))
    backbone.init_weights()
    assert {key.split('.')[0] for key in backbone.state_dict()} == {'layer0', 'layer1'}
    for key, tensor in draw_weights(PUBLIC).items():
        if key.startswith(('layer0', 'layer1')):
            assert torch.equal(backbone.state_dict()[key], tensor), key


# Blocks of layers 3 to 6, from the public code's table of architectures.
BLOCKS = {22: (2, 2, 2, 2), 38: (3, 4, 6, 3), 54: (3, 4, 6, 3), 105: (3, 4, 23, 3)}


@pytest.mark.parametrize('depth', BLOCKS)
def test_kernels_strides_and_dilations(depth):
    backbone = build(depth=depth)
    for layer in range(9):
        stride = 2 if layer in (2, 3, 4) else 1
        dilation = {5: 2, 6: 4, 7: 2}.get(layer, 1)
        per_block = 2 if depth < 50 else 1
        count = BLOCKS[depth][layer - 3] * per_block if 3 <= layer <= 6 else 1
        expected = [(3 if layer else 7, stride, dilation)] + [(3, 1, dilation)] * (count - 1)
        got = [(m.kernel_size[0], m.stride[0], m.dilation[0])
               for m in getattr(backbone, f'layer{layer}').modules()
               if isinstance(m, nn.Conv2d) and m.kernel_size[0] > 1]
        assert got == expected, layer


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 96), (33, 65), (1, 1), (7, 130)], ids=str)
@pytest.mark.parametrize('depth', [22, 54])
def test_levels(depth, size):
    indices = tuple(range(9))
    levels = build(depth=depth, out_indices=indices).eval()(torch.randn(2, 3, *size))
    for index, level in enumerate(levels):
        wide = 4 if depth == 54 and 3 <= index <= 6 else 1
        expected = [-(-side // STRIDES[index]) for side in size]
        assert list(level.shape) == [2, CHANNELS[index] * wide // 8, *expected], index
        assert (level >= 0).all()


@torch.no_grad()
@pytest.mark.parametrize('indices', [(8,), (1, 4), (0, 3, 6)], ids=str)
def test_chosen_levels_are_those_of_the_whole(indices):
    whole, some = build(out_indices=tuple(range(9))).eval(), build(out_indices=indices).eval()
    state = whole.state_dict()
    missing, _ = some.load_state_dict(state, strict=False)
    assert not missing
    assert [name for name, _ in some.named_children()] == [
        f'layer{index}' for index in range(indices[-1] + 1)]
    image = torch.randn(1, 3, 33, 50)
    expected = whole(image)
    torch.testing.assert_close(some(image), tuple(expected[i] for i in indices), rtol=0, atol=0)


def test_default_init_is_kaiming():
    backbone = MODELS.build(dict(type='DRN', depth=22, out_indices=(6,)))
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.constant_(module.weight, 7)
    backbone.init_weights()
    conv = backbone.layer6[1].conv2
    assert conv.weight.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)
    assert all((m.weight == 1).all() for m in backbone.modules() if isinstance(m, nn.BatchNorm2d))
