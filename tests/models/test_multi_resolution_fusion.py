from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from contract_checks import randomise
from mmseg.registry import MODELS
from reference import batch_norm
from torch import nn

SMALL = dict(type='MultiResolutionFusion', in_channels=(5, 7), out_channels=6)


def build(**changes):
    return MODELS.build({**SMALL, **changes})


def levels(medium=(8, 12), low=(4, 6), batch=2, channels=(5, 7), device='cpu'):
    shapes = [(3, 8 * medium[0], 8 * medium[1]), (channels[0], *medium), (channels[1], *low)]
    return tuple(torch.randn(batch, *shape, device=device) for shape in shapes)


def convolved(conv_module, x, dilation=1):
    """A convolution and its norm, from the parameters alone."""
    padding = conv_module.conv.kernel_size[0] // 2 * dilation
    x = F.conv2d(x, conv_module.conv.weight, padding=padding, dilation=dilation)
    return batch_norm(x, conv_module.bn.state_dict())


@torch.no_grad()
@pytest.mark.parametrize('mode', ['sum', 'concat'])
@pytest.mark.parametrize('medium, low', [
    ((8, 12), (4, 6)), ((9, 13), (5, 7)), ((1, 1), (1, 1)), ((3, 2), (5, 1)), ((7, 4), (7, 4))],
    ids=str)
def test_is_the_formula(mode, medium, low):
    neck = randomise(build(mode=mode)).eval()
    inputs = levels(medium, low)
    up = F.interpolate(inputs[2], medium, mode='bilinear', align_corners=False)
    parts = [convolved(neck.medium_conv, inputs[1]), convolved(neck.low_conv, up, dilation=2)]
    if mode == 'sum':
        expected = (parts[0] + parts[1]).relu()
    else:
        expected = convolved(neck.fuse, torch.cat(parts, 1)).relu()
    fused = neck(inputs)[-1]
    assert fused.shape == (2, 6, *medium)
    torch.testing.assert_close(fused, expected, rtol=1e-4, atol=1e-5)
    assert (fused >= 0).all()


@torch.no_grad()
@pytest.mark.parametrize('count', [2, 3])
def test_appends_to_the_levels(count):
    inputs = levels()[-count:]
    out = build().eval()(inputs)
    assert isinstance(out, tuple) and len(out) == count + 1
    assert all(given is kept for given, kept in zip(inputs, out))


@torch.no_grad()
def test_other_norms_activations_and_none():
    neck = build(norm_cfg=None, act_cfg=None)
    assert not any(isinstance(m, (nn.BatchNorm2d, nn.ReLU)) for m in neck.modules())
    assert (neck(levels())[-1] < 0).any()
    neck = build(mode='concat', norm_cfg=dict(type='GN', num_groups=2), act_cfg=dict(type='GELU'))
    assert sum(isinstance(m, nn.GroupNorm) for m in neck.modules()) == 3
    assert sum(isinstance(m, nn.GELU) for m in neck.modules()) == 1
    neck(levels())


@pytest.mark.parametrize('inputs, got', [
    (levels(channels=(7, 5)), r'3 levels have \(7, 5\)'), (levels()[:2], r'2 levels have \(3, 5\)'),
    (levels()[2:], r'1 levels have \(7,\)')], ids=['swapped', 'no low map', 'one'])
def test_refuses_levels_that_do_not_fit(inputs, got):
    with pytest.raises(ValueError, match=rf'{got}.*in_channels=\(5, 7\).*Fix'):
        build()(inputs)
