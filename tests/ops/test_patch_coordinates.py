from __future__ import annotations

import pytest
import reference
import torch

from mmseg_nrd.ops import patch_coordinates


@pytest.mark.parametrize('patch_size', [1, 2, 3, 4, 7, 8, 16])
def test_equals_the_loop(patch_size):
    coordinates = patch_coordinates(patch_size)
    assert coordinates.dtype == torch.float32
    assert coordinates.shape == (2, patch_size, patch_size)
    torch.testing.assert_close(coordinates, reference.patch_coordinates(patch_size))


def test_x_comes_first_and_runs_along_columns():
    eighths = torch.arange(8) / 8
    x, y = patch_coordinates(8)
    assert torch.equal(x, eighths.repeat(8, 1))
    assert torch.equal(y, eighths.repeat(8, 1).T)
    assert x.max() == 7 / 8


def test_each_call_gives_memory_of_its_own():
    patch_coordinates(2).fill_(5)
    assert patch_coordinates(2).max() == 0.5


@pytest.mark.parametrize('patch_size, scale_factor', [(1, 2), (2, 3), (3, 2), (8, 1), (8, 4)])
def test_finer_pixels_lie_at_their_true_places(patch_size, scale_factor):
    got = patch_coordinates(patch_size, scale_factor)
    torch.testing.assert_close(got, reference.patch_coordinates(patch_size, scale_factor))
    # The mean of the parts of a pixel is the pixel.
    parts = torch.nn.functional.avg_pool2d(got[None], scale_factor)[0]
    torch.testing.assert_close(parts, patch_coordinates(patch_size))


@pytest.mark.parametrize('bad', [0, -1, 2.0, True, None, '8'])
def test_refuses_what_is_no_positive_integer(bad):
    with pytest.raises(ValueError, match=rf'patch_size={bad!r}.*at least 1.*Fix: set patch_size'):
        patch_coordinates(bad)


@pytest.mark.parametrize('bad', [0, 1.5, True])
def test_refuses_a_scale_factor_that_is_no_positive_integer(bad):
    with pytest.raises(ValueError, match=rf'scale_factor={bad!r}.*at least 1.*Fix'):
        patch_coordinates(8, bad)
