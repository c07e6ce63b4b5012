"""What is found in a config before anything is built from it."""
from __future__ import annotations

import copy
import importlib.util
import re

import pytest
from mmengine.config import Config
from mmengine.visualization import TensorboardVisBackend
from mmseg.registry import METRICS

from mmseg_nrd.engine import check_config, read_config
from mmseg_nrd.engine.evaluator_checks import SCORES, check_evaluator


def loader() -> dict:
    return dict(batch_size=2, sampler=dict(type='InfiniteSampler'), dataset=dict(
        type='CityscapesDataset', pipeline=[dict(type='LoadImageFromFile'), len]))


def config() -> dict:
    return dict(
        model=dict(type='EncoderDecoder', test_cfg=dict(mode='whole')),
        train_dataloader=loader(), train_cfg=dict(type='IterBasedTrainLoop', max_iters=2),
        optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=.1)),
        val_dataloader=loader(), val_cfg=dict(type='ValLoop'),
        val_evaluator=[dict(type='IoUMetric', iou_metrics=['mIoU'])])


def changed(place: str, value) -> Config:
    """``value`` at a dotted place, where a number is an item of a list; None takes it out."""
    whole = config()
    holder, (*path, last) = whole, place.split('.')
    for key in path:
        holder = holder[int(key) if key.isdigit() else key]
    holder[int(last) if last.isdigit() else last] = value
    if value is None:
        del holder[last]
    return Config(whole)


@pytest.mark.parametrize('place, value', [
    ('val_cfg.fp16', True), ('model.test_cfg', dict(mode='slide', crop_size=(8, 8), stride=[4, 4])),
    ('model', dict(type='RowBlockEncoderDecoder')),
    ('optim_wrapper', dict(constructor='Mine')), ('train_cfg', dict(by_epoch=True, max_epochs=3)),
    ('train_cfg.val_begin', 0), ('train_dataloader.dataset', dict(
        type='RepeatDataset', times=2, dataset=dict(type='ConcatDataset', datasets=[
            dict(type='Mine', pipeline=[])]))),
    ('val_evaluator', dict(type='Evaluator', metrics=[dict(type='IoUMetric')]))])
def test_what_mmengine_takes_passes(place, value):
    cfg = changed(place, value)
    before = copy.deepcopy(cfg.to_dict())
    check_config(cfg, 'train', 'val')
    assert cfg.to_dict() == before


def test_a_config_without_validation_passes():
    cfg = Config({key: value for key, value in config().items() if not key.startswith('val_')})
    check_config(cfg, 'train', 'val')
    # What is not used is not looked into.
    check_config(Config({**config(), 'train_cfg': dict(typ=1)}), 'val')


@pytest.mark.parametrize('kind', ['TensorboardVisBackend', 'mmengine.TensorboardVisBackend',
                                  TensorboardVisBackend])
def test_tensorboard_must_be_there_to_log_to_it(kind, monkeypatch):
    cfg = changed('visualizer', dict(vis_backends=[dict(type='LocalVisBackend'), dict(type=kind)]))
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: 'found')
    check_config(cfg, 'train')
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ValueError, match=r"^visualizer\.vis_backends\[1\]\.type='Tensor.*: must .*"
                                         r'Fix: pip install tensorboard\.$'):
        check_config(cfg, 'train')


