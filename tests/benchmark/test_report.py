from __future__ import annotations

import pytest

from mmseg_nrd.benchmark.report import mean_and_spread, short_names


@pytest.mark.parametrize('names, expected', [
    (['nrd_r18_x', 'fcn_r18_x'], ['nrd', 'fcn']),
    (['nrd_r18_x', 'nrd_r50_x'], ['nrd_r18', 'nrd_r50']),
    (['a_x', 'b_y'], ['a_x', 'b_y']),
    (['x', 'a_x'], ['x', 'a_x']),
    (['a_b_x', 'b_x'], ['a_b', 'b']),
    (['alone_r18_x'], ['alone_r18_x']),
])
def test_short_names_stay_distinct(names, expected):
    assert short_names(names) == expected


@pytest.mark.parametrize('values, expected', [
    ([3.], (3., 0.)), ([1., 3.], (2., 2 ** 0.5)), ([2., 2., 2.], (2., 0.))])
def test_mean_and_sample_deviation(values, expected):
    assert mean_and_spread(values) == pytest.approx(expected)
