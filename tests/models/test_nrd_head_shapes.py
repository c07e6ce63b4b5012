"""What comes out, for sizes that fit and sizes that do not."""
from __future__ import annotations

import pytest
import reference
import torch
from contract_checks import randomise
from mmcv.cnn import ConvModule
from nrd_cases import build, levels, oracle


@torch.no_grad()
@pytest.mark.parametrize('size, guidance, patch_size', [
    ((2, 3), (16, 24), 8), ((2, 3), (9, 17), 8), ((1, 1), (8, 8), 8), ((1, 1), (1, 1), 8),
    ((1, 4), (5, 30), 8), ((3, 2), (7, 5), 3), ((3, 2), (3, 2), 1), ((2, 2), (3, 3), 2),
    ((1, 2), (4, 5), 4), ((1, 2), (16, 17), 16),
    # places beyond the guidance, and rows and columns below and beside the last place
    ((3, 4), (9, 17), 8), ((2, 3), (17, 39), 8), ((2, 3), (31, 10), 8), ((1, 1), (23, 1), 8),
    ((5, 2), (7, 5), 2), ((2, 3), (3, 4), 1)])
def test_equals_the_loops_over_real_pixels_only(size, guidance, patch_size, device):
    head = randomise(build(patch_size=patch_size)).to(device).eval()
    inputs = levels(size, guidance, device=device)
    logits = head(inputs)
    assert logits.shape == (2, 3, *guidance)
    torch.testing.assert_close(logits.cpu(), oracle(head, inputs), rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize('size, guidance, patch_size, scale_factor', [
    ((2, 2), (16, 16), 8, 2), ((1, 2), (5, 15), 8, 3), ((1, 1), (1, 1), 8, 4),
    ((3, 2), (7, 5), 3, 2), ((2, 1), (2, 1), 1, 4), ((1, 3), (10, 15), 8, 2),
    ((2, 2), (2, 10), 3, 2)])
def test_a_finer_grid_equals_the_loops(size, guidance, patch_size, scale_factor, device):
    head = randomise(build(patch_size=patch_size, scale_factor=scale_factor))
    head = head.to(device).eval()
    inputs = levels(size, guidance, device=device)
    logits = head(inputs)
    assert logits.shape == (2, 3, *(side * scale_factor for side in guidance))
    torch.testing.assert_close(logits.cpu(), oracle(head, inputs), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_trained_head_takes_any_scale_factor():
    trained = randomise(build(c1_in_channels=0)).eval()
    finer = build(c1_in_channels=0, scale_factor=4).eval()
    finer.load_state_dict(trained.state_dict(), strict=True)
    inputs = levels()
    logits, expected = finer(inputs), trained(inputs)
    assert logits.shape == (2, 3, 64, 96)
    # The MLP is piecewise linear: 4 x 4 places around a pixel average to it but for its kinks.
    difference = torch.nn.functional.avg_pool2d(logits, 4) - expected
    assert difference.abs().mean() < 0.05 * expected.std(dim=(2, 3)).mean()


@torch.no_grad()
@pytest.mark.parametrize('scale_factor', [1, 2])
@pytest.mark.parametrize('c1_in_channels, size', [
    (0, (4, 3)), (5, (4, 3)), (5, (3, 4)), (5, (5, 2))])
def test_rows_of_places_are_rows_of_the_whole(scale_factor, c1_in_channels, size):
    head = randomise(build(scale_factor=scale_factor, c1_in_channels=c1_in_channels)).eval()
    params, guidance = head.predict_params(levels(size, (29, 20)))
    whole, side = head.decode(params, guidance), 8 * scale_factor
    for first, last in ((0, 1), (1, 3), (3, 4), (0, 4)):
        rows = head.decode(params, guidance, (first, last))
        torch.testing.assert_close(rows, whole[:, :, first * side:last * side])


def test_the_guidance_branch_is_a_3x3_and_a_bare_1x1():
    first, second = build().c1_bottleneck
    assert isinstance(first, ConvModule) and first.with_norm and first.with_activation
    assert first.conv.kernel_size == (3, 3) and first.conv.out_channels == 6
    assert isinstance(second, ConvModule) and not second.with_norm and not second.with_activation
    assert second.conv.kernel_size == (1, 1) and second.conv.out_channels == 16
    assert second.conv.bias is not None


def test_running_statistics_are_those_of_real_pixels():
    head = build().train()
    inputs = levels((2, 3), (9, 18))
    head(inputs)
    xy = reference.patch_coordinates(8).repeat(1, 2, 3)[:, :9, :18].expand(2, -1, -1, -1)
    pixels = torch.cat([xy, head.c1_bottleneck(inputs[0])], dim=1).transpose(0, 1).flatten(1)
    momentum = head.input_norm.momentum
    torch.testing.assert_close(head.input_norm.running_mean, momentum * pixels.mean(1))
    torch.testing.assert_close(
        head.input_norm.running_var, 1 - momentum + momentum * pixels.var(1), rtol=1e-4, atol=0)


@torch.no_grad()
@pytest.mark.parametrize('patch_size', [1, 2, 3, 4, 8, 16])
@pytest.mark.parametrize('mode', [True, False])
def test_without_guidance(patch_size, mode, device):
    head = randomise(build(c1_in_channels=0, patch_size=patch_size)).to(device)
    head.train(mode)
    logits = head([levels((2, 3), device=device)[3]] * 4)
    assert logits.shape == (2, 3, 2 * patch_size, 3 * patch_size)
    assert logits.isfinite().all()
    assert head.mlp_channels == (2, 16, 16, 3) and head.c1_bottleneck is None
    assert head.input_norm.num_features == 2


@pytest.mark.parametrize('index', [0, 1, 2, -4, -3, -2])
def test_any_guidance_level(index):
    inputs = levels()
    guidance = inputs[0]
    others = [torch.randn(2, 2, 1, 1)] * 3
    inputs = [*others, inputs[3]]
    inputs[index] = guidance
    assert build(c1_index=index).eval()(inputs).shape == (2, 3, 16, 24)


# Of 4 x 6 places of 8 x 8 pixels: more than two places too few or too many, half, double.
@pytest.mark.parametrize('guidance', [(16, 48), (48, 48), (32, 32), (32, 64), (16, 24), (64, 96)])
def test_refuses_guidance_that_does_not_fit(guidance):
    with pytest.raises(ValueError, match='c1_index.*patch_size=8.*Fix: set patch_size'):
        build().eval()(levels((4, 6), guidance))


@pytest.mark.parametrize('guidance', [(17, 33), (47, 63), (25, 41), (32, 48)])
def test_accepts_the_extremes_that_fit(guidance):
    assert build().eval()(levels((4, 6), guidance)).shape[2:] == guidance


def test_compiled_it_fits_and_refuses_likewise():
    head = randomise(build()).eval()
    compiled = torch.compile(head, backend='eager', dynamic=True)
    for guidance in ((32, 48), (17, 63), (47, 33)):
        inputs = levels((4, 6), guidance)
        torch.testing.assert_close(compiled(inputs), head(inputs))
    with pytest.raises(ValueError, match='patch_size=8'):
        compiled(levels((4, 6), (64, 96)))
    torch._dynamo.reset()
