"""The hook that ends a training whose loss is no number."""
from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner.priority import get_priority
from mmseg.structures import SegDataSample


def build(**arguments):
    return HOOKS.build(dict(type='FiniteLossHook', **arguments))


def batch(*paths):
    return dict(inputs=[], data_samples=[
        SegDataSample(metainfo=dict(img_path=path) if path else {}) for path in paths])


def look(outputs, iteration=7, data_batch=None, **arguments):
    """What the hook does after an iteration, the first being 1, as the log counts them."""
    runner = SimpleNamespace(iter=iteration - 1)
    build(**arguments).after_train_iter(runner, 0, data_batch or batch('a.png'), outputs)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('name', ['decode.loss_ce', 'aux_0.loss_dice', 'loss'])
def test_names_iteration_losses_and_files(name, value):
    outputs = {'loss': torch.tensor(0.5), 'decode.loss_ce': torch.tensor(0.25), name: value}
    with pytest.raises(FloatingPointError) as raised:
        look(outputs, 7, batch('left/a.png', 'right/b.png'))
    for word in ('iteration 7,', f'{name}={value:g}', 'left/a.png', 'right/b.png', 'Fix: '):
        assert word in str(raised.value)


@pytest.mark.parametrize('outputs', [
    {'loss': torch.tensor(1e38), 'decode.acc_seg': torch.tensor(math.nan)},
    {'loss': torch.tensor(6e4, dtype=torch.float16)}, {'loss': 3}, {}, None], ids=str)
def test_lets_numbers_and_other_figures_pass(outputs):
    look(outputs)


@pytest.mark.parametrize('data_batch', [
    batch(None), batch(None, 'b.png'), dict(inputs=[]), [torch.zeros(1)]],
    ids=['no path', 'one path', 'no samples', 'no dict'])
def test_any_batch_will_do(data_batch):
    with pytest.raises(FloatingPointError, match='loss=nan'):
        look(dict(loss=math.nan), data_batch=data_batch)


@pytest.mark.parametrize('interval, seen', [
    (1, range(1, 10)), (3, (3, 6, 9)), (np.int64(4), (4, 8))])
def test_looks_at_the_end_of_every_interval(interval, seen):
    for iteration in range(1, 10):
        if iteration in seen:
            with pytest.raises(FloatingPointError, match=f'iteration {iteration},'):
                look(dict(loss=math.nan), iteration, interval=interval)
        else:
            look(dict(loss=math.nan), iteration, interval=interval)


def test_comes_before_a_checkpoint_is_written():
    assert get_priority(build().priority) < get_priority(CheckpointHook.priority)


def save(model):
    checkpoint = dict(meta=dict(iter=7), state_dict=model.state_dict())
    build(interval=1000).before_save_checkpoint(SimpleNamespace(model=model), checkpoint)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float16, torch.bfloat16])
def test_weights_that_are_not_finite_are_not_saved(value, dtype):
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)).to(dtype)
    save(model)
    for parameter in (model[0].bias, model[1].weight):
        parameter.data.view(-1)[-1] = value
    with pytest.raises(FloatingPointError, match=r'^iteration 7: 2 of 4 .* 0\.bias.*load_from'):
        save(model)


def test_large_weights_and_infinite_masks_are_saved():
    model = torch.nn.BatchNorm1d(2)
    model.weight.data.fill_(3e38)
    model.register_buffer('mask', torch.tensor(-math.inf))
    save(model)


def test_the_weights_inside_a_wrapper_count():
    model = torch.nn.ModuleDict(dict(module=torch.nn.Linear(1, 1)))
    model['module'].bias.data.fill_(math.nan)
    checkpoint = dict(meta=dict(iter=7), state_dict=model['module'].state_dict())
    with pytest.raises(FloatingPointError, match=' bias;'):
        build().before_save_checkpoint(SimpleNamespace(model=model), checkpoint)


@pytest.mark.parametrize('interval', [0, -1, 1.5, True, None, '10'])
def test_refuses_an_interval_that_is_no_positive_integer(interval):
    with pytest.raises(ValueError, match=f'^interval={interval!r}'):
        build(interval=interval)
