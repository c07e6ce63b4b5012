"""Faults at every place of a whole config, taken through tools/train.py.

Each fault either trains an iteration and validates, because it is none, or ends the tool with one
sentence that names the key.
"""
from __future__ import annotations

import argparse
import copy
import importlib.util
import re
from pathlib import Path

import faulty_data
import pytest
from mmengine.config import Config
from mmengine.runner import Runner

TRAIN = Path(__file__).parents[1] / 'tools' / 'train.py'
BN = dict(type='BN')


def loader(split: str, sampler: str, *steps) -> dict:
    return dict(
        batch_size=2, num_workers=0, persistent_workers=False,
        sampler=dict(type=sampler, shuffle=split == 'train'),
        dataset=dict(
            type='CityscapesDataset', data_root='DATA',
            data_prefix=dict(img_path=f'leftImg8bit/{split}', seg_map_path=f'gtFine/{split}'),
            pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), *steps,
                      dict(type='PackSegInputs')]))


def head(kind: str, **options) -> dict:
    return dict(type=kind, channels=4, num_classes=19, norm_cfg=BN, align_corners=False,
                loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.),
                **options)


WHOLE = dict(
    model=dict(
        type='EncoderDecoder',
        data_preprocessor=dict(
            type='SegDataPreProcessor', mean=[123., 116., 103.], std=[58., 57., 57.],
            bgr_to_rgb=True, pad_val=0, seg_pad_val=255, size=(32, 64)),
        backbone=dict(type='StemResNetV1c', depth=18, base_channels=4, stem_channels=8,
                      norm_cfg=BN, norm_eval=False),
        decode_head=head('NRDHead', in_channels=32, in_index=4, c1_in_channels=4, c1_index=1,
                         c1_channels=6, dilations=(1, )),
        auxiliary_head=head('FCNHead', in_channels=16, in_index=3, num_convs=1),
        train_cfg=dict(), test_cfg=dict(mode='whole')),
    train_dataloader=loader(
        'train', 'InfiniteSampler',
        dict(type='RandomCrop', crop_size=(32, 64), cat_max_ratio=0.75),
        dict(type='RandomFlip', prob=0.5), dict(type='RandomLighting', scale=0.1)),
    val_dataloader=loader('val', 'DefaultSampler',
                          dict(type='Resize', scale=(64, 32), keep_ratio=True)),
    val_evaluator=[dict(type='IoUMetric', iou_metrics=['mIoU']),
                   dict(type='BoundaryIoUMetric', dilation=1)],
    train_cfg=dict(type='IterBasedTrainLoop', max_iters=1, val_interval=1),
    val_cfg=dict(type='ValLoop'),
    optim_wrapper=dict(type='OptimWrapper', clip_grad=dict(max_norm=10., norm_type=2.),
                       optimizer=dict(type='SGD', lr=0.01, momentum=0.9)),
    param_scheduler=[dict(type='PolyLR', power=0.9, eta_min=1e-4, begin=0, end=3, by_epoch=False)],
    default_hooks=dict(
        timer=dict(type='IterTimerHook'),
        logger=dict(type='LoggerHook', interval=1, log_metric_by_epoch=False),
        param_scheduler=dict(type='ParamSchedulerHook'),
        checkpoint=dict(type='SafeCheckpointHook', interval=1, by_epoch=False, max_keep_ckpts=1),
        sampler_seed=dict(type='DistSamplerSeedHook'),
        random_state=dict(type='RandomStateHook'), finite_loss=dict(type='FiniteLossHook')))
KINDS = ('missing', 'misspelt', 'wrong')
# What mmengine takes in silence: keys that it does not look for, and truth of any value.
SILENT = {'param_scheduler', 'default_hooks', *(f'default_hooks.{name}' for name in (
    'timer', 'logger', 'param_scheduler', 'checkpoint', 'sampler_seed', 'random_state',
    'finite_loss'))}