@pytest.mark.parametrize('place, value, says', [
    ('model', None, 'model: is missing; the config has train_dataloader, '),
    ('model', 7, 'model=7: must be a dict'),
    ('model.type', None, 'model.type: is missing; model has test_cfg'),
    ('train_dataloader', None, 'train_dataloader: must be given, as train_dataloader, train_cfg, '),
    ('val_cfg', None, 'val_cfg: must be given, as '),
    ('train_dataloader', 7, 'train_dataloader=7: must be a dict'),
    ('train_dataloader.dataset', None,
     'train_dataloader.dataset: is missing; train_dataloader has batch_size, sampler'),
    ('train_dataloader.dataset', 7, 'train_dataloader.dataset=7: must be a dict'),
    ('val_dataloader.sampler', None, 'val_dataloader.sampler: is missing'),
    ('val_dataloader.sampler', 'text', "val_dataloader.sampler='text': must be a dict"),
    ('val_dataloader.dataset.type', None, 'val_dataloader.dataset.type: is missing; '
     'val_dataloader.dataset has pipeline'),
    ('train_dataloader.dataset.pipeline.0', dict(typ='LoadImageFromFile'),
     'train_dataloader.dataset.pipeline[0].type: is missing; '
     'train_dataloader.dataset.pipeline[0] has typ'),
    ('train_dataloader.dataset.pipeline.0', 7, 'train_dataloader.dataset.pipeline[0]=7: must be'),
    ('train_dataloader.dataset.pipeline', 7, 'train_dataloader.dataset.pipeline=7: must be a list'),
    ('train_dataloader.dataset.datasets', [dict(pipeline=[])],
     'train_dataloader.dataset.datasets[0].type: is missing'),
    ('train_dataloader.dataset.dataset', dict(pipeline=7, type='Mine'),
     'train_dataloader.dataset.dataset.pipeline=7: must be a list'),
    ('optim_wrapper', 7, 'optim_wrapper=7: must be a dict'),
    ('optim_wrapper.optimizer', None, 'optim_wrapper.optimizer: is missing; optim_wrapper has '),
    ('optim_wrapper', dict(optimizr=dict(type='SGD')), 'optim_wrapper.optimizer: is missing; '
     'optim_wrapper has optimizr'),
    ('optim_wrapper.optimizer', 7, 'optim_wrapper.optimizer=7: must be a dict'),
    ('optim_wrapper.optimizer', dict(lr=.1), 'optim_wrapper.optimizer.type: is missing'),
    ('train_cfg', dict(typex='IterBasedTrainLoop', max_iters=2), 'train_cfg.type: is missing; '
     'train_cfg has typex, max_iters'),
    ('train_cfg.val_interval', 'often', "train_cfg.val_interval='often': must be a positive"),
    ('train_cfg.max_iters', 2.5, 'train_cfg.max_iters=2.5: must be a positive'),
    ('train_cfg.val_interval', 0, 'train_cfg.val_interval=0: must be a positive'),
    ('train_cfg.val_begin', True, 'train_cfg.val_begin=True: must be a positive'),
    ('val_cfg', 7, 'val_cfg=7: must be a dict'),
    ('val_cfg.fp16', 'text', "val_cfg.fp16='text': must be True or False"),
    ('model.test_cfg', None, 'model.test_cfg=None: must be a dict'),
    ('model.test_cfg.mode', 'slid', "model.test_cfg.mode='slid': must be 'whole' or 'slide'"),
    ('model.test_cfg', {}, "model.test_cfg.mode=None: must be 'whole' or 'slide'"),
    ('default_hooks', 7, 'default_hooks=7: must be a dict'),
    ('default_hooks', dict(timer=7), 'default_hooks.timer=7: must be a dict or None'),
    ('val_dataloader.dataset.type', 7, 'val_dataloader.dataset.type=7: must be a name'),
    ('val_dataloader.dataset.data_root', 7, 'val_dataloader.dataset.data_root=7: must be a folder'),
    ('val_dataloader.dataset.data_prefix', 7, 'val_dataloader.dataset.data_prefix=7: must be'),
    ('val_dataloader.dataset.data_prefix', dict(img_path=7),
     'val_dataloader.dataset.data_prefix.img_path=7: must be a folder'),
    ('model.test_cfg', dict(mode='slide', stride=(4, 4)), 'model.test_cfg.crop_size=None: must be'),
    ('model.test_cfg', dict(mode='slide', crop_size=(8, 8), stride=4), 'model.test_cfg.stride=4: '),
    ('val_evaluator', 7, 'val_evaluator=7: must be a dict or a list'),
    ('val_evaluator.0', dict(iou_metrics=['mIoU']), 'val_evaluator[0].type: is missing'),
    ('val_evaluator.0.iou_metrics', ['mIouu'], "val_evaluator[0].iou_metrics=['mIouu']: must be"),
    ('val_evaluator', dict(metrics=dict(type='mmseg.IoUMetric', iou_metrics=7)),
     'val_evaluator.metrics.iou_metrics=7: must be a list of mIoU'),
    ('val_evaluator.0.iou_metric', 'mIoU', "val_evaluator[0].iou_metric='mIoU': IoUMetric has no"),
])
def test_a_fault_is_told_with_its_place(place, value, says):
    with pytest.raises(ValueError, match=f'^{re.escape(says)}') as raised:
        check_config(changed(place, value), 'train', 'val')
    assert str(raised.value).count('Fix: ') == 1


