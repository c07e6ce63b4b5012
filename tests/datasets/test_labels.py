"""Faults of labels that have been read, against what was put into them."""
from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from mmseg_nrd.datasets.labels import label_faults, wide_label


def labels(*size, value=0):
    return np.full(size, value, np.uint8)


@pytest.mark.parametrize('size', [(4, 6), (7, 3), (2, 2)], ids=str)
@pytest.mark.parametrize('value, num_classes, ignore_index', [
    (0, 1, 255), (18, 19, 255), (255, 19, 255), (254, 19, 254), (255, 256, 0), (200, None, 255)])
def test_labels_in_range_and_ignored_ones_pass(size, value, num_classes, ignore_index):
    assert label_faults(labels(*size, value=value), size, num_classes, ignore_index) == []


@pytest.mark.parametrize('value, num_classes, ignore_index', [
    (1, 1, 255), (19, 19, 255), (255, 19, 254), (254, 19, 255), (254, 19, -100)])
def test_a_label_out_of_range_is_placed_and_counted(value, num_classes, ignore_index):
    picture = labels(5, 7)
    picture[2:4, 6] = value
    fault, = label_faults(picture, (5, 7), num_classes, ignore_index)
    assert fault.startswith(f'label {value} (2 pixels, the first at row 2, column 6): must be 0 to '
                            f'{num_classes - 1}, or {ignore_index} to be ignored. Fix: ')


def test_every_label_out_of_range_is_told():
    picture = labels(4, 4)
    picture[0, 0], picture[3, 3], picture[1] = 33, 20, 255
    found = [re.match(r'label (\d+) \((\d+)', fault).groups()
             for fault in label_faults(picture, (4, 4), 19)]
    assert found == [('20', '1'), ('33', '1')]


@pytest.mark.parametrize('size', [(6, 4), (3, 6), (4, 5), (8, 12)], ids=str)
def test_another_size_is_told_with_both(size):
    fault, = label_faults(labels(*size), (4, 6), 19)
    assert f'labels of {size[0]} x {size[1]} for an image of 4 x 6 (height x width)' in fault
    assert 'Fix: ' in fault
    assert label_faults(labels(*size), None, 19) == []


@pytest.mark.parametrize('shape', [(4, 6, 3), (4, 6, 4), (6, ), ()], ids=str)
def test_what_is_no_map_is_told_with_its_shape(shape):
    fault, = label_faults(labels(*shape), (4, 6), 19)
    assert f'labels of shape {shape}: must be one channel' in fault and 'Fix: ' in fault


def test_the_labels_are_left_as_they_are():
    picture = labels(4, 6, value=33)
    label_faults(picture, (4, 6), 19)
    np.testing.assert_array_equal(picture, labels(4, 6, value=33))


@pytest.mark.parametrize('suffix', ['.png', '.tif'])
@pytest.mark.parametrize('dtype, values, wide', [
    (np.uint8, (0, 255), None), (np.uint16, (0, 255), None), (np.uint16, (3, 65535), None),
    (np.uint16, (3, 256), 256), (np.uint16, (700, 300), 300), (np.uint16, (65534, 65535), 65534)])
def test_numbers_above_eight_bits_are_found(tmp_path, suffix, dtype, values, wide):
    path = str(tmp_path / f'labels{suffix}')
    assert cv2.imwrite(path, np.resize(np.array(values, dtype), (3, 5)))
    assert wide_label(path) == wide


def test_what_is_not_on_a_disk_is_left_alone():
    assert wide_label('s3://bucket/labels.png') is None