# One number for three channels, a square crop, a training configuration that nobody reads.
MEANT = {'mean', 'std', 'crop_size', 'train_cfg'}
TRUTHS = {'bgr_to_rgb', 'use_sigmoid', 'shuffle', 'keep_ratio', 'by_epoch', 'log_metric_by_epoch'}
# What shows in another part only: the default of the first does not go with the second.
SHOWS_IN = {'model.data_preprocessor': 'model.backbone',
            'model.backbone.base_channels': 'model.decode_head',
            **dict.fromkeys(['param_scheduler[0].power', 'param_scheduler[0].eta_min'],
                            'default_hooks.param_scheduler (ParamSchedulerHook)'),
            'train_dataloader.batch_size': 'Expected more than 1 value per channel',
            'val_dataloader.dataset.pipeline[2].scale': 'val_evaluator[0] (IoUMetric)'}


def places(config, path=()):
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def dotted(path) -> str:
    return ''.join(f'[{key}]' if isinstance(key, int) else f'.{key}' for key in path).strip('.')


FAULTS = [(kind, path) for path in places(WHOLE) for kind in KINDS
          if kind == 'wrong' or isinstance(path[-1], str)]


def faulty(kind: str, path) -> dict:
    config = copy.deepcopy(WHOLE)
    holder, last = config, path[-1]
    for key in path[:-1]:
        holder = holder[key]
    value = holder[last]
    if kind == 'missing':
        del holder[last]
    elif kind == 'misspelt':
        holder[f'{last}_'] = holder.pop(last)
    else:
        holder[last] = 7 if isinstance(value, (dict, list, tuple, str)) else 'text'
    return config


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return faulty_data.write_tree(tmp_path_factory.mktemp('data'))


@pytest.fixture
def train(data, tmp_path, monkeypatch):
    """tools/train.py in this process, with the config given; returns how it ends."""
    spec = importlib.util.spec_from_file_location('train_tool', TRAIN)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    # What takes seconds: a look at the compilers, and writing the config in a pretty way.
    monkeypatch.setattr(Runner, '_log_env', lambda self, env: None)
    monkeypatch.setattr(Runner, 'dump_config', lambda self: None)
    monkeypatch.setattr(tool, 'parse_args', lambda: argparse.Namespace(amp=False, resume=False))

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return str(data) if value == 'DATA' else value

    def run(config: dict) -> str:
        name = tmp_path.name
        cfg = Config(dict(
            filled(config), work_dir=str(tmp_path), launcher='none', log_level='ERROR',
            default_scope='mmseg', experiment_name=name, env_cfg={},
            visualizer=dict(type='SegLocalVisualizer', vis_backends=[], name=name)))
        monkeypatch.setattr(tool, 'load_config', lambda args: cfg)
        try:
            tool.main()
        except SystemExit as ended:
            return str(ended.code)
        return ''
    return run


def test_without_a_fault_it_trains_and_validates(train, tmp_path):
    assert train(copy.deepcopy(WHOLE)) == ''
    assert (tmp_path / 'iter_1.pth').is_file()


# All of them take minutes.
@pytest.mark.parametrize('kind, path', [
    pytest.param(*fault, id=f'{fault[0]} {dotted(fault[1])}',
                 marks=[pytest.mark.slow] if number % 7 else [])
    for number, fault in enumerate(FAULTS)])
def test_a_fault_trains_or_is_told_with_its_key(kind, path, train):
    said = train(faulty(kind, path))
    place, holder = dotted(path), dotted(path[:-1])
    if not said:
        # A missing key without a sentence has a default.
        assert kind == 'missing' or kind == 'misspelt' and place in SILENT or kind == 'wrong' and (
            path[-1] in MEANT | TRUTHS)
        return
    assert said.startswith('error: ') and 'Fix: ' in said
    # Of an item of a list, the list's.
    key = [part for part in path if isinstance(part, str)][-1] + '_' * (kind == 'misspelt')
    named = re.search(rf'(?<![A-Za-z0-9_]){re.escape(key)}(?![A-Za-z0-9_])', said) is not None
    assert named or holder and holder in said or SHOWS_IN.get(place, said + '.') in said, said
