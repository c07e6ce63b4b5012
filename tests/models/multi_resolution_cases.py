"""Narrow multi-resolution encoders, as their tests share them."""
from __future__ import annotations

from mmseg.registry import MODELS

RESNET = dict(depth=18, base_channels=4, stem_channels=6, norm_cfg=dict(type='BN'))
DRN = dict(backbone=dict(type='DRN', depth=22, base_channels=2))
BACKBONES = {
    'DRN': DRN,
    'ResNet': dict(backbone=dict(type='ResNet', **RESNET), out_indices=(1, 3), guidance_index=0),
    'ResNetV1c': dict(
        backbone=dict(type='ResNetV1c', **RESNET), out_indices=(1, 3), guidance_index=0),
    'StemResNetV1c': dict(
        backbone=dict(type='StemResNetV1c', **RESNET), out_indices=(2, 4), guidance_index=0),
}
# (channels, stride) of guidance, medium and low map
LEVELS = {
    'DRN': ((2, 1), (16, 8), (64, 8)),
    'ResNet': ((4, 4), (8, 8), (32, 32)),
    'ResNetV1c': ((4, 4), (8, 8), (32, 32)),
    'StemResNetV1c': ((6, 2), (8, 8), (32, 32)),
}
# which levels of the backbone alone these are, when it hands out all it has
POSITIONS = {'DRN': (1, 4, 8), 'ResNet': (0, 1, 3), 'ResNetV1c': (0, 1, 3),
             'StemResNetV1c': (0, 2, 4)}
SHARINGS = {'shared': dict(), 'separate norm': dict(separate_norm=True),
            'not shared': dict(share_weights=False)}


def build(name='DRN', sharing='shared', **changes):
    return MODELS.build(dict(
        type='MultiResolutionEncoder', **{**BACKBONES[name], **SHARINGS[sharing], **changes}))


def build_alone(name, indices=None):
    """The backbone by itself, handing out every level."""
    everything = tuple(range(9 if name == 'DRN' else 4))
    return MODELS.build(dict(BACKBONES[name]['backbone'], out_indices=indices or everything))
