"""Numbered dots: colours that differ, and numbers that neither hide each other nor a dot."""
from __future__ import annotations

import math
from typing import Dict, List, Sequence, Tuple

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

NumberedDot = Tuple[int, float, float]
# All in points of type, of which 72 are an inch.
_DOT = 7.
_SIZE = 9.
_DIGIT = 0.66 * _SIZE  # across, with some room
# Where a number may stand beside its dot, the best place first; the nearest need no line.
_DIRECTIONS = ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
_DISTANCES = (7.5, 13., 20., 28., 38.)
_LINE = dict(arrowstyle='-', color='black', linewidth=0.6, shrinkA=0, shrinkB=0)
_HALO = withStroke(linewidth=2, foreground='white')


def distinct_colours(count: int) -> List[Tuple[float, float, float]]:
    """So many colours, all different up to twenty: ten strong ones, then their pale shades."""
    colours = colormaps['tab20'].colors
    return [(colours[::2] + colours[1::2])[index % 20] for index in range(count)]


def _overlap(one: Bbox, other: Bbox) -> float:
    common = Bbox.intersection(one, other)
    return 0. if common is None else common.width * common.height


def _around(centre: Sequence[float], width: float, height: float) -> Bbox:
    return Bbox.from_bounds(centre[0] - width / 2, centre[1] - height / 2, width, height)


def place_numbers(dots: Sequence[Tuple[float, float]], numbers: Sequence[int],
                  inside: Bbox) -> List[Tuple[float, float]]:
    """Where each number hides least of dots, of the numbers before it and of what is outside.

    Of several such places, one to which no other dot is nearer; of those, the nearest.

    Args:
        dots (Sequence[tuple[float, float]]): Their centres in points, y upwards.
        numbers (Sequence[int]): One for each.
        inside (Bbox): Where numbers may stand, in points.

    Returns:
        list[tuple[float, float]]: from each dot's centre to its number's, in points.
    """
    taken = [_around(dot, _DOT, _DOT) for dot in dots]
    offsets = []
    for (x, y), number in zip(dots, numbers):
        width = _DIGIT * len(str(number))

        def cost(offset: Tuple[float, float], x=x, y=y, width=width) -> Tuple[float, bool]:
            centre = x + offset[0], y + offset[1]
            here = _around(centre, width, _SIZE)
            hidden = width * _SIZE - _overlap(here, inside) + sum(
                _overlap(here, other) for other in taken)
            nearest = min(math.dist(centre, dot) for dot in dots)
            # Rounded, so that places that hide nothing are alike.
            return round(hidden, 3), round(nearest, 3) < round(math.dist(centre, (x, y)), 3)

        # A number of two digits begins where one of one digit does.
        best = min(((across * (distance + (width - _DIGIT) / 2), up * distance)
                    for distance in _DISTANCES for across, up in _DIRECTIONS), key=cost)
        taken.append(_around((x + best[0], y + best[1]), width, _SIZE))
        offsets.append(best)
    return offsets


def number_dots(figure: Figure, dots: Dict[Axes, List[NumberedDot]]) -> None:
    """Write a number beside each dot, joined by a line where it is not clear whose it is.

    To be called last, since the places depend on the layout.

    Args:
        figure (Figure): The whole of it.
        dots (dict[Axes, list[tuple]]): Number, x and y of each dot, in data coordinates.
    """
    figure.draw_without_rendering()
    points = 72. / figure.dpi
    for axis, numbered in dots.items():
        numbered = list(dict.fromkeys(numbered))  # two budgets may be one run
        numbers = [number for number, _, _ in numbered]
        centres = [axis.transData.transform(place) * points for _, *place in numbered]
        offsets = place_numbers(centres, numbers, Bbox(axis.bbox.get_points() * points))
        for (number, *place), centre, offset in zip(numbered, centres, offsets):
            nearest = min(math.dist(centre + offset, other) for other in centres)
            clear = math.hypot(*offset) < min(nearest + 1e-3, 2 * _DISTANCES[0])
            axis.annotate(
                str(number), place, offset, textcoords='offset points', fontsize=_SIZE,
                ha='center', va='center', path_effects=[_HALO],
                arrowprops=None if clear else _LINE)
