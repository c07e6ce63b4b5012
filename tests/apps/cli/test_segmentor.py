"""One loader for all tools: plain BN, no weights from elsewhere, all those of the checkpoint."""
from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from mmseg_nrd.apps.cli import build, load_segmentor, read_config

NAME = 'mmseg::fcn/fcn_r18-d8_4xb2-80k_cityscapes-512x1024.py'
SMALL = {'model.backbone.depth': 18, 'model.decode_head.channels': 8,
         'model.auxiliary_head.channels': 8}
FAR = dict(type='Pretrained', checkpoint='http://nowhere.invalid/weights.pth')
NORM = dict(type='SyncBN', requires_grad=True)


@pytest.fixture(scope='module')
def cfg():
    """MMSeg's own, with SyncBN, and weights that only a network has."""
    cfg = read_config(NAME, SMALL)
    assert cfg.model.pretrained and cfg.model.backbone.norm_cfg.type == 'SyncBN'
    return cfg


def test_a_model_by_its_upstream_name(cfg):
    before = copy.deepcopy(cfg.model)
    model, saved = load_segmentor(cfg, device='cpu')
    assert cfg.model == before and saved == {} and not model.training
    kinds = {type(module) for module in model.modules()}
    assert nn.BatchNorm2d in kinds and nn.SyncBatchNorm not in kinds
    assert model.decode_head.channels == 8
    again, _ = load_segmentor(cfg, device='cpu')
    assert all(map(torch.equal, model.parameters(), again.parameters()))


@pytest.mark.parametrize('wrap', [
    dict, lambda state: dict(state_dict=state, meta=dict(iter=3)),
    lambda state: {f'module.{name}': value for name, value in state.items()}])
def test_the_weights_are_those_of_the_checkpoint(cfg, tmp_path, wrap):
    state = {key: torch.ones_like(value) for key, value in
             build(cfg.model, 'cpu').state_dict().items() if not key.endswith('batches_tracked')}
    torch.save(wrap(state), tmp_path / 'x.pth')
    model, saved = load_segmentor(cfg, str(tmp_path / 'x.pth'), 'cpu')
    assert all((parameter == 1).all() for parameter in model.parameters())
    assert saved.keys() == wrap(state).keys()


def test_a_config_without_a_model_is_refused():
    with pytest.raises(ValueError, match='has no model'):
        load_segmentor(read_config('mmseg::_base_/datasets/cityscapes.py'))


def test_no_weights_from_elsewhere_at_any_depth():
    stage = dict(type='ResNetV1c', depth=18, base_channels=8, stem_channels=8, norm_cfg=NORM)
    cfg = dict(
        type='EncoderDecoder', pretrained='open-mmlab://resnet50_v1c',
        data_preprocessor=dict(type='SegDataPreProcessor'),
        backbone=dict(type='BiSeNetV1', backbone_cfg=dict(stage, init_cfg=FAR), norm_cfg=NORM,
                      in_channels=3, spatial_channels=(8, 8, 8, 16),
                      context_channels=(16, 32, 64), out_channels=16),
        decode_head=dict(type='FCNHead', in_channels=16, in_index=0, channels=8, num_convs=1,
                         num_classes=3, norm_cfg=dict(type='MMSyncBN'), init_cfg=[FAR, dict(
                             type='Constant', val=0.25, override=dict(name='conv_seg'))]))
    model = build(cfg, 'cpu')
    model.init_weights()  # would fetch what is left
    assert (model.decode_head.conv_seg.weight == 0.25).all()
    assert not any('Sync' in type(module).__name__ for module in model.modules())
    assert cfg['backbone']['backbone_cfg']['init_cfg'] == FAR
    assert cfg['pretrained'] == 'open-mmlab://resnet50_v1c' and NORM['type'] == 'SyncBN'


class Fetching(nn.Module):
    """As timm's backbones in MMSeg, which take pretrained=True."""

    def __init__(self, pretrained):
        super().__init__()
        self.pretrained = pretrained


def test_a_backbone_is_not_told_to_fetch_its_weights():
    cfg = dict(type=Fetching, pretrained=True)
    assert build(cfg, 'cpu').pretrained is None and cfg['pretrained'] is True
