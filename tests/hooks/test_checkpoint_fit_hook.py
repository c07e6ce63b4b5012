"""The hook that refuses a checkpoint which does not fit the model."""
from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseTTAModel, MMDistributedDataParallel
from torch import nn

from mmseg_nrd.compat import CheckpointError
from mmseg_nrd.hooks.checkpoint_fit import CheckpointFitHook


def model():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def load(rule, checkpoint, network=None):
    runner = SimpleNamespace(cfg=Config(dict(load_from='x.pth')), work_dir='nowhere',
                             model=network or model())
    CheckpointFitHook(rule).after_load_checkpoint(runner, checkpoint)


def changed(**changes):
    """The model's parameters with others for some; None leaves one out."""
    weights = {**model().state_dict(), **{key.replace('__', '.'): value
                                          for key, value in changes.items()}}
    return {key: value for key, value in weights.items() if value is not None}


SHAPE = changed(**{'0__weight': torch.zeros(3, 3)})
MISSING = changed(**{'0__weight': None})
MORE = changed(aux__weight=torch.zeros(1))
OLD = changed(**{'1__num_batches_tracked': None})
ONE = {'0.bias': torch.zeros(3)}
NOTHING = {'foo': torch.zeros(3), '0.weight': torch.zeros(1), '0.bias': 'text'}


@pytest.mark.parametrize('rule, passes', [
    ('some', (SHAPE, MISSING, MORE, OLD, ONE)), ('all', (MORE, OLD)), ('same', (OLD,))])
def test_each_rule(rule, passes):
    for weights in (SHAPE, MISSING, MORE, OLD, ONE, NOTHING, {}):
        for checkpoint in (weights, {'state_dict': weights, 'meta': {}},
                           {f'module.{name}': value for name, value in weights.items()}):
            if any(weights is each for each in passes):
                load(rule, checkpoint)
            else:
                with pytest.raises(CheckpointError, match='^x.pth: [^$]*Fix: choose the config'):
                    load(rule, checkpoint)


class Wrapped(BaseTTAModel):
    def __init__(self, module):
        nn.Module.__init__(self)
        self.module = module

    def merge_preds(self, data_samples_list):
        """Never called."""


def test_the_model_inside_a_wrapper_counts():
    load('same', OLD, Wrapped(model()))
    with pytest.raises(CheckpointError, match='missing: 0.weight'):
        load('all', MISSING, Wrapped(model()))
    parallel = MMDistributedDataParallel.__new__(MMDistributedDataParallel)
    nn.Module.__init__(parallel)
    parallel.module = model()
    load('same', OLD, parallel)


def test_the_newest_checkpoint_is_named(tmp_path):
    (tmp_path / 'last_checkpoint').write_text('iter_7.pth')
    runner = SimpleNamespace(cfg=Config(dict(load_from=None)), work_dir=str(tmp_path),
                             model=model())
    with pytest.raises(CheckpointError, match=r'^iter_7\.pth: 5 parameters do not fit'):
        CheckpointFitHook('same').after_load_checkpoint(runner, ONE)


@pytest.mark.parametrize('rule', ['any', None, True])
def test_refuses_a_rule_that_it_does_not_know(rule):
    with pytest.raises(ValueError, match=f'rule={rule!r}: must be one of .*Fix: '):
        CheckpointFitHook(rule)
