"""What comes out, for sizes that fit and sizes that do not."""
from __future__ import annotations

import pytest
import reference
import torch
from contract_checks import randomise
from nrd_cases import build, levels, oracle


@torch.no_grad()
@pytest.mark.parametrize('size, guidance, patch_size, scale_factor', [*((*case, 1) for case in [
    ((2, 3), (16, 24), 8), ((2, 3), (9, 17), 8), ((1, 1), (8, 8), 8), ((1, 1), (1, 1), 8),
    ((1, 4), (5, 30), 8), ((3, 2), (7, 5), 3), ((3, 2), (3, 2), 1), ((2, 2), (3, 3), 2),
    ((1, 2), (4, 5), 4), ((1, 2), (16, 17), 16),
    # places beyond the guidance, and rows and columns below and beside the last place
    ((3, 4), (9, 17), 8), ((2, 3), (17, 39), 8), ((2, 3), (31, 10), 8), ((1, 1), (23, 1), 8),
    ((5, 2), (7, 5), 2), ((2, 3), (3, 4), 1)]),
    ((2, 2), (16, 16), 8, 2), ((1, 2), (5, 15), 8, 3), ((1, 1), (1, 1), 8, 4),
    ((3, 2), (7, 5), 3, 2), ((2, 1), (2, 1), 1, 4), ((1, 3), (10, 15), 8, 2),
    ((2, 2), (2, 10), 3, 2)])
def test_equals_the_loops_over_real_pixels_only(size, guidance, patch_size, scale_factor, device):
    head = randomise(build(patch_size=patch_size, scale_factor=scale_factor)).to(device).eval()
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


@pytest.mark.parametrize('index', [0, 1, 2, -4, -3, -2])
def test_any_guidance_level(index):
    guidance, *_, encoder = levels()
    inputs = [torch.randn(2, 2, 1, 1)] * 3 + [encoder]
    inputs[index] = guidance
    assert build(c1_index=index).eval()(inputs).shape == (2, 3, 16, 24)


def test_an_encoder_that_rounds_to_eight_places():
    inputs = levels((100, 84), (193, 161))  # ERFNet's of 193 x 161 pixels, at stride 2
    head = build(patch_size=2).eval()
    assert head(inputs).shape == (2, 3, 193, 161)
    with pytest.raises(ValueError, match='patch_size=4'):  # 14 / 4 would be right
        build(patch_size=4).eval()(levels((16, 32), (56, 112)))


# Of 4 x 6 places of 8 x 8 pixels: more than two places too few or too many, half, double.
@pytest.mark.parametrize('guidance', [(16, 48), (48, 48), (32, 32), (32, 64), (16, 24), (64, 96)])
def test_refuses_guidance_that_does_not_fit(guidance):
    with pytest.raises(ValueError, match='c1_index.*patch_size=8.*Fix: set patch_size'):
        build().eval()(levels((4, 6), guidance))


@pytest.mark.slow  # test_contract_compile.py compiles heads in the fast tests
def test_compiled_it_fits_and_refuses_likewise():
    head = randomise(build()).eval()
    compiled = torch.compile(head, backend='eager', dynamic=True)
    for guidance in ((32, 48), (17, 63), (47, 33)):
        inputs = levels((4, 6), guidance)
        torch.testing.assert_close(compiled(inputs), head(inputs))
    with pytest.raises(ValueError, match='patch_size=8'):
        compiled(levels((4, 6), (64, 96)))
    torch._dynamo.reset()
