"""A small segmentor, as a config file and as a model, whose BGR order and norm matter."""
from __future__ import annotations

import pytest
import torch
from mmengine.config import Config

from mmseg_nrd.benchmark.building import build

CONFIG = """
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True, size=(48, 80)),
    backbone=dict(type='DRN', depth=22, base_channels=2, out_indices=(3, 8), norm_cfg=norm_cfg),
    decode_head=dict(
        type='FCNHead', in_channels=64, in_index=-1, channels=64, num_convs=0, concat_input=False,
        num_classes=3, norm_cfg=norm_cfg),
    test_cfg=dict(mode='whole'))
"""


@pytest.fixture(scope='session')
def config(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp('configs') / 'small.py'
    path.write_text(CONFIG)
    return str(path)


@pytest.fixture
def segmentor(config):
    """With logits of a few units: an untrained classifier's are next to nothing."""

    def make(**changes):
        cfg = Config.fromfile(config)
        cfg.merge_from_dict(changes)
        model = build(cfg.model, 'cpu')
        torch.nn.init.normal_(model.decode_head.conv_seg.weight)
        return model

    return make
