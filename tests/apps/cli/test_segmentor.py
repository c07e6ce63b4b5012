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


@pytest.mark.parametrize('wrap', [dict, lambda state: dict(state_dict=state, meta=dict(iter=3))])
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
