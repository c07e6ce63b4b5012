"""A stock config becomes one with NRD or guided upsampling, which trains, or is refused."""
from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config
from mmseg.registry import MODELS
from street_scene_configs import ROOT
from torch import nn

from mmseg_nrd.apps.cli import build
from mmseg_nrd.apps.swap import add_swap_arguments, swap_head

STOCK = Path(mmseg.__file__).parent / '.mim' / 'configs'
SMALL = ('--cfg-options', 'model.data_preprocessor.size=[64,128]')


def stock(name: str) -> str:
    return f"mmseg::{next(STOCK.glob(f'*/{name}*')).relative_to(STOCK)}"


@pytest.fixture
def swap(call, tmp_path):
    def run(config, head, *options, status=0):
        out = tmp_path / 'out.py'
        output = call('swap_head', config, '--head', head, '--out', out, *options, *SMALL,
                      status=status)
        assert out.exists() == (status == 0), output
        return Config.fromfile(out) if status == 0 else output
    return run


@pytest.mark.parametrize('config, head, wanted', [
    # level 1 is at 1/32, 2 at 1/8 joins them
    ('fast_scnn', 'nrd', dict(in_index=1, c1_index=2, patch_size=4)),
    ('fast_scnn', 'gum', dict(guidance='large_rf', scale_factor=8)),
    ('fcn_hr18s', 'nrd', dict(in_index=3, c1_index=0, patch_size=8, in_channels=144)),
    pytest.param('pointrend_r50', 'gum-nrd', dict(guidance='large_rf', scale_factor=4),
                 marks=pytest.mark.slow),
    ('segmenter_vit-t', 'nrd', dict(in_index=1, c1_index=0, patch_size=4, c1_in_channels=32)),
    *(pytest.param(*case, marks=pytest.mark.slow) for case in (
        ('segmenter_vit-t', 'gum', dict(
            guidance='fusion', fusion_channels=16, scale_factor=4, high_res_index=0)),
        ('icnet_r18-d8', 'nrd', dict(in_index=0, c1_index=2, patch_size=2)))),
])
def test_levels_are_read_and_settings_kept(swap, config, head, wanted):
    base = Config.fromfile(STOCK / stock(config).split('::')[1])
    cfg = swap(stock(config), head)
    new = cfg.model.decode_head
    assert {key: new[key] for key in wanted} == wanted
    inner = new if head == 'nrd' else new.head
    old = base.model.decode_head
    old = old[-1] if isinstance(old, list) else old
    for key in ('num_classes', 'align_corners', 'loss_decode'):
        assert inner.get(key) == old.get(key)
    assert (cfg.model.backbone.type == 'ImageLevel') == ('vit' in config)
    if 'vit' in config and head == 'nrd':  # Segmenter's head has no norm to keep
        assert new.norm_cfg == cfg.model.backbone.norm_cfg == dict(
            type='SyncBN', requires_grad=True)
    assert cfg.model.backbone.get('backbone', cfg.model.backbone).type == base.model.backbone.type
    assert cfg.train_dataloader.dataset.pipeline == base.train_dataloader.dataset.pipeline


def test_guided_upsampling_gives_way_to_nrd(swap):
    config = ROOT / 'configs/street_scenes/gum_fcn_r18-d8_1xb8-300_street-scenes-128x256.py'
    head, inner = (cfg.model.decode_head for cfg in (
        swap(config, 'nrd'), Config.fromfile(config)))
    assert head.type == 'NRDHead' and head.in_index == inner.head.in_index
    assert head.num_classes == inner.head.num_classes


def test_a_plain_resnet_and_what_was_asked_for(swap, tmp_path):
    (tmp_path / 'base.py').write_text(
        f"_base_ = {stock('deeplabv3_r18-d8')!r}\n"
        'model = dict(backbone=dict(multi_grid=(1, 2, 4)))\n')
    cfg = swap(tmp_path / 'base.py', 'nrd', '--plain', '--c1-index', 1)
    assert cfg.model.backbone.dilations == (1, 1, 1, 1)
    assert cfg.model.backbone.strides == (1, 2, 2, 2)
    head = cfg.model.decode_head
    assert (head.patch_size, head.c1_index, head.c1_in_channels) == (4, 1, 128)
    assert 'dilations' not in head  # those of output stride 8 were left behind
    backbone = MODELS.build(cfg.model.backbone)
    assert {module.dilation for module in backbone.modules() if isinstance(module, nn.Conv2d)} == {
        (1, 1)}