@pytest.mark.parametrize('split', ['train', 'test'])
def test_what_it_is_used_for_must_be_there(split):
    cfg = Config(dict(model=config()['model']))
    with pytest.raises(ValueError, match=f'^{split}_dataloader, {split}_cfg, .*: must be given'):
        check_config(cfg, split)


@pytest.mark.parametrize('option, good, bad', [
    ('iou_metrics', [['mIoU', 'mDice'], 'mFscore', *([score] for score in SCORES)],
     [[], 'miou', None, [7]]),
    ('ignore_index', [255, -100], [None, 2.5, '255', True]),
    ('nan_to_num', [None, 0, -1.], ['0', [0]]), ('beta', [1, .5], [0, 'text', None]),
    ('collect_device', ['cpu', 'gpu'], ['cuda', None]), ('output_dir', [None, 'here'], [7]),
    ('format_only', [True, False], ['no', 1]), ('prefix', [None, 'val'], [7])])
def test_options_of_iou_metric(option, good, bad):
    for value in good:
        check_evaluator(dict(type='IoUMetric', **{option: value}), 'val_evaluator')
        METRICS.build({'type': 'IoUMetric', option: value, 'output_dir': None})
    for value in bad:
        with pytest.raises(ValueError, match=rf'^val_evaluator\.{option}=.*: must be .*Fix: '):
            check_evaluator(dict(type='IoUMetric', **{option: value}), 'val_evaluator')


def test_other_metrics_are_left_to_themselves():
    for metric in (dict(type='Mine', iou_metrics=7), METRICS.build(dict(type='IoUMetric'))):
        check_evaluator([metric], 'val_evaluator')


@pytest.mark.parametrize('text, says', [
    ('model = dict(\n', r"SyntaxError: '\(' was never closed|unexpected EOF"),
    ('model = nothing\n', "NameError: name 'nothing' is not defined"),
    ("_base_ = 'nope.py'\n", r'FileNotFoundError: .*nope\.py'),
    ("custom_imports = dict(imports=['no_such_module'])\n", 'ImportError: Failed to import custom '
     "modules from .*; because of ModuleNotFoundError: No module named 'no_such_module'"),
    ('custom_imports = 7\n', r"TypeError: .*cfg_dict\['custom_imports'\]")])
def test_a_file_that_is_no_config_is_told_in_a_line(tmp_path, text, says):
    path = tmp_path / 'config.py'
    path.write_text(text)
    with pytest.raises(ValueError, match=f'^config {path}: cannot be read: .*({says}).*Fix: ') as e:
        read_config(str(path))
    assert '\n' not in str(e.value)


def test_options_that_do_not_fit_are_told(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text('steps = [dict(a=1)]\n')
    with pytest.raises(ValueError, match='^--cfg-options for .*Index 4 exceeds .*Fix: '):
        read_config(str(path), {'steps.4.a': 2})
