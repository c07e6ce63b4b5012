"""Whole data sets, surveyed, against what was written into them."""
from __future__ import annotations

import faulty_data
import numpy as np
import pytest
from mmengine.config import Config

from mmseg_nrd.apps.check_data.report import as_dict, class_table, summary_lines
from mmseg_nrd.apps.check_data.survey import survey_data
from mmseg_nrd.apps.street_scenes.writer import write_street_scenes

CLASSES = 19
LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
PIPELINE = [*LOAD, dict(type='RandomCrop', crop_size=(8, 8)), dict(type='PackSegInputs')]


def dataset(root, kind='CityscapesDataset', **extra) -> dict:
    prefix = {'CityscapesDataset': ('leftImg8bit/train', 'gtFine/train'),
              'ADE20KDataset': ('images/training', 'annotations/training')}[kind]
    return {**dict(type=kind, data_root=str(root), pipeline=PIPELINE, serialize_data=False,
                   data_prefix=dict(zip(('img_path', 'seg_map_path'), prefix))), **extra}


def config(*datasets, num_classes=CLASSES) -> Config:
    chosen = datasets[0] if len(datasets) == 1 else dict(
        type='ConcatDataset', datasets=list(datasets))
    return Config(dict(model=dict(decode_head=dict(num_classes=num_classes)),
                       train_dataloader=dict(dataset=chosen)))


def files(findings) -> set:
    return {finding.file for finding in findings}


@pytest.mark.parametrize('fault', sorted(faulty_data.FAULTS))
def test_each_fault_is_found_where_it_is_and_only_there(tmp_path, fault):
    root = faulty_data.spoil(tmp_path, fault)
    survey = survey_data(config(dataset(root)), 'train')
    path = faulty_data.image_path if 'image' in fault.replace('label is no image', '') else (
        faulty_data.label_path)
    assert files(survey.errors) == {str(path(root))}
    assert len(survey.errors) == 1
    assert survey.inspected == survey.images == 3


@pytest.mark.parametrize('oddity', sorted(faulty_data.HARMLESS))
def test_what_training_can_use_is_no_error(tmp_path, oddity):
    root = faulty_data.spoil(tmp_path, oddity)
    survey = survey_data(config(dataset(root)), 'train')
    assert survey.errors == [] and survey.labelled == 3
    ignored = {finding.file for finding in survey.warnings if 'all pixels' in finding.text}
    assert ignored == ({str(faulty_data.label_path(root))} if oddity == 'all ignored' else set())


def test_pixels_images_sizes_and_ignored_ones_are_counted(tmp_path):
    root = faulty_data.spoil(tmp_path, 'all ignored')
    survey = survey_data(config(dataset(root)), 'train')
    height, width = faulty_data.SIZE
    per_class = 2 * (height - 1) * width // 4
    assert survey.pixels[:4].tolist() == [per_class] * 4 and not survey.pixels[4:255].any()
    assert survey.images_with[:5].tolist() == [2, 2, 2, 2, 0]
    assert survey.pixels[255] == width * (height + 2)
    assert survey.ignored_share == pytest.approx((height + 2) / (3 * height))
    assert survey.sizes == {faulty_data.SIZE: 3}
    absent = [finding.file for finding in survey.warnings if 'is in no label' in finding.text]
    assert len(absent) == CLASSES - 4 and absent[0] == 'class 4 (fence)'
    assert class_table(survey).row_count == CLASSES
    assert '35.42 % of the pixels are ignored (label 255)' in '\n'.join(summary_lines(survey))
    told = as_dict(survey)
    assert told['classes'][1] == dict(name='sidewalk', pixels=per_class, images=2)
    assert told['sizes'] == [dict(height=height, width=width, images=3)]


def test_wrappers_are_walked_and_repetitions_counted_once(tmp_path):
    one, two = (faulty_data.write_tree(tmp_path / name) for name in 'ab')
    faulty_data.label_path(two).write_bytes(b'')
    survey = survey_data(config(
        dataset(one), dict(type='RepeatDataset', times=5, dataset=dataset(two))), 'train')
    assert survey.images == 6 and survey.labelled == 5
    assert files(survey.errors) == {str(faulty_data.label_path(two))}


def test_workers_find_the_same_in_the_same_order(tmp_path):
    root = faulty_data.spoil(tmp_path, 'label out of range')
    faulty_data.image_path(root, 'c').write_bytes(b'')
    one, two = (survey_data(config(dataset(root)), 'train', workers=count) for count in (1, 2))
    assert as_dict(one) == as_dict(two) and len(one.errors) == 2


def test_a_limit_is_for_each_data_set_and_progress_knows_it(tmp_path):
    root = faulty_data.write_tree(tmp_path)
    told = []
    survey = survey_data(config(dataset(root), dataset(root)), 'train', limit=2,
                         track=lambda found, count: told.append(count) or found)
    assert (survey.inspected, survey.images, told) == (4, 6, [4])


