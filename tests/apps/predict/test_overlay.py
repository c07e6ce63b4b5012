"""What is painted, what the legend says, and what the files hold."""
from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mmseg_nrd.apps.predict import draw_overlay, save_labels, save_picture
from mmseg_nrd.apps.predict.overlay import displayable, legend_entries

CLASSES = ('road', 'sidewalk', 'vegetation', 'sky', 'person')
PALETTE = [[128, 64, 128], [244, 35, 232], [107, 142, 35], [70, 130, 180], [220, 20, 60]]


def some_image(size, seed=0):
    random = np.random.default_rng(seed)
    return (random.integers(0, 256, (*size, 3), dtype=np.uint8),
            random.choice([0, 2, 3], size).astype(np.uint8))


@pytest.mark.parametrize('size', [(1, 1), (1, 300), (130, 64), (70, 129)])
@pytest.mark.parametrize('opacity', [0., 0.3, 1.])
def test_the_image_is_blended_with_the_colours(size, opacity):
    image, labels = some_image(size)
    before = image.copy()
    painted = draw_overlay(image, labels, CLASSES, PALETTE, opacity)[:size[0], :size[1]]
    for row, column in np.ndindex(*size):
        red, green, blue = PALETTE[labels[row, column]]
        blended = (1 - opacity) * image[row, column] + opacity * np.array([blue, green, red])
        assert np.abs(painted[row, column] - blended).max() <= (0.51 if 0 < opacity < 1 else 0)
    assert np.array_equal(image, before)


def shows(picture, colour) -> bool:
    return bool((picture == colour[::-1]).all(axis=2).any())


@pytest.mark.parametrize('size', [(1, 1), (40, 20), (64, 128), (700, 300), (300, 700), (30, 4000)])
def test_the_legend_has_the_classes_that_occur(size):
    image, labels = some_image(size)
    overlay = draw_overlay(image, labels, CLASSES, PALETTE, 1.)
    below = size[0] <= size[1]
    legend = overlay[size[0]:] if below else overlay[:, size[1]:]
    for index, colour in enumerate(PALETTE):
        assert shows(legend, colour) == (index in labels)
    assert shows(legend, (34, 34, 34))  # letters
    # What the legend leaves beside the image is blank.
    rest = overlay[:size[0], size[1]:] if below else overlay[size[0]:, :size[1]]
    assert (rest == 255).all()


def test_the_largest_class_comes_first_with_its_share():
    labels = np.full((200, 10), 3, np.uint8)
    labels[:20], labels[20, 0] = 1, 4
    assert legend_entries(labels, CLASSES, PALETTE) == [
        ((70, 130, 180), 'sky 90%'), ((244, 35, 232), 'sidewalk 10%'),
        ((220, 20, 60), 'person <1%')]


@pytest.mark.parametrize('image, shown', [
    (np.array([[7, 300]]), [7, 7, 7, 255, 255, 255]),
    (np.array([[[7], [9]]]), [7, 7, 7, 9, 9, 9]),
    (np.array([[[1, 2, 3, 4]]]), [1, 2, 3]),
    (np.array([[[-1.5, 2.7, 400]]]), [0, 2, 255]),
], ids=['grey', 'one channel', 'four channels', 'float'])
def test_images_of_other_kinds_are_shown(image, shown):
    assert displayable(image).dtype == np.uint8
    assert displayable(image).ravel().tolist() == shown


def test_label_files_hold_class_numbers_and_show_colours(tmp_path):
    _, labels = some_image((5, 7))
    save_labels(tmp_path / 'deep' / 'er' / 'x.png', labels, PALETTE)
    with Image.open(tmp_path / 'deep' / 'er' / 'x.png') as picture:
        assert picture.mode == 'P'
        assert np.array_equal(np.array(picture), labels)
        assert np.array_equal(np.array(picture.convert('RGB')), np.array(PALETTE)[labels])
    assert [path.name for path in (tmp_path / 'deep' / 'er').iterdir()] == ['x.png']


def test_pictures_keep_their_colours(tmp_path):
    image, _ = some_image((5, 7))
    save_picture(tmp_path / 'x.png', image)
    with Image.open(tmp_path / 'x.png') as picture:
        assert np.array_equal(np.array(picture), image[..., ::-1])
