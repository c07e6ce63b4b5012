from __future__ import annotations

import numpy as np
import pytest

from mmseg_nrd.apps.compare.losses import smooth, thin


@pytest.mark.parametrize('length', [1, 2, 5, 40])
@pytest.mark.parametrize('window', [1, 3, 7])
def test_smooth_is_the_mean_of_the_neighbours_that_are_there(length, window):
    losses = np.random.default_rng(length).random(length)
    half = window // 2
    expected = [sum(losses[max(at - half, 0):at + half + 1])
                / len(losses[max(at - half, 0):at + half + 1]) for at in range(length)]
    assert smooth(losses, window) == pytest.approx(expected)


@pytest.mark.parametrize('length, points', [(1, 100), (7, 3), (100, 100), (250, 100), (3, 1)])
def test_thinned_blocks_cover_every_iteration_once(length, points):
    losses = np.random.default_rng(length).random(length)
    thinned = thin(losses, points)
    ends = [0, *thinned['iteration']]
    assert len(thinned['loss']) == min(points, length) and ends[-1] == length
    sizes = np.diff(ends)
    assert sizes.min() >= 1 and sizes.max() - sizes.min() <= 1
    assert np.dot(sizes, thinned['loss']) == pytest.approx(losses.sum())
    assert thinned['loss'][0] == pytest.approx(losses[:ends[1]].mean())


def test_a_short_curve_stays_as_it_is():
    assert thin([3., 2., 5.]) == dict(iteration=[1, 2, 3], loss=[3., 2., 5.])
