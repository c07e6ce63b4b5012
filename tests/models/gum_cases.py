"""A tiny guided upsampling head and inputs for it, as the tests of the head share them."""
from __future__ import annotations

import contract_checks
import torch
from mmseg.registry import MODELS

from mmseg_nrd.models.decode_heads.guidance import OffsetConv

DESIGNS = [None, 'large_rf', 'high_res', 'fusion']
GUIDED = DESIGNS[1:]
INNER = dict(type='FCNHead', in_channels=6, channels=6, num_convs=0, concat_input=False,
             num_classes=3, dropout_ratio=0)
SMALL = dict(
    type='GuidedUpsamplingHead', scale_factor=8, large_rf_in_channels=6, large_rf_channels=4,
    high_res_in_channels=5, norm_cfg=dict(type='BN'))


def build(head=None, **changes):
    return MODELS.build({**SMALL, 'head': {**INNER, **(head or {})}, **changes})


def levels(size=(2, 3), high_res=None, batch=2, device='cpu'):
    """Two inputs: the high-resolution level and the map of ``size`` that the logits come from."""
    high_res = high_res or tuple(8 * side for side in size)
    return [torch.randn(batch, 5, *high_res, device=device),
            torch.randn(batch, 6, *size, device=device)]


def offset_convs(module):
    return [part for part in module.modules() if isinstance(part, OffsetConv)]


def randomise(module, spread=0.5):
    """Offsets of a pixel or so and norms that are no identity, so that what is forgotten shows."""
    for part in offset_convs(module):
        torch.nn.init.normal_(part.weight, std=spread)
        torch.nn.init.normal_(part.bias, std=spread)
    return contract_checks.randomise(module)
