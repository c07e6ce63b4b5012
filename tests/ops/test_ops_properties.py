"""The ops against the loops and against torch, at shapes, dtypes and layouts that are drawn."""
from __future__ import annotations

import reference
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from layout_cases import LAYOUTS, laid_out

from mmseg_nrd.ops import (
    crop_to,
    dynamic_mlp,
    guided_upsample,
    num_dynamic_params,
    pad_to,
    patch_coordinates,
    resize_rows,
    source_rows,
)

SIDE = st.integers(1, 4)
FEW = st.integers(1, 3)
LAYOUT = st.sampled_from(LAYOUTS)
# dtype: how far from the loop in float64, as a share of the largest number
DTYPES = st.sampled_from([(torch.float64, 1e-9), (torch.float32, 1e-4), (torch.bfloat16, 0.06),
                          (torch.float16, 0.01)])


def draw_numbers(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def assert_near(got, expected, tolerance):
    assert got.shape == expected.shape
    error = (got.double() - expected).abs().max()
    assert error <= tolerance * max(expected.abs().max(), 1e-3)


@given(seed=st.integers(0, 99), batch=FEW, height=SIDE, width=SIDE, patch_size=st.integers(1, 5),
       channels=st.lists(st.integers(1, 5), min_size=2, max_size=4), kind=DTYPES, layout=LAYOUT)
def test_dynamic_mlp(seed, batch, height, width, patch_size, channels, kind, layout):
    dtype, tolerance = kind
    params = draw_numbers(seed, batch, num_dynamic_params(channels), height, width).to(dtype)
    inputs = draw_numbers(
        seed + 1, batch, channels[0], height * patch_size, width * patch_size).to(dtype)
    got = dynamic_mlp(laid_out(params, layout), laid_out(inputs, layout), channels, patch_size)
    assert got.dtype == dtype
    expected = reference.dynamic_mlp(params.double(), inputs.double(), channels, patch_size)
    assert_near(got, expected, tolerance)


@given(seed=st.integers(0, 99), batch=FEW, channels=FEW, source=st.tuples(SIDE, SIDE),
       target=st.tuples(st.integers(1, 7), st.integers(1, 7)), kind=DTYPES, layout=LAYOUT,
       mode=st.sampled_from(['bilinear', 'nearest']), spread=st.sampled_from([0, 0.3, 2, 1e4]),
       align_corners=st.booleans())
def test_guided_upsample(seed, batch, channels, source, target, kind, layout, mode, spread,
                         align_corners):
    dtype, tolerance = kind
    feats = draw_numbers(seed, batch, channels, *source).to(dtype)
    # Eighths, which every dtype holds, and never a tie of 'nearest', which rounding decides.
    offsets = (spread * draw_numbers(seed + 1, batch, 2, *target) * 8).round() / 8
    offsets = offsets.clamp(-2e4, 2e4)
    if mode == 'nearest':
        offsets = away_from_ties(offsets, source, target, align_corners)
    # Offsets of single precision, as a head hands them out under autocast too.
    offsets = offsets.to(torch.promote_types(dtype, torch.float32))
    got = guided_upsample(laid_out(feats, layout), laid_out(offsets, layout), mode,
                          align_corners=align_corners)
    assert got.dtype == dtype
    expected = reference.guided_upsample(feats.double(), offsets.double(), mode, align_corners)
    assert_near(got, expected, 1e-3 if dtype == torch.float32 else tolerance)


def away_from_ties(offsets, source, target, align_corners):
    """The offsets, where one would read half way between two pixels a little larger."""
    for axis, (size, side) in enumerate(zip(reversed(source), reversed(target))):
        places = torch.tensor([reference.regular_position(index, side, size, align_corners)
                               for index in range(side)], dtype=torch.float64)
        at = places.view(-1, 1) if axis else places
        fraction = (at + offsets[:, axis] + 0.5) % 1
        offsets[:, axis] += torch.where((fraction - 0.5).abs() > 0.45, 0.2, 0.)
    return offsets


@given(patch_size=st.integers(1, 12), scale_factor=st.integers(1, 4))
def test_patch_coordinates(patch_size, scale_factor):
    torch.testing.assert_close(patch_coordinates(patch_size, scale_factor),
                               reference.patch_coordinates(patch_size, scale_factor))


@given(data=st.data(), size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
       out_size=st.tuples(st.integers(1, 30), st.integers(1, 9)), layout=LAYOUT,
       align_corners=st.booleans())
def test_resize_rows(data, size, out_size, layout, align_corners):
    start = data.draw(st.integers(0, out_size[0] - 1))
    stop = data.draw(st.integers(start + 1, out_size[0]))
    source = draw_numbers(start, 2, 2, *size).float()
    first, last = source_rows(start, stop, size[0], out_size[0], align_corners)
    got = resize_rows(laid_out(source[:, :, first:last], layout), first, size[0], out_size, start,
                      stop, align_corners)
    expected = F.interpolate(source, out_size, mode='bilinear', align_corners=align_corners)
    torch.testing.assert_close(got, expected[:, :, start:stop], rtol=1e-4, atol=1e-4)


@given(size=st.tuples(SIDE, SIDE), more=st.tuples(st.integers(0, 3), st.integers(0, 3)),
       layout=LAYOUT)
def test_cropping_undoes_padding(size, more, layout):
    inputs = draw_numbers(0, 2, 3, *size)
    larger = tuple(side + extra for side, extra in zip(size, more))
    padded = pad_to(laid_out(inputs, layout), larger)
    assert padded.shape[2:] == larger
    assert torch.equal(crop_to(padded, size), inputs)
