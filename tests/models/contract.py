"""The components that the contract tests hold, one row each.

A new decode head or encoder is one more row of ``HEADS`` or ``ENCODERS``; every test of
``test_contract_*.py``, ``test_head_contract*.py`` and ``test_encoder_contract.py`` then takes it.
The stock DeepLabV3+ head is a row too: what ours must do wherever it does, it does here.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List, Tuple

import pytest
import torch
from contract_checks import randomise
from mmengine.config import ConfigDict
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn

BN = dict(type='BN')
GN = dict(type='GN', num_groups=2)


def ceil_by(stride: int) -> Callable[[int], int]:
    """How a side shrinks under ``stride`` when every last pixel is kept."""
    return lambda side: -(-side // stride)


def with_norm(config: dict, norm_cfg) -> dict:
    """A copy in which every ``norm_cfg``, at any depth, is this one."""
    return {key: norm_cfg if key == 'norm_cfg' else
            with_norm(value, norm_cfg) if isinstance(value, dict) else value
            for key, value in config.items()}


@dataclass(frozen=True)
class Head:
    """A decode head.

    Args:
        config: Its config; ``norm_cfg`` is replaced where a test wants another.
        logits: The side of the logits for a side of the image.
        widths, strides: Of the encoder levels that it is given. No width may be a side of a map
            that a test compiles for: torch.compile takes equal numbers for the same one.
        wraps: The key under which a head that it wraps takes the options of ``BaseDecodeHead``.
        align_corners: What it can be told of them.
    """
    config: dict
    logits: Callable[[int], int] = ceil_by(4)
    widths: Tuple[int, ...] = (4, 6, 8, 12)
    strides: Tuple[int, ...] = (4, 8, 16, 32)
    wraps: str = ''
    align_corners: Tuple[bool, ...] = (False, True)

    @property
    def options(self) -> dict:
        return self.config[self.wraps] if self.wraps else self.config

    @property
    def loss(self) -> dict:
        return self.options.get('loss_decode', dict(type='CrossEntropyLoss'))

    def changed(self, norm_cfg=BN, **changes) -> dict:
        """The config with other options of ``BaseDecodeHead``, or another ``init_cfg``."""
        config = with_norm(self.config, norm_cfg)
        for name, value in changes.items():
            inner = self.wraps and name != 'init_cfg'
            (config[self.wraps] if inner else config)[name] = value
        return config

    def build(self, norm_cfg=BN, **changes) -> nn.Module:
        return MODELS.build(self.changed(norm_cfg, **changes))

    def example(self, size=(64, 96), batch=2, device='cpu') -> List[Tensor]:
        """Encoder levels for images of ``size``."""
        return [torch.randn(batch, width, *map(ceil_by(stride), size), device=device)
                for width, stride in zip(self.widths, self.strides)]

    def segmentor(self, test_cfg=None, **changes) -> nn.Module:
        """A whole model around the head with these changes, randomised."""
        return randomise(MODELS.build(ConfigDict(
            type='EncoderDecoder', test_cfg=test_cfg or dict(mode='whole'),
            backbone=dict(type=Pyramid, widths=self.widths, strides=self.strides),
            decode_head=self.changed(**changes), data_preprocessor=MODELS.build(dict(
                type='SegDataPreProcessor', mean=[127.5] * 3, std=[30.] * 3)))))


@dataclass(frozen=True)
class Encoder:
    """A backbone.

    Args:
        config: Its config; ``norm_cfg`` is replaced where a test wants another.
        widths, strides: Of the levels that it hands out.
        takes: Which of 'frozen_stages', 'norm_eval' and 'with_cp' are arguments of it.
    """
    config: dict
    widths: Tuple[int, ...]
    strides: Tuple[int, ...]
    takes: Tuple[str, ...] = ('frozen_stages', 'norm_eval', 'with_cp')

    def build(self, norm_cfg=BN, **changes) -> nn.Module:
        return MODELS.build({**with_norm(self.config, norm_cfg), **changes})

    def example(self, size=(64, 96), batch=2, device='cpu') -> Tensor:
        """Images of ``size``."""
        return torch.randn(batch, 3, *size, device=device)


class Pyramid(BaseModule):
    """An encoder of one convolution a level, so that a whole model costs next to nothing."""

    def __init__(self, widths, strides):
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Conv2d(3, width, 3, stride, padding=1) for width, stride in zip(widths, strides))

    def forward(self, images: Tensor) -> Tuple[Tensor, ...]:
        return tuple(level(images) for level in self.levels)


ASPP = dict(in_index=3, in_channels=12, channels=8, num_classes=3, c1_in_channels=4,
            c1_channels=6, dilations=(1, 3), dropout_ratio=0, norm_cfg=BN)
NRD = dict(ASPP, type='NRDHead')
STOCK = 'DepthwiseSeparableASPPHead'
HEADS: Dict[str, Head] = {
    STOCK: Head(dict(ASPP, type=STOCK)),
    'NRDHead': Head(NRD),
    'NRDHead-no-guidance': Head(
        dict(NRD, c1_in_channels=0), logits=lambda side: 8 * ceil_by(32)(side)),
    'NRDHead-level-1': Head(
        dict(NRD, c1_index=1, c1_in_channels=6, patch_size=4), logits=ceil_by(8)),
    'NRDHead-odd-patch': Head(dict(NRD, patch_size=3), strides=(4, 12, 12, 12)),
    # NRDHead refuses a finer grid with align_corners=True.
    'NRDHead-finer': Head(dict(NRD, scale_factor=2), logits=lambda side: 2 * ceil_by(4)(side),
                          align_corners=(False,)),
    'NRDHead-one-channel': Head(dict(
        NRD, num_classes=2, out_channels=1, threshold=0.6,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))),
    'GuidedUpsamplingHead': Head(dict(
        type='GuidedUpsamplingHead', head=dict(ASPP, type=STOCK), scale_factor=4,
        large_rf_in_channels=12, large_rf_index=3, norm_cfg=BN, guidance='large_rf'),
        logits=lambda side: 4 * ceil_by(4)(side), wraps='head'),
    # The high-resolution level comes last, where the wrapped head does not look for its c1.
    'GuidedUpsamplingHead-fusion': Head(dict(
        type='GuidedUpsamplingHead', head=dict(ASPP, type=STOCK), scale_factor=2,
        large_rf_in_channels=12, large_rf_index=3, high_res_in_channels=3, high_res_index=4,
        high_res_channels=4, norm_cfg=BN, guidance='fusion'),
        logits=ceil_by(2), widths=(4, 6, 8, 12, 3), strides=(4, 8, 16, 32, 2), wraps='head'),
    'GuidedUpsamplingHead-merged': Head(dict(
        type='GuidedUpsamplingHead', head=dict(ASPP, type=STOCK), scale_factor=2,
        large_rf_in_channels=12, large_rf_index=3, large_rf_bottleneck=4, high_res_in_channels=3,
        high_res_index=4, fusion_channels=5, norm_cfg=BN),
        logits=ceil_by(2), widths=(4, 6, 8, 12, 3), strides=(4, 8, 16, 32, 2), wraps='head'),
    'GuidedUpsamplingHead-per-class': Head(dict(
        type='GuidedUpsamplingHead', head=dict(ASPP, type=STOCK), scale_factor=2,
        large_rf_in_channels=12, large_rf_index=3, high_res_in_channels=3, high_res_index=4,
        offsets_per_class=True, norm_cfg=BN),
        logits=ceil_by(2), widths=(4, 6, 8, 12, 3), strides=(4, 8, 16, 32, 2), wraps='head'),
}

DRN = dict(depth=22, base_channels=2, norm_cfg=BN)
RESNET = dict(depth=18, base_channels=4, stem_channels=8, norm_cfg=BN)
ENCODERS: Dict[str, Encoder] = {
    'StemResNetV1c': Encoder(
        dict(RESNET, type='StemResNetV1c'), (8, 4, 8, 16, 32), (2, 4, 8, 16, 32)),
    'StemResNetV1c-stride-8': Encoder(
        dict(RESNET, type='StemResNetV1c', strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)),
        (8, 4, 8, 16, 32), (2, 4, 8, 8, 8)),
    'ImageLevel': Encoder(
        dict(type='ImageLevel', channels=5, norm_cfg=BN, backbone=dict(
            type='VisionTransformer', img_size=(32, 64), embed_dims=8, num_layers=1, num_heads=2)),
        (5, 8), (4, 16), takes=()),
    'DRN': Encoder(dict(DRN, type='DRN'), (8, 16, 64, 64), (4, 8, 8, 8)),
    'EfficientNetLite': Encoder(
        dict(type='EfficientNetLite', widen_factor=0.25, out_indices=(1, 2, 3), norm_cfg=BN),
        (8, 16, 32), (4, 8, 16)),
    'MultiResolutionEncoder': Encoder(
        dict(type='MultiResolutionEncoder', backbone=dict(DRN, type='DRN')),
        (2, 16, 64), (2, 16, 32), takes=()),
    'MultiResolutionEncoder-separate-norm': Encoder(
        dict(type='MultiResolutionEncoder', backbone=dict(DRN, type='DRN'), separate_norm=True),
        (2, 16, 64), (2, 16, 32), takes=()),
}
COMPONENTS = {**HEADS, **ENCODERS}
# MMSeg's transformers pad by math.ceil, which ties graphs to some sizes and cannot be saved.
TRACEABLE = {name: row for name, row in COMPONENTS.items() if name != 'ImageLevel'}


def first_of_each_type(rows: dict) -> dict:
    """Fewer rows, for tests that are slow."""
    firsts = {}
    for name, row in rows.items():
        firsts.setdefault(row.config['type'], name)
    return {name: rows[name] for name in firsts.values()}


def each(rows: dict, fast=None):
    """Run a test for every row, given as ``row``; where it takes long, only these are not slow."""
    return pytest.mark.parametrize('row', [
        pytest.param(row, id=name, marks=[] if fast is None or name in fast else pytest.mark.slow)
        for name, row in rows.items()])


def each_way_of_corners(rows: dict):
    """Run a test for every head with every ``align_corners`` that it takes."""
    return pytest.mark.parametrize('row, align_corners', [
        pytest.param(row, value, id=f'{name}-{value}')
        for name, row in rows.items() for value in row.align_corners])
