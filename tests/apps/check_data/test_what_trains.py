"""What MMSeg reads and learns is refused by neither check, whatever it looks like."""
from __future__ import annotations

import copy
from pathlib import Path

import cv2
import faulty_data
import mmseg
import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmcv.transforms import LoadImageFromFile as NamedByItsClass
from mmengine.config import Config
from mmengine.fileio import BaseStorageBackend
from mmengine.fileio.backends import registry_utils
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS, TRANSFORMS

from mmseg_nrd.apps.check_data.survey import survey_data
from mmseg_nrd.apps.cli.data_checks import build_dataset, check_data

STOCK = Path(mmseg.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'
IMAGE, LABELS, PACK = ({'type': name} for name in (
    'LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs'))


class ReadChannels(BaseTransform):
    """Somebody's own, of no image's name: six channels."""

    def transform(self, results):
        results['img'] = np.load(results['img_path'])
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results


class NumberLabels(BaseTransform):
    """Somebody's own: the files have other numbers than the classes."""

    def transform(self, results):
        results['gt_seg_map'] = results['gt_seg_map'] // 50
        return results


class OwnSamples(BaseSegDataset):
    """Finds its files when it prepares a sample; its options have the names of a wrapper's."""

    def __init__(self, dataset, root, pipeline, **options):
        self.root = root
        pipeline.append(PACK)
        super().__init__(pipeline=pipeline, **options)

    def load_data_list(self):
        return [dict(img_path=f'{name}_leftImg8bit.png') for name in 'abc']

    def prepare_data(self, index):
        sample = self.get_data_info(index)
        sample['img_path'] = f"{self.root}/leftImg8bit/train/{sample['img_path']}"
        return self.pipeline(sample)


class Store(BaseStorageBackend):
    """Remote: it has labels, which are grey images too, under all names."""

    def get(self, filepath):
        return cv2.imencode('.png', np.ones(faulty_data.SIZE, np.uint8))[1].tobytes()

    def get_text(self, filepath):
        raise NotImplementedError

    def join_path(self, *parts):
        return '/'.join(parts)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    for known in (registry_utils.backends, registry_utils.prefix_to_backends):
        monkeypatch.setitem(known, 'store', Store)
    for registry, kind in ((TRANSFORMS, ReadChannels), (TRANSFORMS, NumberLabels),
                           (DATASETS, OwnSamples)):
        monkeypatch.setitem(registry.module_dict, kind.__name__, kind)


def config(root, *steps, **options) -> dict:
    # mmengine collects garbage at length before it serialises.
    return {**dict(type='CityscapesDataset', data_root=str(root), pipeline=[*steps, PACK],
                   serialize_data=False,
                   data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train')),
            **options}


def grey(root):
    return config(root, dict(IMAGE, color_type='grayscale'), LABELS)


def six_channels(root):
    for name in faulty_data.NAMES:
        path = faulty_data.image_path(root, name)
        np.save(path.with_suffix('.npy'), np.zeros((*faulty_data.SIZE, 6), np.float32))
        path.unlink()
    return config(root, LABELS, dict(type='ReadChannels'), img_suffix='_leftImg8bit.npy')


def volumes(root):
    for name in faulty_data.NAMES:
        for path, kind in ((faulty_data.image_path(root, name), np.float32),
                           (faulty_data.label_path(root, name), np.uint8)):
            np.save(path.with_suffix('.npy'), np.ones((4, 6, 8), kind))
            path.unlink()
    steps = [dict(type=name, decode_backend='numpy')
             for name in ('LoadBiomedicalImageFromFile', 'LoadBiomedicalAnnotation')]
    return config(root, pipeline=steps, img_suffix='_leftImg8bit.npy',
                  seg_map_suffix='_gtFine_labelTrainIds.npy')


def labels_renumbered_by_a_step(root):
    for name in faulty_data.NAMES:
        faulty_data.write(faulty_data.label_path(root, name), faulty_data.labels() // 2 * 50)
    return config(root, IMAGE, LABELS, dict(type='NumberLabels'))


def labels_of_half_the_size(root):
    faulty_data.write(faulty_data.label_path(root), faulty_data.labels((16, 32)))
    return config(root, IMAGE, LABELS, dict(type='RandomResize', scale=(64, 32), keep_ratio=True,
                                            ratio_range=(1., 1.)))


def no_labels(root):
    for name in faulty_data.NAMES:
        faulty_data.label_path(root, name).unlink()
    return config(root, IMAGE, data_prefix=dict(img_path='leftImg8bit/train',
                                                seg_map_path='nowhere'))


def images_in_a_store(root):
    (root / 'names.txt').write_text('elsewhere')
    return config(root, dict(IMAGE, backend_args=dict(backend='store')), ann_file='names.txt')


def all_in_a_store(root):
    (root / 'names.txt').write_text('a\nb')
    return config(root, IMAGE, LABELS, ann_file=str(root / 'names.txt'), data_root='store://x/')


def a_broken_image_passed_over(root):
    faulty_data.image_path(root).write_bytes(b'')
    return config(root, dict(IMAGE, ignore_empty=True), LABELS)


def zero_reduced_in_both_places(root):
    return config(root, IMAGE, dict(LABELS, reduce_zero_label=True), reduce_zero_label=True)


def own_samples(root):
    return dict(type='OwnSamples', dataset='mine', root=str(root), pipeline=[IMAGE],
                serialize_data=False)


def named_by_classes(root):
    return config(root, dict(type=NamedByItsClass), LABELS, type=DATASETS.get('CityscapesDataset'))


def wrapped(root):
    part = config(root, IMAGE, LABELS)
    part['pipeline'] = part['pipeline'][:-1]
    mosaic = dict(type='RandomMosaic', prob=1., img_scale=(32, 64))
    return dict(type='MultiImageMixDataset', pipeline=[mosaic, PACK], dataset=dict(
        type='ConcatDataset', datasets=[part, dict(type='RepeatDataset', times=2, dataset=part)]))


def loaded_by_the_wrapper(root):
    return dict(type='MultiImageMixDataset', pipeline=[IMAGE, LABELS, PACK],
                dataset=config(root, pipeline=[]))


@pytest.mark.parametrize('case, images', [
    (grey, 3), (six_channels, 3), (volumes, 3), (labels_renumbered_by_a_step, 3),
    (labels_of_half_the_size, 3), (no_labels, 3), (images_in_a_store, 1), (all_in_a_store, 2),
    (a_broken_image_passed_over, 2), (zero_reduced_in_both_places, 3), (own_samples, 0),
    (named_by_classes, 3), (wrapped, 6), (loaded_by_the_wrapper, 0)])
def test_what_mmseg_reads_is_no_error(tmp_path, case, images):
    cfg = dict(train_dataloader=dict(dataset=case(faulty_data.write_tree(tmp_path))))
    before = copy.deepcopy(cfg)
    built = build_dataset(cfg, cfg['train_dataloader']['dataset'])
    assert all(built[index] is not None for index in range(len(built)))
    check_data(cfg, 'train')
    survey = survey_data(cfg, 'train')
    assert survey.errors == [] and sum(survey.sizes.values()) == images and cfg == before


ONE_LOGIT = [dict(num_classes=1), dict(num_classes=2, out_channels=1)]


@pytest.mark.parametrize('head', ONE_LOGIT, ids=str)
@pytest.mark.parametrize('classes', [('water', ), ('land', 'water')])
def test_one_logit_learns_two_labels_and_no_third(tmp_path, head, classes):
    root = faulty_data.write_tree(tmp_path)
    for name in faulty_data.NAMES:
        faulty_data.write(faulty_data.label_path(root, name), faulty_data.labels() // 2)
    checked = dict(type='LoadCheckedAnnotations', num_classes=head['num_classes'])
    cfg = dict(model=dict(decode_head=head), train_dataloader=dict(dataset=config(
        root, IMAGE, checked, type='BaseSegDataset', metainfo=dict(classes=classes),
        img_suffix='_leftImg8bit.png', seg_map_suffix='_gtFine_labelTrainIds.png')))
    assert set(np.unique(faulty_data.labels() // 2)) == {0, 1, 127}
    cfg['model']['decode_head']['ignore_index'] = checked['ignore_index'] = 127
    survey = survey_data(cfg, 'train')
    assert survey.errors == [] and survey.labelled == 3
    assert not [each for each in survey.warnings if 'learns' in each.text]
    faulty_data.write(faulty_data.label_path(root), np.full(faulty_data.SIZE, 2, np.uint8))
    error, = survey_data(cfg, 'train').errors
    assert error.file == str(faulty_data.label_path(root)) and error.text.startswith('label 2 ')


def stock_data_sets() -> dict:
    """One of each kind that MMSeg has a config of."""
    found = {}
    for path in sorted(STOCK.glob('*.py')):
        dataset = Config.fromfile(path).train_dataloader.dataset
        while 'type' in dataset and dataset.type in ('ConcatDataset', 'RepeatDataset'):
            dataset = dataset.get('datasets', [dataset.get('dataset')])[0]
        found[dataset.type] = dataset
    return found


@pytest.mark.slow
def test_stock_data_sets(tmp_path):
    kinds = stock_data_sets()
    assert len(kinds) > 20
    for kind, dataset in kinds.items():
        # Other steps need what need not be installed here, such as gdal.
        dataset.pipeline = [step for step in dataset.pipeline if step.type in (
            'LoadImageFromFile', 'LoadAnnotations')]
        dataset.data_root = str(tmp_path / kind)
        for folder in dataset.data_prefix.values():
            (tmp_path / kind / folder).mkdir(parents=True, exist_ok=True)
        if dataset.get('ann_file'):
            (tmp_path / kind / dataset.ann_file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / kind / dataset.ann_file).write_text('room_1')
        lazy = build_dataset({}, {**dataset, 'lazy_init': True})
        for key, folder in lazy.data_prefix.items():
            labels = key == 'seg_map_path'
            faulty_data.write(
                Path(folder, 'room_1' + (lazy.seg_map_suffix if labels else lazy.img_suffix)),
                np.ones((8, 8) if labels else (8, 8, 3), np.uint8))
        cfg = dict(train_dataloader=dict(dataset=dataset))
        check_data(cfg, 'train')
        assert survey_data(cfg, 'train').errors == [], kind
