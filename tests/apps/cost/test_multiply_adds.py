"""Every operation is priced: closed forms, and what must not count as nothing."""
from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmseg_nrd.apps.cli.segmentor import build
from mmseg_nrd.apps.cost.multiply_adds import (
    _FREE,
    check_visible,
    count_multiply_adds,
    require_torch,
)

WIDTHS, STRIDES = (256, 512, 1024, 2048), (4, 8, 16, 32)
HEAD = dict(in_channels=2048, in_index=3, channels=512, c1_in_channels=256, c1_channels=48,
            norm_cfg=dict(type='BN'), align_corners=False)


def levels(height, width):
    # Shapes alone, so that large maps take no time.
    return [torch.zeros(1, channels, height // stride, width // stride, device='meta')
            for channels, stride in zip(WIDTHS, STRIDES)]


def aspp(places):
    """A 1x1 branch, three separable ones, pooling, and the 3x3 bottleneck of all five."""
    separable = 2048 * 9 + 2048 * 512
    return places * (2048 * 512 + 3 * separable + 5 * 512 * 512 * 9) + 2048 * 512


def nrd(places, classes):
    """The controller at each place; guidance and the 18-16-16-K layers at 64 pixels of it."""
    params = 18 * 16 + 16 + 16 * 16 + 16 + 16 * classes + classes
    pixel = 256 * 48 * 9 + 48 * 16 + 18 * 16 + 16 * 16 + 16 * classes
    return aspp(places) + places * (512 * 512 * 9 + 512 * params) + 64 * places * pixel


def deeplabv3plus(places, classes):
    """At a quarter of the image's sides: 1x1 guidance, two separable layers, the classifier."""
    pixel = 256 * 48 + 560 * 9 + 560 * 512 + 512 * 9 + 512 * 512 + 512 * classes
    return aspp(places) + 64 * places * pixel


@torch.no_grad()
@pytest.mark.parametrize('kind, closed_form, dilations, size, classes, giga', [
    ('NRDHead', nrd, (1, 3, 6, 9), (512, 1024), 19, 13.34),
    ('NRDHead', nrd, (1, 3, 6, 9), (512, 512), 150, 7.00),
    ('NRDHead', nrd, (1, 3, 6, 9), (480, 480), 60, 5.95),
    ('DepthwiseSeparableASPPHead', deeplabv3plus, (1, 12, 24, 36), (512, 1024), 19, 27.24),
])
def test_heads_equal_their_closed_forms(kind, closed_form, dilations, size, classes, giga):
    with torch.device('meta'):
        head = build(dict(type=kind, num_classes=classes, dilations=dilations, **HEAD), 'meta')
    counted = count_multiply_adds(lambda: head(levels(*size)))
    assert counted == closed_form(size[0] * size[1] // 32 ** 2, classes)
    assert round(counted / 1e9, 2) == giga


@pytest.mark.parametrize('groups', [1, 4])
@pytest.mark.parametrize('kind', [nn.Conv2d, nn.ConvTranspose2d])
def test_a_convolution_backward_costs_it_once_for_each_gradient(kind, groups):
    conv = kind(4, 8, 3, padding=1, groups=groups, bias=False)
    image = torch.randn(2, 4, 5, 7, requires_grad=True)
    forward = 2 * (5 * 7) * 4 * 8 * 9 // groups
    assert count_multiply_adds(lambda: conv(image)) == forward
    assert count_multiply_adds(lambda: conv(image).sum().backward()) == 3 * forward
    frozen = image.detach()
    assert count_multiply_adds(lambda: conv(frozen).sum().backward()) == 2 * forward


def test_matrix_products_in_all_their_dresses():
    x, y, bias = torch.randn(2, 3, 5), torch.randn(2, 5, 7), torch.randn(2, 3, 7)
    for step in (lambda: x @ y, lambda: torch.baddbmm(bias, x, y),
                 lambda: torch.einsum('bij,bjk->bik', x, y), lambda: F.linear(x, y[0].T),
                 lambda: F.linear(x, y[0].T, bias[0, 0])):
        assert count_multiply_adds(step) == 2 * 3 * 5 * 7


@pytest.mark.parametrize('training', [True, False])
def test_attention_is_counted_fused_or_not(training):
    queries = torch.randn(2, 3, 5, 8)  # batch, heads, tokens, width
    product = 2 * 3 * 5 * 5 * 8
    with torch.no_grad():
        assert count_multiply_adds(lambda: F.scaled_dot_product_attention(
            queries, queries, queries)) == 2 * product
    # Of an even number of heads, which its fast path asks for.
    layer = nn.MultiheadAttention(24, 4, batch_first=True).train(training)
    tokens = torch.randn(2, 5, 24)
    with torch.set_grad_enabled(training):
        counted = count_multiply_adds(lambda: layer(tokens, tokens, tokens, need_weights=False))
    assert counted == 2 * product + 4 * 2 * 5 * 24 * 24
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.parametrize('step, name', [
    (lambda: torch.fft.fft(torch.randn(8)), 'aten::_fft_r2c'),
    (lambda: torch.linalg.inv(torch.eye(4)), 'aten::linalg_inv_ex'),
    (lambda: torch.cdist(torch.randn(30, 3), torch.randn(40, 3), p=1), 'aten::_cdist_forward'),
])
def test_an_operation_without_a_price_is_an_error(step, name):
    with pytest.raises(ValueError, match=name):
        count_multiply_adds(step)


@pytest.mark.parametrize('layer', [nn.Hardswish, nn.LeakyReLU, nn.Hardsigmoid, nn.ReLU6])
def test_an_activation_in_place_is_free(layer):
    assert count_multiply_adds(lambda: layer(inplace=True)(torch.randn(4))) == 0


def test_no_matrix_product_of_torch_is_free():
    names = {schema.name for schema in torch._C._jit_get_all_schemas()}
    free = [name for name in names if _FREE.fullmatch(name)]
    product = re.compile('mm|mv|conv|attention|fft|dist|rnn|lstm|gru|solve|inv|dot|mat|linear')
    assert len(free) > 150
    # Bilinear interpolation is a few operations for each element.
    assert [name for name in free if product.search(name) and 'upsample' not in name] == []


def test_an_error_of_the_step_leaves_the_fast_path_on():
    with pytest.raises(RuntimeError):
        count_multiply_adds(lambda: torch.ones(2, 3) @ torch.ones(2, 3))
    assert torch.backends.mha.get_fastpath_enabled()


def test_compiled_operations_of_mmcv_are_refused_unseen():
    from mmcv.ops import CARAFE, CrissCrossAttention
    check_visible(nn.Sequential(nn.Conv2d(1, 1, 1), CrissCrossAttention(8)))
    with pytest.raises(ValueError, match='CARAFE'):
        check_visible(nn.Sequential(CARAFE(3, 1, 2)))


def test_a_part_that_needs_a_newer_torch_says_so(monkeypatch):
    monkeypatch.setattr(torch, '__version__', '2.10.0+cpu')
    require_torch('2.9')
    require_torch('2.10')
    with pytest.raises(ImportError, match=r"exports must have torch 2\.11 .*Fix: pip install"):
        require_torch('2.11')