def test_labels_are_counted_as_the_data_set_maps_them(tmp_path):
    """ADE20K's zero is ignored; a choice of classes ignores the others."""
    root = write_street_scenes(tmp_path / 'ade', 'ade20k', num_train=2, num_val=0, size=(32, 64),
                               progress=False)
    survey = survey_data(config(dataset(root, 'ADE20KDataset', reduce_zero_label=True),
                                num_classes=150), 'train')
    assert survey.errors == [] and survey.pixels[255] > 0 and not survey.pixels[150:255].any()

    tree = faulty_data.write_tree(tmp_path / 'tree')
    chosen = dataset(tree, metainfo=dict(classes=('building', 'road')))
    survey = survey_data(config(chosen, num_classes=2), 'train')
    quarter = 3 * (faulty_data.SIZE[0] - 1) * faulty_data.SIZE[1] // 4
    assert survey.errors == [] and survey.pixels[:3].tolist() == [quarter, quarter, 0]
    assert survey.classes == ['building', 'road']
    # What is mapped away no check of the loaded labels could see; what is not, it does.
    faulty_data.write(faulty_data.label_path(tree), np.full(faulty_data.SIZE, 33, np.uint8))
    assert files(survey_data(config(chosen, num_classes=2), 'train').errors) == {
        str(faulty_data.label_path(tree))}


def heads(root, **model) -> Config:
    cfg = config(dataset(root))
    cfg.model = model
    return cfg


@pytest.mark.parametrize('learnt, errors', [(3, 1), (4, 0), (19, 0), (40, 0)])
@pytest.mark.parametrize('place', ['decode_head', 'auxiliary_head', 'head_in_a_head', 'step'])
def test_a_head_that_does_not_know_the_labels_is_told_once(tmp_path, place, learnt, errors):
    """The labels are 0 to 3 and 255: to train on them takes four classes, whatever their names."""
    root = faulty_data.write_tree(tmp_path)
    small, right = dict(num_classes=learnt), dict(num_classes=CLASSES)
    cfg = heads(root, **{
        'decode_head': dict(decode_head=small), 'step': dict(decode_head=right),
        'auxiliary_head': dict(decode_head=right, auxiliary_head=[right, small]),
        'head_in_a_head': dict(decode_head=dict(type='GuidedUpsamplingHead', head=small))}[place])
    if place == 'step':
        cfg.train_dataloader.dataset.pipeline[1] = dict(type='LoadCheckedAnnotations', **small)
    survey = survey_data(cfg, 'train')
    assert len(survey.errors) == errors
    told = survey.errors or [each for each in survey.warnings if 'learns' in each.text]
    assert len(told) == (learnt != CLASSES)
    if told:
        assert f'num_classes={learnt}' in told[0].text or f'learns {learnt}' in told[0].text
        assert {'decode_head': 'model.decode_head', 'auxiliary_head': 'model.auxiliary_head[1]',
                'head_in_a_head': 'model.decode_head.head',
                'step': 'LoadCheckedAnnotations'}[place] in told[0].file


def test_a_head_that_ignores_another_label_is_told_once_and_only_if_there_is_one(tmp_path):
    root = faulty_data.write_tree(tmp_path)
    right, other = dict(num_classes=CLASSES), dict(num_classes=CLASSES, ignore_index=0)
    cfg = heads(root, decode_head=right, auxiliary_head=[right, other])
    error, = survey_data(cfg, 'train').errors
    assert error.file == 'model.auxiliary_head[1]' and '255' in error.text
    cfg.val_dataloader = cfg.train_dataloader  # validation takes no loss
    assert survey_data(cfg, 'val').errors == []
    for name in faulty_data.NAMES:
        faulty_data.write(faulty_data.label_path(root, name), np.ones(faulty_data.SIZE, np.uint8))
    assert survey_data(cfg, 'train').errors == []


def test_what_is_wrong_with_every_file_is_told_once_of_the_config(tmp_path):
    root = faulty_data.write_tree(tmp_path)
    alone = [LOAD[0], dict(LOAD[1], reduce_zero_label=True)]
    error, = survey_data(config(dataset(root, pipeline=alone)), 'train').errors
    assert error.file == 'train_dataloader.dataset' and 'reduce_zero_label' in error.text
    for name in faulty_data.NAMES:
        faulty_data.label_path(root, name).unlink()
    error, = survey_data(config(dataset(root)), 'train').errors
    assert error.file == 'train_dataloader.dataset' and 'all 3 files' in error.text


def test_parts_with_other_classes_are_told(tmp_path):
    root = faulty_data.write_tree(tmp_path)
    survey = survey_data(config(dataset(root), dataset(
        root, metainfo=dict(classes=('road', 'car')))), 'train')
    assert survey.errors == [] and 'its parts have different classes' in survey.warnings[0].text


@pytest.mark.parametrize('steps, missing', [([], {'images', 'labels'}), (LOAD[:1], {'labels'})])
def test_a_pipeline_that_loads_nothing_is_told(tmp_path, steps, missing):
    root = faulty_data.write_tree(tmp_path)
    survey = survey_data(config(dataset(root, pipeline=steps)), 'train')
    assert survey.errors == [] and survey.labelled == 0 and survey.ignored_share is None
    assert {each.text.split()[0] for each in survey.warnings} == missing
    assert '0 of them with labels' in summary_lines(survey)[0]


def test_a_config_without_a_model_is_checked_by_the_data_sets_classes(tmp_path):
    root = faulty_data.spoil(tmp_path, 'label just out of range')
    survey = survey_data(dict(train_dataloader=dict(dataset=dataset(root))), 'train')
    assert 'label 19 (6 pixels, the first at row 3, column 6): must be 0 to 18' in (
        survey.errors[0].text)


def test_bad_arguments_are_refused(tmp_path):
    cfg = config(dataset(faulty_data.write_tree(tmp_path)))
    with pytest.raises(ValueError, match='val_dataloader: the config has none. Fix: '):
        survey_data(cfg, 'val')
    with pytest.raises(ValueError, match='workers=0: must be at least 1. Fix: '):
        survey_data(cfg, 'train', workers=0)
