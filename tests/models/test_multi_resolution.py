"""What the encoder computes; its other tests are about backbones, arguments and parameters."""
from __future__ import annotations

import pytest
import torch
from contract_checks import randomise
from multi_resolution_cases import (
    BACKBONES,
    POSITIONS,
    SHARINGS,
    build,
    build_alone,
    resized,
)
from torch.utils.flop_counter import FlopCounterMode


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 96), (61, 43)], ids=str)
@pytest.mark.parametrize('name', BACKBONES)
def test_equals_the_whole_backbone_at_each_scale(name, size):
    encoder, alone = build(name).eval(), randomise(build_alone(name))
    alone.eval()
    encoder.trunk.load_state_dict(alone.state_dict(), strict=True)
    image = torch.randn(2, 3, *size)
    guidance, medium, _ = (alone(resized(image, 1 / 2))[i] for i in POSITIONS[name])
    low = alone(resized(image, 1 / 4))[POSITIONS[name][2]]
    torch.testing.assert_close(encoder(image), (guidance, medium, low))


def multiply_adds(module, image, without=()):
    """Of a module, leaving out its children of these names."""
    module.eval()
    with FlopCounterMode(module, display=False) as counter:
        module(image)
    left_out = [f'{type(module).__name__}.{name}' for name in without]
    assert all(counter.flop_counts[name] for name in left_out)
    return counter.get_total_flops() - sum(
        sum(counter.flop_counts[name].values()) for name in left_out)


@torch.no_grad()
@pytest.mark.parametrize('sharing', SHARINGS)
@pytest.mark.parametrize('name', BACKBONES)
def test_no_layer_runs_beyond_the_last_that_is_needed(name, sharing):
    image, encoder, alone = torch.randn(1, 3, 128, 64), build(name, sharing), build_alone(name)
    later = {'DRN': [f'layer{number}' for number in range(5, 9)],
             'EfficientNetLite': [f'_blocks.{number}' for number in range(5, 16)]}.get(
                 name, ['layer3', 'layer4'])
    medium = multiply_adds(alone, resized(image, 1 / 2), without=later)
    low = multiply_adds(alone, resized(image, 1 / 4))
    assert multiply_adds(encoder, image) == medium + low


@torch.no_grad()
@pytest.mark.parametrize('scale, size', [(0.07, 7), (0.55, 55), (1 / 3, 34), (0.125, 13)])
def test_the_rounding_of_a_product_adds_no_pixel(scale, size):
    """100 * 0.07 is 7.000000000000001."""
    (level,) = build(scales=(scale,), out_indices=(0,), guidance_index=None).eval()(
        torch.randn(1, 3, 100, 100))
    assert level.shape[2:] == (size, size)
