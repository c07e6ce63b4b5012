from __future__ import annotations

import pytest
import torch

from mmseg_nrd.ops import patch_coordinates


def test_x_comes_first_and_runs_along_columns():
    eighths = torch.arange(8) / 8
    x, y = patch_coordinates(8)
    assert torch.equal(x, eighths.repeat(8, 1))
    assert torch.equal(y, eighths.repeat(8, 1).T)
    assert x.max() == 7 / 8


def test_each_call_gives_memory_of_its_own():
    patch_coordinates(2).fill_(5)
    assert patch_coordinates(2).max() == 0.5


@pytest.mark.parametrize('bad', [0, -1, 2.0, True, None, '8'])
def test_refuses_what_is_no_positive_integer(bad):
    with pytest.raises(ValueError, match=rf'patch_size={bad!r}.*at least 1.*Fix: set patch_size'):
        patch_coordinates(bad)
