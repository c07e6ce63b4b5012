from __future__ import annotations

import pytest
import reference
import torch
import torch.nn.functional as F

from mmseg_nrd.ops import guided_upsample

# (h, w), (H, W): odd, non-square, one pixel, the same size, smaller
SIZES = [((2, 3), (16, 24)), ((3, 5), (7, 13)), ((4, 2), (5, 9)), ((1, 1), (1, 1)),
         ((1, 1), (3, 4)), ((1, 4), (1, 9)), ((5, 1), (8, 1)), ((3, 4), (3, 4)), ((7, 5), (3, 2)),
         ((2, 2), (1, 3))]
MODES = ['bilinear', 'nearest']


def example(source=(3, 5), target=(7, 13), batch=2, channels=3, spread=2., device='cpu',
            dtype=torch.float64):
    """A map and offsets of a few pixels, many of which point outside."""
    feats = torch.randn(batch, channels, *source, dtype=torch.float64)
    offsets = spread * torch.randn(batch, 2, *target, dtype=torch.float64)
    return feats.to(device, dtype), offsets.to(device, dtype)


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('source, target', [((2, 3), (5, 7)), ((3, 1), (4, 6)), ((4, 5), (3, 3))])
def test_values_and_gradients_equal_the_loop(source, target, mode, align_corners, device):
    tensors = example(source, target)
    weight = torch.randn(2, 3, *target, dtype=torch.float64)

    def run(function, where):
        leaves = [tensor.to(where).requires_grad_() for tensor in tensors]
        out = function(*leaves, mode, align_corners=align_corners)
        found = torch.autograd.grad((out * weight.to(where)).sum(), leaves,
                                    materialize_grads=True)
        return [tensor.cpu() for tensor in (out, *found)]

    got = run(guided_upsample, device)
    torch.testing.assert_close(got, run(reference.guided_upsample, 'cpu'))
    assert (mode == 'bilinear') == bool(got[2].any())


@pytest.mark.parametrize('source, target', [((3, 4), (5, 9)), ((1, 3), (4, 5)), ((2, 2), (2, 2))])
def test_gradcheck(source, target, device):
    feats, offsets = (tensor.requires_grad_()
                      for tensor in example(source, target, spread=0.7, device=device))
    assert torch.autograd.gradcheck(guided_upsample, (feats, offsets))


@pytest.mark.parametrize('source', [(64, 128), (13, 7), (1, 1), (1, 9), (31, 17)], ids=str)
@pytest.mark.parametrize('target', [(64, 128), (97, 193), (51, 26), (1, 1), (8, 1)], ids=str)
def test_zero_offsets_are_ordinary_upsampling(source, target, device):
    feats, offsets = example(source, target, 1, dtype=torch.float32, device=device)
    for align_corners in (False, True):
        torch.testing.assert_close(
            guided_upsample(feats, 0 * offsets, align_corners=align_corners),
            F.interpolate(feats, target, mode='bilinear', align_corners=align_corners),
            rtol=0, atol=2e-4)
    torch.testing.assert_close(
        guided_upsample(feats.double(), 0 * offsets.double()),
        F.interpolate(feats.double(), target, mode='bilinear', align_corners=False))


@pytest.mark.parametrize('target', [(64, 128), (192, 384), (128, 640), (320, 128)], ids=str)
@pytest.mark.parametrize('source', [(64, 128), (13, 7), (1, 1), (1, 9), (31, 17)], ids=str)
def test_zero_offsets_are_nearest_exact(source, target, device):
    """At sizes without ties, which torch's float32 decides either way."""
    feats, offsets = example(source, target, 1, dtype=torch.float32, device=device)
    assert torch.equal(guided_upsample(feats, 0 * offsets, 'nearest'),
                       F.interpolate(feats, target, mode='nearest-exact'))


@pytest.mark.parametrize('factor', [2, 4, 8])
def test_powers_of_two_are_exact(factor, device):
    feats = torch.randint(-8, 8, (1, 2, 16, 32)).float().to(device)
    size = (16 * factor, 32 * factor)
    expected = F.interpolate(feats.double(), size, mode='bilinear', align_corners=False)
    got = guided_upsample(feats, torch.zeros(1, 2, *size, device=device))
    assert torch.equal(got.double(), expected)


