"""Faults of labels that have been read, against what was put into them."""
from __future__ import annotations

import re

import cv2
import mmcv
import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from mmseg_nrd.transforms.labels import label_faults, wide_label


def labels(*size, value=0):
    return np.full(size, value, np.uint8)


@pytest.mark.parametrize('size', [(4, 6), (7, 3), (2, 2)], ids=str)
@pytest.mark.parametrize('value, num_classes, ignore_index', [
    (0, 1, 255), (1, 1, 255), (18, 19, 255), (255, 19, 255), (254, 19, 254), (255, 256, 0),
    (200, None, 255)])
def test_labels_in_range_and_ignored_ones_pass(size, value, num_classes, ignore_index):
    assert label_faults(labels(*size, value=value), size, num_classes, ignore_index) == []


@pytest.mark.parametrize('value, num_classes, ignore_index', [
    (2, 1, 255), (19, 19, 255), (255, 19, 254), (254, 19, 255), (254, 19, -100)])
def test_a_label_out_of_range_is_placed_and_counted(value, num_classes, ignore_index):
    picture = labels(5, 7)
    picture[2:4, 6] = value
    fault, = label_faults(picture, (5, 7), num_classes, ignore_index)
    assert fault.startswith(f'label {value} (2 pixels, the first at row 2, column 6): must be 0 to '
                            f'{max(num_classes, 2) - 1}, or {ignore_index} to be ignored. Fix: ')


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


BIG_TIFF, TIFF = dict(format='TIFF', big_tiff=True), dict(format='TIFF')


@pytest.mark.parametrize('options, dtype, values, wide', [
    (BIG_TIFF, np.uint16, (3, 257), 257), (BIG_TIFF, np.uint16, (3, 255), None),
    (dict(format='JPEG2000'), np.uint16, (3, 257), 257),
    (dict(format='PPM'), np.uint16, (3, 257), 257), (dict(format='PPM'), np.uint8, (3, 9), None),
    (TIFF, np.int32, (3, -1), -1), (TIFF, np.int32, (3, 70000), 70000),
    (TIFF, np.float32, (3, 255), None), (TIFF, np.float32, (3, 1.5), 1.5),
    (TIFF, np.float32, (3, -.5), -.5), (TIFF, np.float32, (3, np.nan, 300), 300),
    (TIFF, np.float32, (3, np.inf), np.inf)])
def test_numbers_that_do_not_fit_are_found_in_any_format(tmp_path, options, dtype, values, wide):
    """What MMSeg makes of them: 257 is 1, 1.5 is 1, and NaN is 0."""
    path = tmp_path / 'labels'
    Image.fromarray(np.resize(np.array(values, dtype), (3, 6))).save(path, **options)
    assert wide_label(str(path)) == wide


def test_not_a_number_is_found(tmp_path):
    path = tmp_path / 'labels.tif'
    Image.fromarray(np.full((3, 5), np.nan, np.float32)).save(path)
    assert np.isnan(wide_label(str(path)))


def test_what_pillow_does_not_know_is_read_by_its_own_decoder(tmp_path):
    path = str(tmp_path / 'labels.hdr')
    assert cv2.imwrite(path, np.full((3, 5, 3), 1.5, np.float32))
    with pytest.raises(UnidentifiedImageError):
        Image.open(path)
    assert wide_label(path, 'cv2') == 1.5


def test_eight_bits_are_not_decoded(tmp_path, monkeypatch):
    path = tmp_path / 'labels.png'
    for mode in ('1', 'L', 'P', 'RGB'):
        Image.new(mode, (4, 3)).save(path)
        monkeypatch.setattr(mmcv, 'imread', lambda *args, **options: pytest.fail('was decoded'))
        assert wide_label(str(path)) is None
