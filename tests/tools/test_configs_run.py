"""Every config trains and validates on a tree of its own data set's layout.

Only crops, widths, batches, data roots and pretrained weights are changed, through
``--cfg-options``; data set, pipeline, backbone, head and schedule are the config's.
"""
from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from street_scene_configs import ROOT

from mmseg_nrd.apps.street_scenes.writer import write_street_scenes

LAYOUTS = {'CityscapesDataset': 'cityscapes', 'ADE20KDataset': 'ade20k',
           'PascalContextDataset': 'pascal_context', 'PascalContextDataset59': 'pascal_context',
          'CamVidDataset': 'camvid'}
FILES = sorted(path for folder in ('nrd', 'gun', 'swap', 'benchmark', 'camvid')
               for path in (ROOT / 'configs' / folder).glob('*.py'))
# A transformer, a subclassed backbone and a wrapped head run with `make test`; all take minutes.
# test_deterministic_training.py trains GUN's two branches.
QUICK = {'nrd_mit-b1_8xb2-160k_ade20k-512x512',
         'nrd_r50_stem-guidance_4xb4-84k_cityscapes-512x1024',
         'gum_nrd_r50_4xb4-84k_cityscapes-512x1024',
         'gun_efficientnet-lite0_1xb4-1000_camvid-352x480'}
CASES = [pytest.param(path, id=path.stem, marks=() if path.stem in QUICK else pytest.mark.slow)
         for path in FILES]


@pytest.fixture(scope='session')
def trees(tmp_path_factory):
    root = tmp_path_factory.mktemp('trees')
    written = {layout: write_street_scenes(root / layout, layout, num_train=2, num_val=1,
                                           size=(64, 128), seed=0, progress=False)
               for layout in set(LAYOUTS.values()) - {'camvid'}}
    return {**written, 'camvid': write_camvid(root / 'camvid')}


def write_camvid(root):
    """Bands of all 11 classes, as tools/prepare_camvid.py would leave them."""
    bands = np.repeat(np.arange(128, dtype=np.uint8)[None] // 12, 64, axis=0)
    for split, count in (('train', 2), ('val', 1)):
        for folder, content in ((split, cv2.merge([bands * 20] * 3)), (f'{split}annot', bands)):
            (root / folder).mkdir(parents=True)
            for number in range(count):
                cv2.imwrite(str(root / folder / f'{number}.png'), content)
    return root


def shrink(cfg: Config, trees: dict) -> list:
    """Options that shrink a config to seconds on a CPU."""
    options = ['model.pretrained=None', 'model.data_preprocessor.size="(64,64)"',
               'train_cfg.max_iters=2', 'train_cfg.val_interval=2',
               'default_hooks.logger.interval=1',
               'train_dataloader.batch_size=2']
    # Widths and weights are the wrapped head's and backbone's, where there is one.
    head, backbone = cfg.model.decode_head, cfg.model.backbone
    if head.get('head', head).get('num_convs') != 0:
        options.append(f'model.decode_head.{"head." if "head" in head else ""}channels=16')
    if backbone.get('init_cfg'):
        options.append('model.backbone.init_cfg=None')
    if 'backbone' in backbone:
        options.append('model.backbone.backbone.init_cfg=None')
    root = trees[LAYOUTS[cfg.train_dataloader.dataset.type]]
    for split in ('train', 'val', 'test'):
        options += [f'{split}_dataloader.{key}' for key in (
            f'dataset.data_root={root}', 'num_workers=0', 'persistent_workers=False')]
    for split in ('train', 'val'):
        for index, step in enumerate(cfg[f'{split}_dataloader'].dataset.pipeline):
            key = f'{split}_dataloader.dataset.pipeline.{index}'
            if step['type'] in ('RandomResize', 'Resize'):
                options.append(f'{key}.scale="(128,64)"')
            if step['type'] == 'RandomCrop':
                options.append(f'{key}.crop_size="(64,64)"')
    return options


@pytest.mark.parametrize('path', CASES)
def test_config_trains_and_validates(path, call, trees, tmp_path):
    call('train', path, '--work-dir', tmp_path, '--cfg-options',
         *shrink(Config.fromfile(path), trees))
    scalars, = tmp_path.glob('*/vis_data/scalars.json')
    logged = [json.loads(line) for line in scalars.read_text().splitlines()]
    losses = [entry['loss'] for entry in logged if 'loss' in entry]
    assert len(losses) == 2 and all(0 < loss < 50 for loss in losses)
    assert [entry for entry in logged if 'mIoU' in entry]
    assert (tmp_path / 'iter_2.pth').is_file()