@pytest.mark.parametrize('source, target', [(2, 41), (6, 9), (10, 5), (3, 9), (5, 15), (1, 7)])
def test_nearest_never_loses_a_tie_to_rounding(source, target, device):
    """Half way between two pixels it reads the later one; float32 makes torch's own miss a few."""
    feats = torch.arange(float(source), device=device).reshape(1, 1, 1, source)
    got = guided_upsample(feats, torch.zeros(1, 2, 1, target, device=device), 'nearest')
    assert got.flatten().tolist() == [
        (2 * index + 1) * source // (2 * target) for index in range(target)]


def test_nearest_breaks_ties_upwards_where_grid_sample_goes_to_even(device):
    feats = torch.arange(6., device=device).reshape(1, 1, 1, 6)
    offsets = torch.zeros(1, 2, 1, 6, device=device)
    offsets[:, 0] = 0.5
    assert guided_upsample(feats, offsets, 'nearest').flatten().tolist() == [1, 2, 3, 4, 5, 5]
    offsets[:, 0] = -0.5
    assert guided_upsample(feats, offsets, 'nearest').flatten().tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('source, target', SIZES)
def test_constants_are_preserved(source, target, mode, device):
    _, offsets = example(source, target, spread=5., dtype=torch.float32, device=device)
    feats = torch.full((2, 3, *source), 7.25, device=device)
    torch.testing.assert_close(
        guided_upsample(feats, offsets, mode), torch.full((2, 3, *target), 7.25, device=device))


def test_a_position_moved_to_the_border_gets_no_gradient_along_that_axis():
    feats = torch.randn(1, 2, 4, 4)
    offsets = torch.zeros(1, 2, 4, 4)
    offsets[0, 0, 1, 1] = 9.25
    offsets[0, 1, 2, 2] = -9.25
    offsets[0, :, 1, 2] = 0.25
    offsets.requires_grad_()
    guided_upsample(feats, offsets).square().sum().backward()
    x, y = offsets.grad[0]
    assert x[1, 1] == 0 and y[1, 1] != 0
    assert y[2, 2] == 0 and x[2, 2] != 0
    assert x[1, 2] != 0 and y[1, 2] != 0


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('value, corner', [
    (float('nan'), 0), (float('inf'), -1), (-float('inf'), 0), (3e38, -1), (-3e38, 0)])
def test_absurd_offsets_read_border_pixels(value, corner, mode, device):
    feats, _ = example(dtype=torch.float32, device=device)
    feats.requires_grad_()
    offsets = torch.full((2, 2, 4, 6), value, device=device, requires_grad=True)
    out = guided_upsample(feats, offsets, mode)
    assert torch.equal(out, feats[:, :, corner, corner][:, :, None, None].expand(2, 3, 4, 6))
    out.sum().backward()
    if value == value or mode == 'nearest':
        assert not offsets.grad.any() and feats.grad.isfinite().all()
    else:
        assert offsets.grad.isnan().all()


@pytest.mark.parametrize('mode', MODES)
def test_traces_while_gradients_are_on(mode):
    def upsample(feats, offsets):
        return guided_upsample(feats, offsets, mode)

    traced = torch.jit.trace(upsample, example())
    feats, offsets = example()
    # A trace divides sides as tensors of float32.
    torch.testing.assert_close(
        traced(feats, -offsets), guided_upsample(feats, -offsets, mode), rtol=1e-4, atol=1e-5)


def test_gradients_of_each_image_at_once():
    def loss(offsets, feats):
        return guided_upsample(feats[None], offsets[None]).square().sum()

    feats, offsets = example()
    expected, = torch.autograd.grad(
        guided_upsample(feats, offsets.requires_grad_()).square().sum(), offsets)
    got = torch.func.vmap(torch.func.grad(loss))(offsets.detach(), feats)
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('kind', [torch.bfloat16, torch.float16])
def test_half_precision_samples_in_float32(kind, mode, device):
    feats, offsets = (tensor.to(kind)
                      for tensor in example((6, 300), (9, 601), device=device))
    got = guided_upsample(feats, offsets, mode)
    assert got.dtype == kind
    assert torch.equal(got, guided_upsample(feats.float(), offsets.float(), mode).to(kind))


@pytest.mark.parametrize('changes, message', [
    (dict(mode='bicubic'), r"mode='bicubic'.*'bilinear', 'nearest'.*Fix"),
    (dict(mode=None), r'mode=None.*must be one of.*Fix'),
    (dict(feats=(3, 4, 5)), r'feats of shape \(3, 4, 5\).*\(B, C, h, w\).*Fix'),
    (dict(feats=(2, 3, 0, 5)), r'feats of shape \(2, 3, 0, 5\).*at least one pixel.*Fix'),
    (dict(offsets=(2, 3, 8, 8)), r'offsets of shape \(2, 3, 8, 8\).*\(2, 2, H, W\).*Fix: predict'),
    (dict(offsets=(1, 2, 8, 8)), r'offsets of shape \(1, 2, 8, 8\).*\(2, 2, H, W\).*Fix'),
    (dict(offsets=(2, 8, 8, 2)), r'offsets of shape \(2, 8, 8, 2\).*\(2, 2, H, W\).*Fix'),
    (dict(offsets=(2, 2, 8)), r'offsets of shape \(2, 2, 8\).*\(2, 2, H, W\).*Fix'),
    (dict(offsets=(2, 2, 8, 0)), r'offsets of shape \(2, 2, 8, 0\).*Fix'),
], ids=str)
def test_refuses_what_does_not_fit(changes, message):
    arguments = dict(feats=(2, 3, 4, 5), offsets=(2, 2, 8, 8), mode='bilinear')
    arguments.update(changes)
    for name in ('feats', 'offsets'):
        arguments[name] = torch.zeros(arguments[name])
    with pytest.raises(ValueError, match=message):
        guided_upsample(**arguments)


@pytest.mark.parametrize('name', ['feats', 'offsets'])
def test_refuses_integers(name):
    tensors = dict(feats=torch.zeros(2, 3, 4, 5), offsets=torch.zeros(2, 2, 8, 8))
    tensors[name] = tensors[name].long()
    with pytest.raises(ValueError, match=f'{name} of dtype torch.int64.*Fix: '):
        guided_upsample(**tensors)
