"""The rival of the decode step computes the same."""
from __future__ import annotations

import pytest
import reference
import torch

from benchmarks.speed.authors_decode import repeat_and_sum_mlp


@pytest.mark.parametrize('channels', [(3, 2), (4, 3, 5, 2)], ids=str)
@pytest.mark.parametrize('patch_size, height, width', [(1, 2, 3), (3, 1, 2), (4, 2, 1)])
def test_equals_the_loop(channels, patch_size, height, width):
    params = torch.randn(2, reference.num_dynamic_params(channels), height, width,
                         dtype=torch.float64)
    inputs = torch.randn(2, channels[0], height * patch_size, width * patch_size,
                         dtype=torch.float64)
    torch.testing.assert_close(
        repeat_and_sum_mlp(params, inputs, channels, patch_size),
        reference.dynamic_mlp(params, inputs, channels, patch_size))
