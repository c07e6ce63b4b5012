from __future__ import annotations

import pytest
import reference
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmseg_nrd.ops import num_dynamic_params, split_dynamic_params

WIDTHS = st.lists(st.integers(1, 40), min_size=2, max_size=6)


@pytest.mark.parametrize('classes, expected', [(19, 899), (59, 1579), (60, 1596), (150, 3126)])
def test_the_figures_of_the_paper(classes, expected):
    assert num_dynamic_params((18, 16, 16, classes)) == expected


@settings(deadline=None)
@given(WIDTHS)
def test_equals_a_stack_of_linear_layers(channels):
    assert num_dynamic_params(channels) == reference.num_dynamic_params(channels)


@settings(deadline=None)
@given(WIDTHS, st.lists(st.integers(1, 3), max_size=2))
def test_split_uses_every_parameter_once_and_in_order(channels, leading):
    params = torch.arange(num_dynamic_params(channels)).expand(*leading, -1)
    pieces = [piece for layer in split_dynamic_params(params, channels) for piece in layer]
    joined = torch.cat([piece.reshape(*leading, -1) for piece in pieces], dim=-1)
    assert torch.equal(joined, params)
    for (weight, bias), c_in, c_out in zip(
            split_dynamic_params(params, channels), channels, channels[1:]):
        assert weight.shape == (*leading, c_out, c_in)
        assert bias.shape == (*leading, c_out)


def test_split_gives_views():
    theta = torch.zeros(26)
    for number, (weight, bias) in enumerate(split_dynamic_params(theta, (3, 4, 2)), start=1):
        weight.fill_(number)
        bias.fill_(-number)
    assert theta.tolist() == [1] * 12 + [-1] * 4 + [2] * 8 + [-2] * 2


@pytest.mark.parametrize('channels, message', [
    ((), r'channels=\(\).*at least an input and an output width.*Fix'),
    ((18,), r'channels=\(18,\).*at least an input and an output width.*Fix'),
    ((18, 0, 19), r'channels\[1\]=0.*at least 1.*Fix'),
    ((-1, 16, 19), r'channels\[0\]=-1.*at least 1.*Fix'),
    ((18, 16, 19.), r'channels\[2\]=19.0.*integer.*Fix'),
    ((18, True), r'channels\[1\]=True.*integer.*Fix'),
])
def test_refuses_widths_that_make_no_mlp(channels, message):
    with pytest.raises(ValueError, match=message):
        num_dynamic_params(channels)
    with pytest.raises(ValueError, match=message):
        list(split_dynamic_params(torch.zeros(899), channels))
