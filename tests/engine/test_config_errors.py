"""Sentences about configs from which nothing can be built."""
from __future__ import annotations

import itertools

import mmengine
import pytest
from mmengine.config import Config
from mmengine.hooks import LoggerHook
from mmengine.runner import Runner
from mmengine.utils import digit_version
from mmseg.registry import MODELS, TRANSFORMS
from random_run import Dropping, Noise

from mmseg_nrd.compat import CheckpointError
from mmseg_nrd.engine import config_errors_in_a_sentence

NECK = dict(type='MultiResolutionFusion', in_channels=(4, 8), out_channels=4)
FCN = dict(type='FCNHead', in_channels=6, channels=6, num_classes=3)


def said(cfg, build) -> str:
    with pytest.raises(SystemExit) as ended, config_errors_in_a_sentence(Config(cfg)):
        build()
    message = ended.value.code
    assert message.startswith('error: ') and message.count('Fix: ') == 1
    return message


@pytest.fixture
def train(tmp_path):
    """What is said of a training by mmengine's runner of which one key is wrong."""
    number = itertools.count()

    def run(place: str, value) -> str:
        data = dict(dataset=Noise(), batch_size=2, num_workers=0,
                    sampler=dict(type='InfiniteSampler'), collate_fn=dict(type='default_collate'))
        cfg = dict(
            model=Dropping(), work_dir=str(tmp_path), train_dataloader=data,
            train_cfg=dict(type='IterBasedTrainLoop', max_iters=2),
            optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=.1)),
            param_scheduler=[dict(type='ConstantLR', by_epoch=False)],
            default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
            custom_hooks=[dict(type='FiniteLossHook', priority='LOW')], cfg=dict())
        holder, (*path, last) = cfg, place.split('.')
        for key in path:
            holder = holder[int(key) if key.isdigit() else key]
        holder[last] = value
        options = dict(cfg, log_level='ERROR', default_scope='mmseg',
                       experiment_name=f'{tmp_path.name}_{next(number)}')
        return said(cfg, lambda: Runner(**options).train())
    return run


@pytest.mark.parametrize('place, value, where', [
    ('train_dataloader.batchsize', 3, 'train_dataloader: TypeError: '),
    ('train_dataloader.num_workers', -1, 'train_dataloader: ValueError: '),
    ('train_dataloader.sampler.shufle', 1, 'train_dataloader.sampler (InfiniteSampler): TypeE'),
    # What builders add keys to and take some from.
    ('optim_wrapper.optimizer.lrr', 3, 'optim_wrapper.optimizer (SGD): TypeError: '),
    ('optim_wrapper.optimizer.lr', 'fast', 'optim_wrapper.optimizer (SGD): TypeError: '),
    ('optim_wrapper.clip_gradd', 3, 'optim_wrapper (OptimWrapper): TypeError: '),
    ('param_scheduler.0.end', 'ten', 'param_scheduler[0] (ConstantLR): TypeError: '),
    ('custom_hooks.0.intervall', 3, 'custom_hooks[0] (FiniteLossHook): TypeError: '),
    ('train_cfg.max_iter', 3, 'train_cfg (IterBasedTrainLoop): TypeError: '),
    # In the first iteration.
    ('default_hooks.logger.interval', 'x', 'default_hooks.logger (LoggerHook): TypeError: ')])
def test_what_the_runner_builds_is_named_by_its_place(train, place, value, where):
    message = train(place, value)
    assert message.startswith(f'error: {where}')
    assert f"{place.split('.')[-1]}={value!r}" in message.split('Fix: ')[1]
    # No other part's keys, and none that its builder has added.
    assert not {'max_iters', 'params', 'optimizer='} & set(message.split('Fix: ')[1].split('='))


@pytest.mark.skipif(digit_version(mmengine.__version__) < digit_version('0.9'),
                    reason='activation checkpointing came with mmengine 0.9')
def test_what_is_prepared_between_building_and_training(train):
    message = train('cfg.activation_checkpointing', 7)
    assert message.startswith('error: cfg: ')
    assert message.endswith('one of activation_checkpointing=7.')


def test_our_own_errors_get_the_place():
    model = dict(type='Anything', neck=dict(NECK, mode='product'))
    assert said(dict(model=model), lambda: MODELS.build(model['neck'])).startswith(
        "error: model.neck (MultiResolutionFusion): mode='product': must be one of")


def test_an_assertion_without_a_word_gets_its_line_and_the_key_in_it():
    """MMSeg's `assert isinstance(in_index, int)`."""
    head = dict(FCN, in_index=[3])
    message = said(dict(model=dict(decode_head=head)), lambda: MODELS.build(head))
    assert message.startswith('error: model.decode_head (FCNHead): AssertionError: ')
    assert '`assert isinstance(in_index, int)`' in message and 'decode_head.py:' in message
    assert message.endswith('Fix: correct what it names or one of in_index=[3].')


def test_what_is_nested_and_listed_is_found():
    flip = dict(type='RandomFlip', probability=0.5)
    pipeline = [dict(type='LoadImageFromFile'), dict(
        type='RandomChoice', transforms=[[dict(type='RandomFlip', prob=0.5)], [flip]])]
    message = said(dict(train_dataloader=dict(dataset=dict(pipeline=pipeline))),
                   lambda: [TRANSFORMS.build(step) for step in pipeline])
    assert message.startswith(
        'error: train_dataloader.dataset.pipeline[1].transforms[1][0] (RandomFlip): TypeError: ')
    assert "unexpected keyword argument 'probability'" in message
    assert message.endswith('one of probability=0.5.')


def test_the_innermost_of_several_is_named():
    head = dict(FCN, norm_cfg=dict(type='BN', moment=0.1))
    message = said(dict(model=dict(auxiliary_head=head)), lambda: MODELS.build(head))
    assert message.startswith('error: model.auxiliary_head.norm_cfg (BN): TypeError: ')
    assert message.endswith('one of moment=0.1.')


def test_one_that_is_not_in_the_whole_is_named_by_its_type():
    message = said(dict(model=dict()), lambda: MODELS.build(dict(NECK, mod='sum')))
    assert message.startswith('error: a config of MultiResolutionFusion: TypeError: ')


def test_a_part_that_the_runner_misses():
    cfg = dict(work_dir='nowhere')
    message = said(cfg, lambda: Runner.from_cfg(Config(cfg)))
    assert message.startswith('error: the config: KeyError: ') and "'model'" in message


def test_all_other_errors_pass():
    for error in (ValueError('of training'), FloatingPointError('nan'), KeyboardInterrupt()):
        with pytest.raises(type(error)) as raised, config_errors_in_a_sentence(Config()):
            raise error
        assert raised.value is error


@pytest.mark.parametrize('kind', [FloatingPointError, CheckpointError, OSError])
def test_errors_of_losses_checkpoints_and_disks_keep_their_own_words(kind, train, monkeypatch):
    def fail(*args, **options):
        raise kind('it went wrong. Fix: mend it.')

    monkeypatch.setattr(Dropping, 'forward', fail)
    with pytest.raises(kind, match='^it went wrong'):
        train('default_hooks.logger.interval', 1)


def test_an_option_that_fails_in_the_first_iteration_is_told_below_its_traceback(
        train, monkeypatch, capsys):
    def fail(*args, **options):
        raise ValueError('of another kind')

    monkeypatch.setattr(LoggerHook, 'after_train_iter', fail)
    message = train('default_hooks.logger.interval', 1)
    assert message.startswith('error: default_hooks.logger (LoggerHook): ValueError: of another')
    assert 'Traceback' in capsys.readouterr().err
