"""A small segmentor, as a config file and as a model, whose channel order and norms matter."""
from __future__ import annotations

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import nn

from mmseg_nrd.apps.cli import build

CONFIG = """
norm_cfg = dict(type='SyncBN')
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True, size=(48, 80)),
    backbone=dict(type='OneConvolution'),
    decode_head=dict(
        type='FCNHead', in_channels=4, in_index=0, channels=4, num_convs=1,
        concat_input=False, num_classes=3, norm_cfg=norm_cfg),
    test_cfg=dict(mode='whole'))
"""


class OneConvolution(BaseModule):
    """An encoder that is traced in next to no time."""

    def __init__(self, channels=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, stride=4, padding=1)

    def forward(self, images):
        return (self.conv(images),)


@pytest.fixture(scope='session')
def config(tmp_path_factory) -> str:
    MODELS.register_module(module=OneConvolution, force=True)
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
