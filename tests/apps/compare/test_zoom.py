from __future__ import annotations

import numpy as np
import pytest

from mmseg_nrd.apps.compare.zoom import boundary_pixels, busiest_crop, error_map


def labels(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Three classes and ignored pixels, in a random pattern."""
    return np.random.default_rng(seed).choice(
        np.array([0, 1, 2, 255], np.uint8), (height, width), p=[.5, .2, .2, .1])


def is_boundary(truth: np.ndarray, row: int, column: int, classes: int) -> bool:
    height, width = truth.shape
    neighbours = [(row + 1, column)] * (row + 1 < height) + [
        (row, column + 1)] * (column + 1 < width)
    return any(truth[row, column] != truth[at] and truth[row, column] < classes
               and truth[at] < classes for at in neighbours)


@pytest.mark.parametrize('height, width', [(1, 1), (1, 7), (6, 1), (5, 8)])
def test_boundaries_are_found_pixel_by_pixel(height, width):
    truth = labels(height, width)
    expected = [[is_boundary(truth, row, column, 3) for column in range(width)]
                for row in range(height)]
    assert boundary_pixels(truth, 3).tolist() == expected


@pytest.mark.parametrize('height, width, size', [
    (1, 1, (48, 96)), (9, 13, (3, 5)), (9, 13, (9, 4)), (8, 6, (20, 20)), (7, 7, (1, 1))])
def test_the_crop_is_the_first_with_the_most_boundaries(height, width, size):
    truth = labels(height, width, seed=height)
    edges = np.array([[is_boundary(truth, row, column, 3) for column in range(width)]
                      for row in range(height)])
    tall, wide = min(size[0], height), min(size[1], width)
    best = max((edges[top:top + tall, left:left + wide].sum(), -top, -left)
                for top in range(height - tall + 1) for left in range(width - wide + 1))
    rows, columns = busiest_crop(truth, 3, size)
    assert (rows, columns) == (slice(-best[1], -best[1] + tall),
                               slice(-best[2], -best[2] + wide))


def test_errors_are_red_ignored_pixels_black_and_the_rest_grey():
    image = np.array([[[10, 20, 30], [40, 40, 43], [7, 7, 7], [9, 9, 9]]], np.uint8)
    truth = np.array([[0, 1, 255, 255]], np.uint8)
    prediction = np.array([[0, 2, 1, 255]], np.uint8)
    assert error_map(image, truth, prediction, 3).tolist() == [
        [[20, 20, 20], [225, 25, 25], [0, 0, 0], [0, 0, 0]]]
