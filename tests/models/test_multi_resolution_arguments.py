"""Building the encoder: what it refuses, and how it is registered."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmseg.registry import MODELS
from multi_resolution_cases import BACKBONES, DRN, MIT, build

from mmseg_nrd.models import MultiResolutionEncoder


@pytest.mark.parametrize('changes, message', [
    *((dict(scales=value), r'scales=.*falling numbers above 0 and up to 1.*Fix: such as \(1/2')
      for value in [(), 0.5, (1 / 4, 1 / 2), (1 / 2, 1 / 2), (2, 1), (1 / 2, 0), ('1/2', '1/4')]),
    (dict(out_indices=(8,)), r'out_indices=\(8,\).*each of the 2 scales.*Fix'),
    (dict(out_indices=8), r'out_indices=8.*each of the 2 scales.*Fix'),
    (dict(out_indices=(4, 8.)), r'out_indices\[1\]=8.0.*integer of at least 0.*Fix'),
    (dict(out_indices=(8, 4)), r'out_indices=\(8, 4\).*deeper than the last.*Fix'),
    (dict(out_indices=(4, 9)), r'out_indices=\(9,\).*layers 0 to 8'),
    (dict(guidance_index=5), r'guidance_index=5.*beyond level 4.*Fix'),
    (dict(guidance_index=-1), r'guidance_index=-1.*at least 0.*Fix'),
    (dict(backbone='DRN'), r"backbone='DRN'.*config with a type.*Fix"),
    (dict(backbone=dict(depth=22)), r"backbone=\{'depth': 22\}.*config with a type.*Fix"),
    (dict(backbone=dict(type='DRN', depth=22, out_indices=(8,))),
     r'without out_indices. Fix: name the levels'),
    (dict(backbone=[DRN['backbone']]), r'list of 1 configs.*each of the 2 scales.*Fix'),
    (dict(backbone=dict(type='Nothing')), r"type='Nothing'.*registered in MMSeg.*Fix"),
    (dict(backbone=MIT), r"type='MixVisionTransformer'.*DRN or a ResNet.*Fix: give a list"),
    (dict(backbone=[BACKBONES['ResNetV1c']['backbone'], DRN['backbone']], guidance_index=0,
          out_indices=(1, 4)),
     r'layer stem.0 is .*Conv2d.* and None in the longest.*Fix'),
    (dict(backbone=[dict(DRN['backbone'], base_channels=4), DRN['backbone']]),
     r'layer layer0.0 is .*\[4, 3, 7, 7\].*\[2, 3, 7, 7\].*Fix'),
    (dict(separate_norm=True, share_weights=False),
     r'separate_norm=True.*share_weights=False.*Fix: set separate_norm=False'),
    (dict(separate_norm=True, scales=(1 / 2,), out_indices=(8,)), r'separate_norm=True.*Fix'),
    (dict(separate_norm=True, backbone=dict(
        DRN['backbone'], norm_cfg=dict(type='GN', num_groups=2))), r'must be a BatchNorm.*Fix'),
], ids=str)
def test_refuses_what_does_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


@pytest.mark.parametrize('name, changes, message', [
    ('ResNetV1c', dict(out_indices=(1, 4)), r'stages \[4\].*stages 0 to 3.*Fix'),
    ('StemResNetV1c', dict(out_indices=(0, 4)), r'stages \[\].*stages 0 to 3.*Fix'),
])
def test_refuses_levels_that_a_resnet_lacks(name, changes, message):
    with pytest.raises(ValueError, match=message):
        build(name, **changes)


def test_refuses_a_backbone_that_hands_out_something_else():
    encoder = build('ResNet', 'not shared', backbone=[
        dict(MIT, num_stages=1, num_layers=[1], num_heads=[1], patch_sizes=[7], strides=[4],
             sr_ratios=[8]), MIT], out_indices=(0, 3))
    encoder.trunk.out_indices = (2, 3)
    with pytest.raises(ValueError, match=r'handed out 2 levels: must be 1, levels \(3,\).*Fix'):
        encoder(torch.randn(1, 3, 128, 128))


def test_refuses_to_share_parameters_outside_of_layers():
    vit = dict(type='VisionTransformer', img_size=(32, 32), embed_dims=8, num_layers=1,
               num_heads=1, patch_size=8)
    with pytest.raises(ValueError, match=r"VisionTransformer holds \['cls_token', .*share_weights"):
        build('ResNet', backbone=[vit, vit], out_indices=(0, 0))


def test_an_unknown_option_is_named():
    with pytest.raises(TypeError, match="unexpected keyword argument 'share_weight'"):
        build(share_weight=True)


def test_builds_in_a_fresh_interpreter_without_a_scope():
    code = ('import mmseg_nrd\n'
            'from mmengine.registry import DefaultScope\n'
            'from mmseg.registry import MODELS, TRANSFORMS\n'
            'backbone = dict(type="DRN", depth=22)\n'
            'MODELS.build(backbone)\n'
            'MODELS.build(dict(type="MultiResolutionEncoder", backbone=backbone))\n'
            'MODELS.build(dict(type="MultiResolutionFusion", in_channels=(128, 512)))\n'
            'TRANSFORMS.build(dict(type="RandomLighting"))\n'
            'print(DefaultScope.get_current_instance())')
    done = subprocess.run([sys.executable, '-c', code], cwd=Path(__file__).parents[2],
                          capture_output=True, text=True)
    assert done.stdout.split()[-1:] == ['None'], done.stderr


def test_registered_in_mmseg():
    assert MODELS.get('MultiResolutionEncoder') is MultiResolutionEncoder
