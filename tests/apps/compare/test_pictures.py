from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from mmseg_nrd.apps.compare.crops import busiest_crop, error_map
from mmseg_nrd.apps.compare.panels import draw_blocks, paint, visible
from mmseg_nrd.apps.compare.pictures import smooth
from mmseg_nrd.evaluation.boundaries import label_contour


def labels(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Three classes and ignored pixels, in a random pattern."""
    return np.random.default_rng(seed).choice(
        np.array([0, 1, 2, 255], np.uint8), (height, width), p=[.5, .2, .2, .1])


@pytest.mark.parametrize('height, width, size', [
    (1, 1, (48, 96)), (9, 13, (3, 5)), (9, 13, (9, 4)), (8, 6, (20, 20)), (7, 7, (1, 1))])
def test_the_crop_is_the_first_with_the_most_boundaries(height, width, size):
    truth = labels(height, width, seed=height)
    edges = label_contour(truth, truth == 255)
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


@pytest.mark.parametrize('channels, shown', [
    (1, [0, 0, 0]), (2, [0, 0, 0]), (3, [20, 10, 0]), (4, [0, 10, 20]), (6, [0, 10, 20])])
def test_images_of_any_channels_are_visible(channels, shown):
    image = 10. * torch.arange(channels)[:, None, None].expand(channels, 2, 3)
    assert visible(image).dtype == np.uint8 and visible(image).shape == (2, 3, 3)
    assert (visible(image) == shown).all()


@pytest.mark.parametrize('low, high', [(0., 1.), (-2., 2.), (0., 60000.)])
def test_what_is_no_byte_is_scaled(low, high):
    image = torch.linspace(low, high, 5).expand(1, 1, 5)
    assert visible(image)[0, :, 0].tolist() == [0, 63, 127, 191, 255]
    assert visible(torch.full((1, 2, 2), 0.5)).max() == 0


@pytest.mark.parametrize('length', [1, 2, 5, 40])
@pytest.mark.parametrize('window', [1, 3, 7])
def test_smooth_is_the_mean_of_the_neighbours_that_are_there(length, window):
    losses = np.random.default_rng(length).random(length)
    half = window // 2
    expected = [losses[max(at - half, 0):at + half + 1].mean() for at in range(length)]
    assert smooth(losses, window) == pytest.approx(expected)


def test_every_panel_is_drawn_under_its_title():
    figure = Figure()
    panel = np.zeros((2, 4, 3), np.uint8)
    draw_blocks(figure, [[(f'{sample}{name}', panel) for name in 'abcd'] for sample in 'xy'], 3)
    drawn = [axis.get_title() for part in figure.subfigs for axis in part.axes if axis.images]
    assert drawn == ['xa', 'xb', 'xc', 'xd', 'ya', 'yb', 'yc', 'yd']


def test_unknown_ids_are_black():
    assert paint(np.array([[1, 0, 2, 255]], np.uint8), [(1, 2, 3), (4, 5, 6)]).tolist() == [
        [[4, 5, 6], [1, 2, 3], [0, 0, 0], [0, 0, 0]]]
