"""Faults at every place of our components' configs: each ends in a sentence that names the key."""
from __future__ import annotations

import copy
import re

import pytest
from mmseg.registry import METRICS, MODELS, TRANSFORMS

from mmseg_nrd.engine.config_errors import describe

BN = dict(type='BN')
LOSS = dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)
NRD = dict(
    type='NRDHead', in_channels=12, in_index=3, channels=8, num_classes=3, c1_in_channels=4,
    c1_channels=6, c1_index=0, patch_size=8, scale_factor=1, hidden_channels=8,
    guidance_channels=4, controller_reduction=1, theta_init='static', dilations=(1, 3),
    dropout_ratio=0.1, norm_cfg=BN, act_cfg=dict(type='ReLU'), conv_cfg=None, align_corners=False,
    ignore_index=255, loss_decode=LOSS, out_channels=None, threshold=None, input_transform=None,
    sampler=None, init_cfg=None)
FCN = dict(
    type='FCNHead', in_channels=6, in_index=-1, channels=6, num_convs=0, concat_input=False,
    num_classes=3, dropout_ratio=0, norm_cfg=BN, align_corners=False, loss_decode=LOSS)
COMPONENTS = {config['type']: (registry, config) for registry, config in [
    (MODELS, NRD),
    (MODELS, dict(
        type='GuidedUpsamplingHead', scale_factor=8, guidance='fusion', mode='bilinear',
        large_rf_in_channels=6, large_rf_index=-1, large_rf_channels=(4, 4),
        large_rf_bottleneck=4, high_res_in_channels=5, high_res_index=0, high_res_channels=4,
        norm_cfg=BN, act_cfg=dict(type='ReLU'), head=FCN, init_cfg=None)),
    (MODELS, dict(
        type='DRN', depth=22, in_channels=3, base_channels=2, out_indices=(3, 4),
        frozen_stages=-1, conv_cfg=None, norm_cfg=BN, norm_eval=False, with_cp=False,
        init_cfg=None)),
    (MODELS, dict(
        type='MultiResolutionEncoder', scales=(0.5, 0.25), out_indices=(4, 8), guidance_index=1,
        share_weights=True, separate_norm=False, init_cfg=None,
        backbone=dict(type='DRN', depth=22, base_channels=2, norm_cfg=BN))),
    (MODELS, dict(
        type='StemResNetV1c', depth=18, base_channels=4, stem_channels=8, norm_cfg=BN,
        num_stages=4, strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1), out_indices=(0, 1, 2, 3),
        frozen_stages=-1, norm_eval=False, with_cp=False, style='pytorch')),
    (MODELS, dict(
        type='MultiResolutionFusion', in_channels=(4, 8), out_channels=4, mode='sum',
        conv_cfg=None, norm_cfg=BN, act_cfg=dict(type='ReLU'), init_cfg=None)),
    (METRICS, dict(
        type='BoundaryIoUMetric', dilation_ratio=0.02, dilation=None, trimap_widths=(1,),
        ignore_index=255, collect_device='cpu', prefix=None)),
    (TRANSFORMS, dict(type='RandomLighting', scale=0.1))]}
WRONG = [None, 'text', '8', 2.5, -7, True, [3], {}, dict(a=1)]
# What is no fault: the key, at any depth, and the values that it may have.
MEANT = {
    **dict.fromkeys(['conv_cfg', 'norm_cfg', 'act_cfg', 'init_cfg', 'out_channels', 'sampler',
                     'input_transform', 'guidance', 'guidance_index', 'dilation'], [None]),
    **dict.fromkeys(['align_corners', 'concat_input', 'norm_eval', 'with_cp', 'share_weights',
                     'separate_norm', 'use_sigmoid'], [True]),
    **dict.fromkeys(['large_rf_channels', 'dilations', 'trimap_widths'], [[3]]),
    'loss_weight': [2.5, -7], 'scale': [2.5], 'ignore_index': [None, -7],
    'threshold': [None, 2.5, -7], 'prefix': [None, 'text', '8'],
    'out_indices': [[3]],
    # Levels counted from the last: whether there are as many, the maps that come will show.
    **dict.fromkeys(['in_index', 'c1_index', 'large_rf_index', 'high_res_index'], [-7]),
}


def places(config, path=()):
    for key, value in config.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from places(value, (*path, key))


def changed(config, path, change):
    """A copy in which ``change`` has been done to the config that holds the key."""
    config = copy.deepcopy(config)
    holder = config
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return config


def sentence(registry, config) -> str:
    """What the tools would say; empty if it is built."""
    whole = dict(model=dict(part=config))
    try:
        registry.build(config)
    except Exception as error:
        said = describe(error, whole)
        assert said, f'{error!r} is no error of building'
        return said
    return ''


def names(said: str, word: str) -> bool:
    return re.search(rf'(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])', said) is not None


EVERY = [pytest.param(registry, config, path, id='.'.join((name, *path)))
         for name, (registry, config) in COMPONENTS.items() for path in places(config)]


@pytest.mark.parametrize('registry, config', COMPONENTS.values(), ids=COMPONENTS)
def test_without_a_fault_it_is_built(registry, config):
    assert sentence(registry, copy.deepcopy(config)) == ''


@pytest.mark.parametrize('registry, config, path', EVERY)
def test_a_wrong_type(registry, config, path):
    for value in WRONG:
        said = sentence(registry, changed(
            config, path, lambda holder, key, value=value: holder.update({key: value})))
        if not any(value == meant and type(value) is type(meant)
                   for meant in MEANT.get(path[-1], [])):
            assert names(said, path[-1]) or path[-1] == 'type' and str(value) in said, (value, said)
            assert 'Fix: ' in said


@pytest.mark.parametrize('registry, config, path', EVERY)
def test_a_misspelt_key(registry, config, path):
    said = sentence(registry, changed(
        config, path, lambda holder, key: holder.update({f'{key}_': holder.pop(key)})))
    assert names(said, f'{path[-1]}_') and 'Fix: ' in said, said


@pytest.mark.parametrize('registry, config, path', EVERY)
def test_a_missing_key_that_is_needed(registry, config, path):
    said = sentence(registry, changed(config, path, lambda holder, key: holder.pop(key)))
    assert not said or names(said, path[-1]) and 'Fix: ' in said, said
