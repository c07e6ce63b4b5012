"""Configs whose pipelines are made to check the labels they load."""
from __future__ import annotations

import re

import pytest
from mmengine.config import Config

from mmseg_nrd.datasets.pipelines import head_faults, label_range, load_checked_annotations

IMAGE, PACK = dict(type='LoadImageFromFile'), dict(type='PackSegInputs')


def config(*steps, wrap=False, **extra) -> Config:
    dataset = dict(type='CityscapesDataset', pipeline=[IMAGE, *steps, PACK])
    if wrap:
        dataset = dict(type='ConcatDataset', datasets=[
            dict(type='RepeatDataset', times=2, dataset=dataset), dataset])
    return Config(dict(train_dataloader=dict(dataset=dataset), val_dataloader=None,
                       test_dataloader=dict(dataset=dataset),
                       model=dict(decode_head=dict(num_classes=7, ignore_index=250)), **extra))


@pytest.mark.parametrize('name', ['LoadAnnotations', 'mmseg.LoadAnnotations'])
def test_labels_are_loaded_checked_in_the_same_place_with_the_same_options(name):
    cfg = config(dict(type=name, imdecode_backend='cv2'))
    load_checked_annotations(cfg, 'train', 'val')
    assert cfg.train_dataloader.dataset.pipeline == [IMAGE, dict(
        type='LoadCheckedAnnotations', imdecode_backend='cv2', num_classes=7,
        ignore_index=250), PACK]
    assert cfg.test_dataloader.dataset.pipeline[1]['type'] == name
    assert cfg.custom_imports == dict(imports=['mmseg_nrd'], allow_failed_imports=False)


def test_data_sets_inside_wrappers_are_reached():
    cfg = config(dict(type='LoadAnnotations'), wrap=True)
    load_checked_annotations(cfg, 'train')
    first, second = cfg.train_dataloader.dataset.datasets
    for dataset in (first.dataset, second):
        assert dataset.pipeline[1].type == 'LoadCheckedAnnotations'


@pytest.mark.parametrize('step', [
    dict(type='LoadDepthAnnotation'), dict(type='mmdet.LoadAnnotations', with_bbox=True),
    dict(type='LoadCheckedAnnotations', num_classes=3)])
def test_other_steps_and_the_config_around_them_stay(step):
    cfg = config(step)
    load_checked_annotations(cfg, 'train')
    assert cfg.to_dict() == config(step).to_dict()


@pytest.mark.parametrize('imports, expected', [
    ([], ['mmseg_nrd']), (['other'], ['other', 'mmseg_nrd']), ('other', ['other', 'mmseg_nrd']),
    (['mmseg_nrd'], ['mmseg_nrd']), ('mmseg_nrd', 'mmseg_nrd')])
def test_what_is_imported_already_stays(imports, expected):
    cfg = config(dict(type='LoadAnnotations'), custom_imports=dict(imports=imports))
    load_checked_annotations(cfg, 'train')
    assert cfg.custom_imports.imports == expected


@pytest.mark.parametrize('model, expected', [
    (None, (None, 255)), (dict(backbone=1), (None, 255)),
    (dict(decode_head=dict(num_classes=19, ignore_index=0)), (19, 0)),
    (dict(decode_head=[dict(num_classes=2), dict(num_classes=5)]), (5, 255)),
    (dict(decode_head=dict(type='GuidedUpsamplingHead', head=dict(num_classes=8))), (8, 255))])
def test_the_range_is_that_of_the_decode_head(model, expected):
    assert label_range(model) == expected


def heads(auxiliary, decode=None) -> dict:
    return dict(decode_head=decode or dict(num_classes=7, ignore_index=250),
                auxiliary_head=auxiliary)


@pytest.mark.parametrize('model', [
    None, dict(), dict(decode_head=dict(type='Mine')), heads(None),
    heads(dict(num_classes=7, ignore_index=250)), heads(dict(ignore_index=250)),
    # What is no head, or no number, is refused where it is built.
    dict(decode_head=7), heads(dict(num_classes='7', ignore_index=250)),
    # It could learn labels that there are not; check_dataset.py tells.
    heads(dict(num_classes=9, ignore_index=250)),
    # STDC's learns boundaries, whose two labels it makes itself.
    heads([dict(type='STDCHead', num_classes=2)]),
    heads(dict(num_classes=5), decode=dict(type='IterativeDecodeHead'))])
def test_heads_that_can_learn_the_labels(model):
    assert head_faults(model) == []


@pytest.mark.parametrize('model, says', [
    (heads(dict(num_classes=3, ignore_index=250)), 'model.auxiliary_head.num_classes=3: must be'),
    (heads([dict(num_classes=7, ignore_index=250), dict(num_classes=7)]),
     'model.auxiliary_head[1].ignore_index=255: must be'),
    (heads(None, [dict(num_classes=2), dict(num_classes=5)]), 'model.decode_head[0].num_classes=2'),
    (heads(dict(type='GuidedUpsamplingHead', head=dict(num_classes=3, ignore_index=250))),
     'model.auxiliary_head.head.num_classes=3: must be')])
def test_a_head_that_cannot_learn_the_labels_is_told_before_training(model, says):
    fault, = head_faults(model)
    assert fault.startswith(says) and 'Fix: ' in fault
    cfg = config(dict(type='LoadAnnotations'))
    cfg.model = model
    with pytest.raises(ValueError, match=f'^{re.escape(says)}'):
        load_checked_annotations(cfg, 'train')
