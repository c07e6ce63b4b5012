"""Heads, encoder and neck at options, sizes, dtypes and memory layouts that are drawn."""
from __future__ import annotations

import gum_cases
import multi_resolution_cases
import nrd_cases
import reference
import torch
from contract_checks import randomise
from hypothesis import given
from hypothesis import strategies as st
from layout_cases import LAYOUTS, laid_out
from mmseg.registry import MODELS

SIDE = st.integers(1, 3)
LAYOUT = st.sampled_from(LAYOUTS)
DTYPE = st.sampled_from([torch.float32, torch.float64])
IMAGE = st.tuples(st.integers(1, 70), st.integers(1, 70))


def prepared(inputs, dtype, layout):
    return [laid_out(level.to(dtype), layout) for level in inputs]


def level_of(size, factor: int, data):
    """A finer map's size: ``factor`` pixels to a place, to less than two places."""
    return tuple(data.draw(st.integers(max(1, (side - 2) * factor + 1), (side + 2) * factor - 1))
                 for side in size)


def assert_near(got, expected, dtype, tolerance=1e-3):
    assert got.dtype == dtype
    torch.testing.assert_close(got.double(), expected.double(), rtol=tolerance, atol=tolerance)


@torch.no_grad()
@given(data=st.data(), size=st.tuples(SIDE, SIDE), batch=SIDE, patch_size=st.integers(1, 6),
       scale_factor=SIDE, num_classes=st.integers(3, 5), hidden_channels=st.integers(1, 5),
       guidance_channels=st.integers(1, 5), channels=st.integers(1, 9), dtype=DTYPE, layout=LAYOUT)
def test_nrd_head(data, size, batch, patch_size, scale_factor, dtype, layout, **options):
    head = randomise(nrd_cases.build(
        patch_size=patch_size, scale_factor=scale_factor, **options)).to(dtype).eval()
    guidance = level_of(size, patch_size, data)
    inputs = prepared(nrd_cases.levels(size, guidance, batch), dtype, layout)
    logits = head(inputs)
    assert logits.shape == (
        batch, options['num_classes'], *(side * scale_factor for side in guidance))
    assert_near(logits, nrd_cases.oracle(head, inputs), dtype)


@torch.no_grad()
@given(data=st.data(), size=st.tuples(SIDE, SIDE), batch=SIDE, scale_factor=st.integers(2, 9),
       guidance=st.sampled_from(gum_cases.GUIDED), align_corners=st.booleans(),
       large_rf_bottleneck=st.integers(0, 3), high_res_channels=st.integers(0, 3),
       width=st.integers(1, 4), mode=st.sampled_from(['bilinear', 'nearest']),
       offsets_per_class=st.booleans(), dtype=DTYPE, layout=LAYOUT)
def test_guided_upsampling_head(data, size, batch, scale_factor, align_corners, width, mode,
                                offsets_per_class, dtype, layout, **options):
    if options['guidance'] == 'fusion' and not options['high_res_channels']:
        options['fusion_channels'] = data.draw(st.integers(0, 3))
    head = gum_cases.randomise(gum_cases.build(
        dict(align_corners=align_corners), scale_factor=scale_factor, mode=mode,
        large_rf_channels=width, offsets_per_class=offsets_per_class,
        **options)).to(dtype).eval()
    high_res = level_of(size, scale_factor, data)
    inputs = prepared(gum_cases.levels(size, high_res, batch), dtype, layout)
    logits, offsets = head.head(inputs), head._offsets(inputs, high_res)
    read_together = 1 if offsets_per_class else head.out_channels
    assert offsets.shape == (batch, 2 * head.out_channels // read_together, *high_res)
    expected = torch.cat([
        reference.guided_upsample(classes.double(), theirs.double(), mode, align_corners)
        for classes, theirs in zip(logits.split(read_together, 1), offsets.split(2, 1))], 1)
    # Where rounding decides which pixel is nearest, it may be another one.
    near = (head(inputs).double() - expected).abs() <= 1e-3
    assert near.float().mean() > (0.95 if mode == 'nearest' else 0.9999)


@torch.no_grad()
@given(data=st.data(), image=IMAGE, batch=SIDE, dtype=DTYPE, layout=LAYOUT,
       scales=st.sampled_from([(1,), (1 / 2,), (1, 1 / 2), (1 / 2, 1 / 4), (0.7, 0.3),
                               (1, 1 / 2, 1 / 3)]))
def test_multi_resolution_encoder(data, image, batch, dtype, layout, scales):
    indices = sorted(data.draw(st.integers(0, 5)) for _ in scales)
    guidance = data.draw(st.none() | st.integers(0, indices[0]))
    encoder = multi_resolution_cases.build(
        scales=scales, out_indices=indices, guidance_index=guidance)
    alone = randomise(multi_resolution_cases.build_alone(
        'DRN', tuple(range(indices[-1] + 1)))).to(dtype).eval()
    encoder.to(dtype).eval().trunk.load_state_dict(alone.state_dict(), strict=True)
    images = prepared([torch.randn(batch, 3, *image)], dtype, layout)[0]
    expected = [alone(multi_resolution_cases.resized(images, scale))[level]
                for scale, level in zip(scales, indices)]
    if guidance is not None:
        expected.insert(0, alone(
            multi_resolution_cases.resized(images, scales[0]))[guidance])
    got = encoder(images)
    assert len(got) == len(expected)
    for one, other in zip(got, expected):
        assert one.shape == other.shape
        assert_near(one, other, dtype)


@torch.no_grad()
@given(medium=st.tuples(SIDE, SIDE), low=st.tuples(SIDE, SIDE), batch=SIDE,
       in_channels=st.tuples(SIDE, SIDE), out_channels=SIDE, dtype=DTYPE, layout=LAYOUT,
       mode=st.sampled_from(['sum', 'concat']))
def test_fusion(medium, low, batch, in_channels, out_channels, dtype, layout, mode):
    neck = randomise(MODELS.build(dict(
        type='MultiResolutionFusion', in_channels=in_channels, out_channels=out_channels,
        mode=mode))).to(dtype).eval()
    maps = [torch.randn(batch, channels, *size, dtype=dtype)
            for channels, size in zip(in_channels, (medium, low))]
    fused = neck([laid_out(level, layout) for level in maps])[-1]
    assert fused.shape == (batch, out_channels, *medium)
    # A low map of the medium one's size is not resized, so the order of the two steps shows.
    wide = torch.nn.functional.interpolate(maps[1], medium, mode='bilinear')
    assert_near(fused, neck([maps[0], wide])[-1], dtype)
