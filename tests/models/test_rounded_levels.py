"""Levels of encoders that round sides down or hand out a place more, as stock ones do."""
from __future__ import annotations

import pytest
import torch
from contract_checks import assert_near, randomise
from mmengine.config import ConfigDict
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from test_row_blocks import assert_same_labels
from torch import nn
from torch.export import Dim, export

BN = dict(type='BN')
COMMON = dict(channels=8, num_classes=3, dilations=(1, 2), norm_cfg=BN)


class RoundingDown(BaseModule):
    """An encoder whose convolutions leave out the last pixels of a side."""

    def __init__(self, strides=(4, 32)):
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(3, 8, stride, stride) for stride in strides)

    def forward(self, images):
        return tuple(level(images) for level in self.levels)


def segmentor(type_='EncoderDecoder', **test_cfg):
    return MODELS.build(ConfigDict(
        type=type_, backbone=dict(type=RoundingDown), test_cfg=dict(mode='whole', **test_cfg),
        decode_head=dict(COMMON, type='NRDHead', in_channels=8, c1_in_channels=8))).eval()


SIZES = [(97, 131), (64, 160), (191, 160), (223, 351)]


@torch.no_grad()
@pytest.mark.parametrize('size', SIZES, ids=str)
def test_blocks_of_rows(size):
    plain, blocks = randomise(segmentor()), segmentor('RowBlockEncoderDecoder', rows=7)
    nn.init.normal_(plain.decode_head.controller[1].weight)
    blocks.load_state_dict(plain.state_dict())
    assert_same_labels(plain, blocks, torch.randn(1, 3, *size), None)


@torch.no_grad()
def test_exports_for_images_of_any_size():
    model = randomise(segmentor())
    sides = {2: Dim('height', min=64, max=4096), 3: Dim('width', min=64, max=4096)}
    program = export(model, (torch.randn(2, 3, 97, 131),), dynamic_shapes=(sides,)).module()
    for size in SIZES:
        images = torch.randn(2, 3, *size)
        assert_near(program(images), model(images))


def test_a_wrong_patch_size_is_refused_when_it_is_exported():
    head = MODELS.build(dict(COMMON, type='NRDHead', in_channels=8, c1_in_channels=8)).eval()
    levels = [torch.randn(1, 8, 64, 64), torch.randn(1, 8, 4, 4)]
    with pytest.raises(Exception, match='patch_size=8'):
        export(head, (levels,))
