"""Numbers that are too large or none: what they reach, and what they leave alone."""
from __future__ import annotations

import math

import pytest
import torch

from mmseg_nrd.ops import dynamic_mlp, guided_upsample, num_dynamic_params

CHANNELS, P = (4, 3, 2), 3
BAD = pytest.mark.parametrize('bad', [math.nan, math.inf, -math.inf, 3e38], ids=str)


def mlp_example(device):
    return (torch.randn(2, num_dynamic_params(CHANNELS), 2, 3, device=device),
            torch.randn(2, CHANNELS[0], 2 * P, 3 * P, device=device))


def mlp_and_gradients(params, inputs):
    leaves = [params.requires_grad_(), inputs.requires_grad_()]
    out = dynamic_mlp(*leaves, CHANNELS, P)
    return [tensor.detach() for tensor in (out, *torch.autograd.grad(out.square().sum(), leaves))]


def without_patch(tensor, side):
    """All but the patch at place (1, 2) of image 1."""
    kept = torch.ones(tensor.shape, dtype=torch.bool, device=tensor.device)
    kept[1, :, side:2 * side, 2 * side:3 * side] = False
    return tensor[kept]


@BAD
@pytest.mark.parametrize('where', ['params', 'inputs'])
def test_a_patch_that_overflows_leaves_the_others_alone(where, bad, device):
    clean = mlp_example(device)
    spoilt = [tensor.clone() for tensor in clean]
    if where == 'params':
        spoilt[0][1, :, 1, 2] = bad
    else:
        # A negative sum would end at a ReLU, and rightly so.
        spoilt[1][1, :, 2 * P - 1, 3 * P - 1] = bad
        for params, _ in (clean, spoilt):
            params[1, :, 1, 2] = -2. if bad < 0 else 2.
    got, expected = mlp_and_gradients(*spoilt), mlp_and_gradients(*clean)
    assert not got[0].isfinite().all()
    for one, other, side in zip(got, expected, (P, 1, P)):
        torch.testing.assert_close(without_patch(one, side), without_patch(other, side))


@pytest.mark.parametrize('dtype, finite', [
    (torch.float16, False), (torch.bfloat16, True), (torch.float32, True)], ids=str)
def test_an_overflow_of_half_precision_shows(dtype, finite, device):
    """400 x 400 is beyond float16; no ReLU may turn it into a number again."""
    params = torch.full((1, num_dynamic_params(CHANNELS), 1, 1), 400., dtype=dtype, device=device)
    out = dynamic_mlp(params, torch.ones(1, 4, P, P, dtype=dtype, device=device), CHANNELS, P)
    assert out.isfinite().all() == finite and (finite or not out.isfinite().any())
    params[:, -1] = math.nan  # the last bias
    out = dynamic_mlp(params, torch.zeros(1, 4, P, P, dtype=dtype, device=device), CHANNELS, P)
    assert out[:, -1].isnan().all()


@pytest.mark.parametrize('mode', ['bilinear', 'nearest'])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64],
                         ids=str)
def test_the_largest_numbers_of_a_map_are_sampled(dtype, mode, device):
    # Half precision is sampled in float32; the wider ones need room for sums and differences.
    limit = torch.finfo(dtype).max / (1 if dtype == torch.float16 else 64)
    feats = torch.tensor([limit, -limit, 0, limit], dtype=dtype, device=device).reshape(1, 1, 2, 2)
    feats.requires_grad_()
    offsets = torch.randn(1, 2, 9, 9, device=device, requires_grad=True,
                          dtype=torch.promote_types(dtype, torch.float32))
    out = guided_upsample(feats, offsets, mode)
    assert out.isfinite().all() and out.abs().max() <= limit
    out.mean().backward()
    assert feats.grad.isfinite().all() and offsets.grad.isfinite().all()


@BAD
@pytest.mark.parametrize('mode', ['bilinear', 'nearest'])
def test_one_bad_offset_leaves_the_other_pixels_alone(mode, bad, device):
    feats = torch.randn(1, 2, 3, 4, device=device)
    clean = torch.randn(1, 2, 6, 8, device=device)
    spoilt = clean.clone()
    spoilt[0, 0, 2, 5] = bad
    kept = torch.ones(6, 8, dtype=torch.bool, device=device)
    kept[2, 5] = False
    results = []
    for offsets in (clean, spoilt):
        out = guided_upsample(feats, offsets.requires_grad_(), mode)
        out.square().sum().backward()
        results += [out[..., kept], offsets.grad[..., kept]]
    assert torch.equal(results[0], results[2]) and torch.equal(results[1], results[3])
    assert out.isfinite().all()
