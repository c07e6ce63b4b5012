"""A tiny data set and configs that train on it in a second."""
from __future__ import annotations

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import TRANSFORMS

SIZE = (32, 48)


@TRANSFORMS.register_module()
class LoadArray:
    """An (H, W, C) image from a file of numpy, of as many channels as wanted."""

    def __init__(self, channels: int):
        self.channels = channels

    def __call__(self, results: dict) -> dict:
        image = np.repeat(np.load(results['img_path'])[..., None], self.channels, axis=2)
        return {**results, 'img': image, 'img_shape': SIZE, 'ori_shape': SIZE}


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield


@pytest.fixture(scope='module')
def toy(tmp_path_factory):
    """Makes a config: ``toy(channels=3, **options)``."""
    root = tmp_path_factory.mktemp('toy')
    random = np.random.default_rng(0)
    for index in range(4):
        np.save(root / f'{index}.npy', random.integers(0, 255, SIZE, np.uint8))
        label = np.add.outer(np.arange(SIZE[0]), np.arange(SIZE[1])) > 30 + 5 * index
        cv2.imwrite(str(root / f'{index}.png'), label.astype(np.uint8))

    def make(channels: int = 3, **options) -> Config:
        loader = dict(
            batch_size=2, num_workers=0, dataset=dict(
                type='BaseSegDataset', data_root=str(root), img_suffix='.npy',
                data_prefix=dict(img_path='', seg_map_path=''),
                metainfo=dict(classes=('low', 'high'), palette=[[9, 9, 9], [90, 200, 9]]),
                pipeline=[dict(type='LoadArray', channels=channels),
                          dict(type='LoadAnnotations'), dict(type='PackSegInputs')]))
        cfg = Config(dict(
            default_scope='mmseg', model=dict(
                type='EncoderDecoder', data_preprocessor=dict(
                    type='SegDataPreProcessor', mean=[100.] * channels, std=[50.] * channels,
                    bgr_to_rgb=channels == 3, size=SIZE, seg_pad_val=255),
                backbone=dict(type='ResNet', depth=18, in_channels=channels, base_channels=4,
                              stem_channels=4, norm_cfg=dict(type='BN')),
                decode_head=dict(type='FCNHead', in_channels=32, in_index=3, channels=8,
                                 num_classes=2, num_convs=1, norm_cfg=dict(type='BN')),
                train_cfg=dict(), test_cfg=dict(mode='whole')),
            train_dataloader=dict(sampler=dict(type='InfiniteSampler'), **loader),
            test_dataloader=dict(sampler=dict(type='DefaultSampler', shuffle=False), **loader),
            train_cfg=dict(type='IterBasedTrainLoop', max_iters=2), test_cfg=dict(type='TestLoop'),
            test_evaluator=dict(type='IoUMetric', iou_metrics=['mIoU']),
            optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))))
        cfg.merge_from_dict(options)
        return cfg

    return make


@pytest.fixture
def toy_file(toy, tmp_path):
    """Writes such a config to a file."""
    def write(name: str, **options) -> str:
        path = tmp_path / f'{name}.py'
        toy(**options).dump(path)
        return str(path)

    return write
