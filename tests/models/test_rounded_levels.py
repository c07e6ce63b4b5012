"""Levels of encoders that round sides down or hand out a place more, as stock ones do."""
from __future__ import annotations

import pytest
import torch
from contract_checks import assert_near, randomise
from mmengine.config import ConfigDict
from mmengine.model import BaseModule
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS
from test_row_blocks import assert_same_labels
from torch import nn
from torch.export import Dim, export

BN = dict(type='BN')
COMMON = dict(channels=8, num_classes=3, dilations=(1, 2), norm_cfg=BN)
NECKS = {
    'MultiLevelNeck': dict(in_channels=[16] * 4, out_channels=16, scales=[4, 2, 1, 0.5]),
    'Feature2Pyramid': dict(embed_dim=16, rescales=[4, 2, 1, 0.5], norm_cfg=BN)}


@torch.no_grad()
@pytest.mark.parametrize('name', NECKS)
@pytest.mark.parametrize('places', [(32, 43), (7, 10), (7, 7), (3, 5)], ids=str)
def test_necks_of_vision_transformers(name, places):
    neck = MODELS.build(dict(NECKS[name], type=name)).eval()
    head = randomise(MODELS.build(dict(
        COMMON, type='NRDHead', in_channels=16, in_index=3, c1_in_channels=16))).eval()
    levels = neck([torch.randn(1, 16, *places) for _ in range(4)])
    logits = head(levels)
    assert logits.shape == (1, 3, *levels[0].shape[2:]) and logits.isfinite().all()


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 128), (97, 145)], ids=str)
@pytest.mark.parametrize('config', [
    dict(COMMON, type='NRDHead', c1_in_channels=8, patch_size=2, in_channels=8, in_index=1),
    dict(type='GuidedUpsamplingHead', scale_factor=2, guidance='high_res', high_res_in_channels=8,
         head=dict(type='FCNHead', in_channels=8, in_index=1, channels=8, num_classes=3))],
    ids=lambda config: config['type'])
def test_icnet(config, size):
    with DefaultScope.overwrite_default_scope('mmseg'):
        encoder = MODELS.build(dict(
            type='ICNet', in_channels=3, layer_channels=(128, 512), light_branch_middle_channels=8,
            psp_out_channels=16, out_channels=(8, 8, 8), norm_cfg=BN, backbone_cfg=dict(
                type='ResNetV1c', depth=18, dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1),
                norm_cfg=BN, contract_dilation=True)))
    encoder.eval()
    levels = encoder(torch.randn(1, 3, *size))
    assert MODELS.build(config).eval()(levels).shape == (1, 3, *levels[0].shape[2:])


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
