"""Which level NRD decodes from, and which is its guidance."""
from __future__ import annotations

import pytest

from mmseg_nrd.apps.swap.encoder import Level
from mmseg_nrd.apps.swap.heads import choose_levels


def levels(*strides):
    return [Level(8, stride) for stride in strides]


@pytest.mark.parametrize('strides, read, chosen', [
    ((4, 8, 16, 32), [3], (3, 0)),          # a plain ResNet
    ((4, 8, 8, 8), [3], (3, 0)),            # a dilated one
    ((4, 8, 16, 32), [0, 1, 2, 3], (3, 0)),  # a head that joins all
    ((4, 8, 16, 32), [2], (2, 0)),
    ((16, 8, 4, 2, 1), [4], (0, 4)),        # UNet: the head reads the finest
    ((16, 8, 8), [2], (0, 2)),              # ICNet
    ((8, 4, 8, 16, 32), [0], (0, 1)),       # BiSeNetV2: level 0 joins the others
    ((4, 14), [1], (1, None)),              # 14 is no multiple of 4
    ((2, 14), [1], (1, 0)),
    ((16,), [0], (0, None)),
    ((16, 16), [0], (0, None)),
])
def test_the_deepest_that_is_read_and_the_finest_that_divides_it(strides, read, chosen):
    assert choose_levels(levels(*strides), read) == chosen


@pytest.mark.parametrize('choice, chosen', [
    (dict(patch_size=4), (3, 1)),
    (dict(patch_size=2, in_index=2), (2, 1)),
    (dict(in_index=1), (1, 0)),
    (dict(c1_index=2), (3, 2)),
])
def test_what_is_asked_for_goes_first(choice, chosen):
    assert choose_levels(levels(4, 8, 16, 32), [3], **choice) == chosen


@pytest.mark.parametrize('choice', [
    dict(patch_size=3), dict(c1_index=3), dict(in_index=4), dict(c1_index=-1),
    dict(patch_size=8, c1_index=1), dict(patch_size=16)])
def test_what_no_level_fits_is_refused(choice):
    with pytest.raises(ValueError):
        choose_levels(levels(4, 8, 16, 32), [3], **choice)
