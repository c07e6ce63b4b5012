from __future__ import annotations

import numpy as np
import pytest
from boundary_cases import IGNORED, labels, mask, random_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import boundary_overlap, dilate, in_class_boundary, in_contour, trimap_overlap

from mmseg_nrd.evaluation.boundaries import (
    boundary_distance,
    boundary_region,
    label_contour,
    overlap,
    trimap_band,
)


def prepared(picture, num_classes=9, dtype=np.uint8):
    """Labels as the module wants them, and where they are ignored."""
    ignored = picture == IGNORED
    return np.where(picture < num_classes, picture, num_classes).astype(dtype), ignored


def region_of(picture, distance):
    return boundary_region(*prepared(picture), distance)


@pytest.mark.parametrize('height, width, ratio, distance', [
    (1024, 2048, 0.02, 46), (1024, 2048, 0.005, 11), (512, 512, 0.02, 14), (30, 40, 0.02, 1),
    (30, 40, 0.1, 5), (60, 80, 0.016, 2), (1, 1, 0.02, 1), (1, 9, 1., 9)])
def test_distance_is_a_share_of_the_diagonal(height, width, ratio, distance):
    assert boundary_distance(height, width, ratio) == distance
    assert isinstance(boundary_distance(height, width, ratio), int)


def test_the_image_border_is_a_boundary():
    for distance, picture in [(1, ('#######', '#     #', '#     #', '#     #', '#######')),
                              (2, ('#######', '#######', '##   ##', '#######', '#######')),
                              *((large, ['#######'] * 5) for large in (3, 4, 5, 6, 7, 8, 99))]:
        np.testing.assert_array_equal(region_of(np.zeros((5, 7), int), distance), mask(*picture))


def test_both_sides_of_an_edge_are_boundary():
    picture = labels('0000000000', '0000000000', '0000000000', '0000110000', '0000110000',
                     '0000000000', '0000000000', '0000000000')
    np.testing.assert_array_equal(region_of(picture, 1), mask(
        '##########', '#        #', '#  ####  #', '#  ####  #', '#  ####  #', '#  ####  #',
        '#        #', '##########'))
    # A corner is as far away as a side.
    picture = labels('0000000', '0000000', '0000000', '0001000', '0000000', '0000000', '0000000')
    np.testing.assert_array_equal(region_of(picture, 1), mask(
        '#######', '#     #', '# ### #', '# ### #', '# ### #', '#     #', '#######'))


def test_an_ignored_region_makes_no_boundary():
    picture = labels('000000000', '000000000', '000..0000', '000..0000', '000000000', '000000000')
    np.testing.assert_array_equal(region_of(picture, 1), mask(
        '#########', '#       #', '#       #', '#       #', '#       #', '#########'))
    # Where it touches the image's border, that border still is one, less the ignored pixels.
    picture = labels('....00000', '....00000', '000000000', '000000000', '000000000')
    np.testing.assert_array_equal(region_of(picture, 1), mask(
        '    #####', '        #', '#       #', '#       #', '#########'))


def test_a_class_behind_an_ignored_strip_is_as_far_as_it_is():
    picture = labels(*['00000.11111'] * 7)
    for distance, row in [(1, '#         #'), (2, '##  #.#  ##')]:
        region = region_of(picture, distance)
        np.testing.assert_array_equal(region[3], mask(row)[0])


def test_label_0_and_the_last_label_that_fits_are_no_special_values():
    for low, high, dtype in [(0, 254, np.uint8), (254, 255, np.uint8), (0, 299, np.int16)]:
        picture = np.full((5, 8), low)
        picture[:, 4:] = high
        ignored = np.zeros((5, 8), bool)
        ignored[2, 2] = ignored[2, 5] = True
        region = boundary_region(picture.astype(dtype), ignored, 1)
        np.testing.assert_array_equal(region, mask(
            '########', '#  ##  #', '#  ##  #', '#  ##  #', '########'))


def test_contour_is_between_4_neighbours_that_both_count():
    picture = labels('00011', '00011', '00222', '.0222', '..222')
    np.testing.assert_array_equal(label_contour(*prepared(picture)), mask(
        '  ## ', '  ###', ' ####', ' ##  ', '     '))
    # Neither a diagonal, nor the image's border, nor an ignored pixel makes a contour.
    for rows in [('0.', '.1'), ('00', '00'), ('0.1', '0.1')]:
        assert not label_contour(*prepared(labels(*rows))).any()


def test_band_is_the_contour_grown_to_all_sides():
    contour = mask('       ', '       ', '   #   ', '       ', '       ')
    ignored = mask('       ', '       ', '       ', '   #   ', '       ')
    np.testing.assert_array_equal(trimap_band(contour, ignored, 1), mask(
        '       ', '  ###  ', '  ###  ', '  # #  ', '       '))
    np.testing.assert_array_equal(trimap_band(contour, ignored, 2), mask(
        ' ##### ', ' ##### ', ' ##### ', ' ## ## ', ' ##### '))
    np.testing.assert_array_equal(trimap_band(contour, ignored, 10 ** 9), ~ignored)
    assert not trimap_band(np.zeros((5, 7), bool), ignored, 10 ** 9).any()


sizes = st.one_of(st.tuples(st.integers(1, 10), st.integers(1, 10)),
                  st.sampled_from([(1, 1), (1, 11), (11, 1), (2, 12), (11, 3)]))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2 ** 31), size=sizes, num_classes=st.integers(1, 4),
       distance=st.integers(1, 4), dtype=st.sampled_from([np.uint8, np.int16]))
def test_equals_the_loops(seed, size, num_classes, distance, dtype):
    maps = random_labels(seed, *size, num_classes)
    (pred, _), (truth, ignored) = (prepared(each, num_classes, dtype) for each in maps)
    pred_rows, truth_rows, ignored_rows = pred.tolist(), truth.tolist(), ignored.tolist()
    regions = [boundary_region(each, ignored, distance) for each in (pred, truth)]
    for region, rows in zip(regions, (pred_rows, truth_rows)):
        wanted = [in_class_boundary(rows, ignored_rows, label, distance)
                  for label in range(num_classes + 1)]
        np.testing.assert_array_equal(region, np.any(wanted, axis=0))

    contour = label_contour(truth, ignored)
    np.testing.assert_array_equal(contour, in_contour(truth_rows, ignored_rows))
    band = trimap_band(contour, ignored, distance)
    np.testing.assert_array_equal(band, dilate(contour.tolist(), distance) & ~ignored)

    # The oracle knows ignored pixels by their label.
    truth_rows = np.where(ignored, IGNORED, truth).tolist()
    np.testing.assert_array_equal(
        overlap(pred, truth, *regions, num_classes).T,
        boundary_overlap(pred_rows, truth_rows, num_classes, distance, IGNORED))
    np.testing.assert_array_equal(
        overlap(pred, truth, band, band, num_classes).T,
        trimap_overlap(pred_rows, truth_rows, num_classes, distance, IGNORED))
