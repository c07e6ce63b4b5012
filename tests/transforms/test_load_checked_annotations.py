"""Labels as MMSeg loads them, and errors that name the file."""
from __future__ import annotations

import re

import faulty_data
import numpy as np
import pytest
from mmseg.registry import TRANSFORMS

# Found when training starts or by LoadImageFromFile.
OF_THE_IMAGE = {'empty image', 'image is no image', 'truncated image'}
OF_LABELS = sorted(set(faulty_data.FAULTS) - OF_THE_IMAGE)


def sample(root, **extra):
    return dict(img_path=str(faulty_data.image_path(root)), seg_fields=[], label_map=None,
                seg_map_path=str(faulty_data.label_path(root)), reduce_zero_label=False, **extra)


def load(kind, results, **arguments):
    results = TRANSFORMS.build(dict(type='LoadImageFromFile'))(results)
    return TRANSFORMS.build(dict(type=kind, **arguments))(results)


@pytest.mark.parametrize('fault', OF_LABELS)
def test_faulty_labels_are_named(tmp_path, fault):
    root = faulty_data.spoil(tmp_path, fault)
    with pytest.raises((FileNotFoundError, ValueError),
                       match=re.escape(str(faulty_data.label_path(root)))) as error:
        load('LoadCheckedAnnotations', sample(root), num_classes=19)
    assert fault == 'missing label file' or 'Fix: ' in str(error.value)


@pytest.mark.parametrize('oddity', sorted(faulty_data.HARMLESS))
def test_what_is_harmless_loads_as_mmseg_loads_it(tmp_path, oddity):
    root = faulty_data.spoil(tmp_path, oddity)
    plain = load('LoadAnnotations', sample(root))
    checked = load('LoadCheckedAnnotations', sample(root), num_classes=np.int64(19))
    assert checked.keys() == plain.keys() and checked['seg_fields'] == ['gt_seg_map']
    np.testing.assert_array_equal(checked['gt_seg_map'], plain['gt_seg_map'])
    assert checked['gt_seg_map'].shape == checked['img'].shape[:2] == faulty_data.SIZE
    expected = faulty_data.labels()
    if oddity == '16-bit label':
        expected[3:5, 6:9] = 255
    elif oddity == 'all ignored':
        expected[:] = 255
    np.testing.assert_array_equal(checked['gt_seg_map'], expected)
    assert checked['img'].dtype == np.uint8 and checked['img'].shape[2] == 3
    if 'image' in oddity and 'palette' not in oddity:
        assert (checked['img'] == 90).all()


def test_the_range_is_that_of_the_mapped_labels(tmp_path):
    root = faulty_data.write_tree(tmp_path)
    results = dict(sample(root), reduce_zero_label=True)
    assert load('LoadCheckedAnnotations', results, num_classes=3)['gt_seg_map'].max() == 255
    results = dict(sample(root), label_map={0: 255, 1: 0, 2: 1, 3: 0})
    assert set(np.unique(load('LoadCheckedAnnotations', results, num_classes=2)['gt_seg_map'])) == {
        0, 1, 255}
    with pytest.raises(ValueError, match='label 3 .*must be 0 to 2'):
        load('LoadCheckedAnnotations', sample(root), num_classes=3)


def test_options_that_do_not_agree_are_no_fault_of_the_file(tmp_path):
    root = faulty_data.write_tree(tmp_path)
    with pytest.raises(AssertionError) as error:  # MMSeg's own
        load('LoadCheckedAnnotations', sample(root), reduce_zero_label=True)
    assert str(faulty_data.label_path(root)) not in str(error.value)


def test_what_a_data_set_leaves_out_is_no_fault_of_the_file(tmp_path):
    results = sample(faulty_data.write_tree(tmp_path))
    del results['seg_fields']
    with pytest.raises(KeyError, match='seg_fields'):
        load('LoadCheckedAnnotations', results)


def test_the_size_is_that_of_the_image_as_it_was_loaded(tmp_path):
    """Validation resizes the image before it loads the labels."""
    root = faulty_data.write_tree(tmp_path)
    pipeline = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=(32, 16)),
                dict(type='LoadCheckedAnnotations', num_classes=19)]
    results = sample(root)
    for step in pipeline:
        results = TRANSFORMS.build(step)(results)
    assert results['img'].shape[:2] == (16, 32)
    assert results['gt_seg_map'].shape == faulty_data.SIZE


@pytest.mark.parametrize('num_classes', [0, -1, 19., '19', True])
def test_refuses_a_bad_number_of_classes(num_classes):
    with pytest.raises(ValueError, match='^num_classes='):
        TRANSFORMS.build(dict(type='LoadCheckedAnnotations', num_classes=num_classes))
