"""Sentences about configs from which nothing can be built."""
from __future__ import annotations

import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import MODELS, TRANSFORMS

from mmseg_nrd.engine import config_errors_in_a_sentence

NECK = dict(type='MultiResolutionFusion', in_channels=(4, 8), out_channels=4)
FCN = dict(type='FCNHead', in_channels=6, channels=6, num_classes=3)


def said(cfg, build) -> str:
    with pytest.raises(SystemExit) as ended, config_errors_in_a_sentence(Config(cfg)):
        build()
    message = ended.value.code
    assert message.startswith('error: ') and message.count('Fix: ') == 1
    return message


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
