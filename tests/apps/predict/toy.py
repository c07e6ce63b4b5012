"""A segmentor whose arithmetic is exact and which sees a few pixels only."""
from __future__ import annotations

import torch
from mmengine.config import Config
from mmengine.model import BaseModule
from mmseg.apis import init_model
from mmseg.registry import MODELS
from torch import nn

CLASSES = ('one', 'two', 'three')
PALETTE = [[250, 0, 0], [0, 250, 0], [0, 0, 250]]
LOAD = dict(type='LoadImageFromFile')
REST = [dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
FLIPS = dict(type='TestTimeAug', transforms=[
    [dict(type='RandomFlip', prob=0.), dict(type='RandomFlip', prob=1.)],
    [dict(type='LoadAnnotations')], [dict(type='PackSegInputs')]])


@MODELS.register_module()
class ToyEncoder(BaseModule):
    """One convolution of 7 x 7."""

    def __init__(self, stride: int, channels: int = 3):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 7, stride=stride, padding=3)

    def forward(self, x):
        return [self.conv(x)]


def toy_config(stride: int = 1, resize: tuple = ()) -> Config:
    pipeline = [LOAD, *resize, *REST]
    return Config(dict(
        default_scope='mmseg',
        model=dict(
            type='EncoderDecoder', data_preprocessor=dict(
                type='SegDataPreProcessor', mean=[0, 0, 0], std=[1, 1, 1], bgr_to_rgb=True),
            backbone=dict(type='ToyEncoder', stride=stride),
            decode_head=dict(
                type='FCNHead', in_channels=4, channels=4, num_convs=0, concat_input=False,
                dropout_ratio=0, num_classes=3, align_corners=False),
            test_cfg=dict(mode='whole')),
        test_pipeline=pipeline,
        test_dataloader=dict(dataset=dict(
            type='BaseSegDataset', metainfo=dict(classes=CLASSES, palette=PALETTE),
            pipeline=pipeline)),
        tta_pipeline=[LOAD, FLIPS], tta_model=dict(type='SegTTAModel')))


def save_toy(path, cfg: Config, **meta) -> str:
    """Save weights of -1, 0 and 1: with small images no sum is rounded."""
    torch.manual_seed(0)
    state = {key: torch.randint(-1, 2, value.shape).float()
             for key, value in init_model(cfg.copy(), device='cpu').state_dict().items()}
    torch.save(dict(state_dict=state, meta=meta), path)
    return str(path)
