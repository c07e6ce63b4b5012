from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from mmseg_nrd.apps.compare.panels import balanced_columns, distinct_looks, draw_blocks, paint


@pytest.mark.parametrize('panels', range(1, 30))
@pytest.mark.parametrize('most', [1, 5, 7])
def test_rows_are_few_and_balanced(panels, most):
    columns = balanced_columns(panels, most)
    rows = math.ceil(panels / columns)
    assert columns <= most and rows == math.ceil(panels / most)
    assert columns == 1 or math.ceil(panels / (columns - 1)) > rows


def test_every_panel_is_drawn_under_its_title():
    figure = Figure()
    panel = np.zeros((2, 4, 3), np.uint8)
    draw_blocks(figure, [[(f'{sample}{name}', panel) for name in 'abcd'] for sample in 'xy'], 3)
    drawn = [axis.get_title() for part in figure.subfigs for axis in part.axes if axis.images]
    assert drawn == ['xa', 'xb', 'xc', 'xd', 'ya', 'yb', 'yc', 'yd']


@pytest.mark.parametrize('count', [1, 10, 11, 30])
def test_looks_differ(count):
    assert len(set(distinct_looks(count))) == count


def test_unknown_ids_are_black():
    assert paint(np.array([[1, 0, 2, 255]], np.uint8), [(1, 2, 3), (4, 5, 6)]).tolist() == [
        [[4, 5, 6], [1, 2, 3], [0, 0, 0], [0, 0, 0]]]
