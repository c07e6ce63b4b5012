"""Numbers beside dots can be read, and it shows whose each is."""
from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mmseg_nrd.benchmark.dots import distinct_colours, number_dots, place_numbers

PAGE = Bbox.from_bounds(0, 0, 300, 200)


def boxes(dots, numbers) -> list:
    """(x0, y0, x1, y1) of each number: a digit is a little more than half as wide as it is high."""
    offsets = place_numbers(dots, numbers, PAGE)
    return [(x + dx - 2.5 * len(str(n)), y + dy - 4, x + dx + 2.5 * len(str(n)), y + dy + 4)
            for (x, y), (dx, dy), n in zip(dots, offsets, numbers)]


def apart(one, other) -> bool:
    return (one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1])


def test_colours_differ_up_to_twenty():
    assert len(set(distinct_colours(20))) == 20
    assert distinct_colours(21)[20] == distinct_colours(1)[0]


@pytest.mark.parametrize('dots', [
    [(100, 100), (102, 101)], [(100, 100)] * 3, [(100 + i, 100 + 4 * i) for i in range(8)],
    [(2, 2), (298, 198), (2, 198), (298, 2)],
    [tuple(place) for place in np.random.default_rng(0).uniform(20, 180, (12, 2))]])
def test_numbers_hide_neither_each_other_nor_a_dot_nor_leave_the_page(dots):
    numbers = boxes(dots, range(1, len(dots) + 1))
    assert all(apart(one, other) for one, other in itertools.combinations(numbers, 2))
    assert all(apart(number, (x - 3, y - 3, x + 3, y + 3)) for number in numbers for x, y in dots)
    assert all(x0 >= 0 and y0 >= 0 and x1 <= 300 and y1 <= 200 for x0, y0, x1, y1 in numbers)


def test_a_number_stands_where_no_other_dot_is_nearer():
    dots = [(100, 100), (114, 101)]
    for dot, offset in zip(dots, place_numbers(dots, [1, 2], PAGE)):
        place = np.add(dot, offset)
        assert min(math.dist(place, other) for other in dots) == math.dist(place, dot)


def test_alone_it_stands_above_to_the_right_and_two_digits_begin_there_too():
    (one, up), = place_numbers([(100, 100)], [1], PAGE)
    (two, _), = place_numbers([(100, 100)], [12], PAGE)
    assert one == up > 0 and two - one == pytest.approx(3, abs=0.5)


def test_only_a_number_that_could_be_anothers_has_a_line():
    figure = Figure()
    axis = figure.subplots()
    axis.set(xlim=(0, 1), ylim=(0, 1))
    close = [(number, .7, .7 + number / 500) for number in range(2, 8)]
    number_dots(figure, {axis: [(1, .2, .2), (1, .2, .2), *close]})
    assert len(axis.texts) == 7
    lines = {text.get_text(): text.arrow_patch is not None for text in axis.texts}
    assert list(lines) == list('1234567') and not lines['1'] and any(lines.values())