def test_a_config_of_ones_own_with_six_channels(swap, tmp_path):
    (tmp_path / 'own.py').write_text('''
custom_imports = dict(imports='mmseg.models', allow_failed_imports=True)
crop_size = (64, 64)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', size=crop_size, mean=[0.] * 6, std=[1.] * 6),
    backbone=dict(type='ResNetV1c', depth=18, in_channels=6, num_stages=4,
                  norm_cfg=dict(type='BN')),
    decode_head=dict(type='FCNHead', in_channels=512, in_index=3, channels=16, num_classes=2,
                     out_channels=1, threshold=0.4, ignore_index=7, norm_cfg=dict(type='BN'),
                     sampler=dict(type='OHEMPixelSampler', min_kept=100),
                     loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True)),
    auxiliary_head=dict(type='FCNHead', in_channels=256, in_index=2, channels=8, num_classes=2,
                        out_channels=1, loss_decode=dict(type='CrossEntropyLoss',
                                                         use_sigmoid=True)),
    test_cfg=dict(mode='whole'))
''')
    cfg = swap(tmp_path / 'own.py', 'nrd', '--patch-size', 4)
    old = Config.fromfile(tmp_path / 'own.py').model
    for key in ('out_channels', 'threshold', 'ignore_index', 'sampler', 'loss_decode', 'channels'):
        assert cfg.model.decode_head[key] == old.decode_head[key]
    assert cfg.model.auxiliary_head == old.auxiliary_head
    assert cfg.custom_imports == dict(imports=['mmseg.models', 'mmseg_nrd'],
                                      allow_failed_imports=True)
    assert (cfg.model.decode_head.c1_index, cfg.model.decode_head.patch_size) == (1, 4)
    assert os.path.isabs(cfg.filename) and "_base_ = 'own.py'" in (tmp_path / 'out.py').read_text()


def test_a_config_in_the_style_that_imports_its_classes(swap, tmp_path):
    (tmp_path / 'own.py').write_text('''
from mmseg.models import EncoderDecoder, FCNHead, ResNetV1c, SegDataPreProcessor
model = dict(
    type=EncoderDecoder, data_preprocessor=dict(type=SegDataPreProcessor),
    backbone=dict(type=ResNetV1c, depth=18, norm_cfg=dict(type='BN')),
    decode_head=dict(type=FCNHead, in_channels=512, in_index=3, channels=8, num_classes=2),
    test_cfg=dict(mode='whole'))
''')
    cfg = swap(tmp_path / 'own.py', 'gum')
    assert build(cfg.model).decode_head.head.channels == 8


@pytest.mark.parametrize('config, head, reason', [
    ('ddrnet_23-slim', 'nrd', 'in training'),
    ('pidnet-s', 'nrd', 'in training'),
    ('san-vit-b16', 'nrd', 'MultimodalEncoderDecoder'),
    ('vpd_sd', 'nrd', 'depth'),
    ('pointrend_r50', 'gum', 'PointHead'),
    ('icnet_r18-d8', 'gum --patch-size 2', '--patch-size'),
    ('fcn_hr18s', 'nrd --patch-size 3', '--patch-size 3'),
    ('fcn_hr18s', 'nrd --in-index 4', '--in-index 4'),
    ('fcn_hr18s', 'nrd --plain', 'HRNet'),
    ('segmenter_vit-t', 'nrd --patch-size 3', '--patch-size 3: must be one of [16, 8, 4, 2]'),
    ('fast_scnn', 'gum --cfg-options model.decode_head.in_index=7', 'the head of this config'),
])
def test_refused_with_the_reason(swap, config, head, reason):
    head, *options = head.split()
    assert reason in swap(stock(config), head, *options, status=1).split('error: ')[1]


def test_what_does_not_train_is_not_written(swap):
    assert 'nothing was written' in swap(
        stock('fast_scnn'), 'nrd', '--cfg-options', 'optim_wrapper.optimizer.type=Adamm', status=1)


def test_a_file_is_not_overwritten(call, tmp_path):
    (tmp_path / 'out.py').write_text('mine')
    call('swap_head', stock('fast_scnn'), '--head', 'nrd', '--out', tmp_path / 'out.py', status=1)
    assert (tmp_path / 'out.py').read_text() == 'mine'


# Their packages are not here.
NEED_MORE = ('convnext', 'mask2former', 'poolformer')
NO_PLACE = ('ddrnet', 'pidnet', 'san', 'vpd')
# BEiT and MAE take images of one size alone, MobileNetV3's head large ones.
OF_ITS_SIZE = ('beit', 'mae', 'mobilenet_v3')
SMALLER = ('r18', 'r50', 'b0', 'tiny', 'vit-t', 'hr18', '-s_')


def families() -> dict:
    """A config of each family, a small one where the name tells."""
    paths = sorted(STOCK.glob('[!_]*/*.py'), key=lambda path: (
        not any(small in path.name for small in SMALLER), path.name))
    return {path.parent.name: path for path in reversed(paths)}


@pytest.mark.slow
@pytest.mark.parametrize('head, least', [('nrd', 46), ('gum', 37), ('gum-nrd', 44)])
def test_every_family(head, least, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['swap_head.py'])
    parser = argparse.ArgumentParser()
    add_swap_arguments(parser)
    results = Counter()
    for name, path in families().items():
        out = tmp_path / f'{name}.py'
        try:
            swap_head(parser.parse_args([str(path), '--head', head, '--out', str(out),
                                         *(() if name in OF_ITS_SIZE else SMALL)]))
            assert Config.fromfile(out).model.decode_head.type != 'FCNHead'
            what = 'swapped'
        except (ImportError, KeyError, ValueError) as error:
            what = f'{type(error).__name__}: {str(error)[:150]}'
            assert not out.exists()
            assert head != 'nrd' or name in NEED_MORE + NO_PLACE, f'{name}: {what}'
        results[what] += 1
        print(f'{name}: {what}', flush=True)
    print(results['swapped'], 'of', len(families()), 'families with --head', head)
    assert results['swapped'] >= least
