"""The renderer: deterministic, exact labels, every class, nothing given away by colour."""
from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest

from mmseg_nrd.apps.street_scenes.classes import CLASS_NAMES, IGNORE
from mmseg_nrd.apps.street_scenes.render import MIN_SIZE, render_street_scene

NUM_CLASSES = len(CLASS_NAMES)


@functools.cache
def scene(seed, size=(128, 256)):
    image, label = render_street_scene(seed, size)
    image.flags.writeable = label.flags.writeable = False
    return image, label


def pixels_per_class(seeds, size=(128, 256)):
    return np.stack([np.bincount(scene(seed, size)[1].ravel(), minlength=256) for seed in seeds])


@pytest.mark.parametrize('seed, size', [(0, (128, 256)), (3, (97, 131)), (2**40 + 5, (64, 128))])
def test_same_seed_same_bytes_whatever_the_global_state(seed, size):
    np.random.seed(1)
    first = render_street_scene(seed, size)
    np.random.seed(2)
    state = np.random.get_state()[1].copy()
    render_street_scene(seed + 1, (64, 128))
    second = render_street_scene(seed, size)
    assert all(np.array_equal(a, b) for a, b in zip(first, second))
    assert np.array_equal(state, np.random.get_state()[1])


def test_different_seeds_give_different_scenes():
    scenes = [scene(seed) for seed in range(12)]
    for number, (image, label) in enumerate(scenes):
        for other_image, other_label in scenes[:number]:
            assert (image != other_image).mean() > 0.5
            assert (label != other_label).mean() > 0.1


@pytest.mark.parametrize('size', [MIN_SIZE, (33, 65), (64, 64), (97, 131), (200, 100), (61, 400)])
def test_any_size_gives_those_shapes_and_types(size):
    for seed in range(3):
        image, label = render_street_scene(seed, size)
        assert image.shape == (*size, 3) and image.dtype == np.uint8
        assert label.shape == size and label.dtype == np.uint8
        assert set(np.unique(label)) <= {*range(NUM_CLASSES), IGNORE}
        assert len(np.unique(label)) > 5 and image.std() > 10


@pytest.mark.parametrize('rows, columns', [
    pytest.param(slice(0, 1), slice(None), id='border'),
    pytest.param(slice(-4, -2), slice(110, 146), id='bonnet'),
    pytest.param(slice(60, 61), slice(8, -8), id='clutter'),
])
def test_all_that_is_to_be_ignored_occurs_now_and_then(rows, columns):
    found = [(scene(seed)[1][rows, columns] == IGNORE).any() for seed in range(24)]
    assert 2 <= sum(found) <= 20


def test_some_scenes_ignore_a_little_and_none_ignores_much():
    share = pixels_per_class(range(24))[:, IGNORE] / (128 * 256)
    assert (share > 0).sum() >= 6
    assert share.max() < 0.3


@pytest.mark.parametrize('start, size', [
    (0, (128, 256)), (2**24 - 11, (128, 256)), (0, (64, 128)), *(
        pytest.param(*case, marks=pytest.mark.slow) for case in (
            (13, (128, 256)), (10**12 + 7, (128, 256)), (0, (128, 128)), (0, (80, 320))))])
def test_every_class_occurs_in_24_consecutive_scenes(start, size):
    least = 20 / (128 * 256) * size[0] * size[1]
    counts = pixels_per_class(range(start, start + 24), size)[:, :NUM_CLASSES]
    assert dict(zip(CLASS_NAMES, (counts >= least).any(axis=0))) == dict.fromkeys(
        CLASS_NAMES, True)


@pytest.mark.parametrize('seed', [0, 1, 4])
def test_a_scene_looks_alike_at_another_resolution(seed):
    small_image, small = scene(seed)
    large_image, large = render_street_scene(seed, (256, 512))
    shrunk = cv2.resize(large_image, (256, 128), interpolation=cv2.INTER_AREA)
    assert (large[1::2, 1::2] == small).mean() > 0.93
    assert np.abs(shrunk.astype(float) - small_image).mean() < 14


def colour_vote(train, test):
    """mIoU in per cent of the most frequent class in each cell of an 8x8x8 colour cube."""
    def cells(image):
        return (image >> 5).astype(np.int64) @ np.array([64, 8, 1])

    votes = np.zeros((512, NUM_CLASSES), np.int64)
    for image, label in train:
        used = label < NUM_CLASSES
        np.add.at(votes, (cells(image)[used], label[used]), 1)
    winner = votes.argmax(axis=1)
    confusion = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    for image, label in test:
        used = label < NUM_CLASSES
        np.add.at(confusion, (label[used], winner[cells(image)[used]]), 1)
    hits = np.diag(confusion)
    return 100 * (hits / np.maximum(confusion.sum(0) + confusion.sum(1) - hits, 1)).mean()


def test_colour_alone_does_not_give_the_class_away():
    seen, unseen = (list(map(scene, range(start, start + 24))) for start in (0, 2**24 - 11))
    assert max(colour_vote(seen, seen), colour_vote(seen, unseen)) < 35


def test_edges_of_the_image_lie_on_borders_of_the_label():
    """Sky and building: the image steps where the label does, and less one to three rows off."""
    steps = {shift: [] for shift in (-3, 0, 3)}
    for seed in range(24):
        image, label = scene(seed)
        brightness = image.astype(float).sum(axis=2)
        rows, columns = np.nonzero((label[:-1] == 10) & (label[1:] == 2))
        inside = (rows > 8) & (rows < 100)
        rows, columns = rows[inside], columns[inside]
        for shift, found in steps.items():
            above, below = rows + shift - 1, rows + shift + 2
            found.append(np.abs(brightness[above, columns] - brightness[below, columns]))
    mean = {shift: np.concatenate(found).mean() for shift, found in steps.items()}
    assert mean[0] > 1.5 * mean[-3] and mean[0] > 1.5 * mean[3]


def test_thin_poles_stay_thin():
    widths = []
    for seed in range(24):
        pole = scene(seed)[1][20:60] == CLASS_NAMES.index('pole')
        starts = (pole[:, 1:] & ~pole[:, :-1]).sum()
        if starts:
            widths.append(pole.sum() / starts)
    assert len(widths) > 12 and np.median(widths) < 6


@pytest.mark.parametrize('seed', [-1, 1.5, '3', None])
def test_a_wrong_seed_is_refused(seed):
    with pytest.raises(ValueError, match=r'seed=.*integer of at least 0; for example seed=1'):
        render_street_scene(seed)


@pytest.mark.parametrize('size', [(31, 64), (32, 63), (128,), (128, 256, 3), 128, (64.0, 128),
                                  None, (-128, 256)])
def test_a_wrong_size_is_refused(size):
    with pytest.raises(ValueError, match=r'size=.*at least 32 and 64; for example size='):
        render_street_scene(0, size)
