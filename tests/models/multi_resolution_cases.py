"""Narrow multi-resolution encoders, as their tests share them."""
from __future__ import annotations

import math

import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import nn

RESNET = dict(depth=18, base_channels=4, stem_channels=6, norm_cfg=dict(type='BN'))
DRN = dict(backbone=dict(type='DRN', depth=22, base_channels=2))
BACKBONES = {
    'DRN': DRN,
    'EfficientNetLite': dict(
        backbone=dict(type='EfficientNetLite', widen_factor=0.25), out_indices=(2, 4),
        guidance_index=0),
    'ResNet': dict(backbone=dict(type='ResNet', **RESNET), out_indices=(1, 3), guidance_index=0),
    'ResNetV1c': dict(
        backbone=dict(type='ResNetV1c', **RESNET), out_indices=(1, 3), guidance_index=0),
    'StemResNetV1c': dict(
        backbone=dict(type='StemResNetV1c', **RESNET), out_indices=(2, 4), guidance_index=0),
}
# which levels of the backbone alone these are, when it hands out all it has
POSITIONS = {'DRN': (1, 4, 8), 'EfficientNetLite': (0, 2, 4), 'ResNet': (0, 1, 3),
             'ResNetV1c': (0, 1, 3), 'StemResNetV1c': (0, 2, 4)}
# Of those that out_indices alone ends, how many levels there are.
LEVELS = {'DRN': 9, 'EfficientNetLite': 5}
SHARINGS = {'shared': dict(), 'separate norm': dict(separate_norm=True),
            'not shared': dict(share_weights=False)}
EVERY = [(name, sharing) for name in BACKBONES for sharing in SHARINGS]
MIT = dict(type='MixVisionTransformer', embed_dims=4, num_stages=4, num_layers=[1] * 4,
           num_heads=[1, 1, 2, 2], patch_sizes=[7, 3, 3, 3], strides=[4, 2, 2, 2],
           sr_ratios=[8, 4, 2, 1])
SHORT_MIT = {name: value[:2] if isinstance(value, list) else value for name, value in MIT.items()}
SHORT_MIT['num_stages'] = 2


def build(name='DRN', sharing='shared', **changes):
    return MODELS.build(dict(
        type='MultiResolutionEncoder', **{**BACKBONES[name], **SHARINGS[sharing], **changes}))


def build_alone(name, indices=None):
    """The backbone by itself, handing out every level."""
    everything = tuple(range(LEVELS.get(name, 4)))
    return MODELS.build(dict(BACKBONES[name]['backbone'], out_indices=indices or everything))


def beginning(name) -> nn.Module:
    """The part of a backbone that the medium branch needs, built by itself."""
    if name in LEVELS:
        return build_alone(name, POSITIONS[name][:2])
    return MODELS.build(dict(BACKBONES[name]['backbone'], num_stages=2, strides=(1, 2),
                             dilations=(1, 1), out_indices=(0, 1)))


def is_norm(module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


def norm_names(module) -> set:
    return {name for name, child in module.named_modules() if is_norm(child)}


def resized(image, scale):
    size = [math.ceil(side * scale) for side in image.shape[2:]]
    return F.interpolate(image, size, mode='bilinear', align_corners=False)
