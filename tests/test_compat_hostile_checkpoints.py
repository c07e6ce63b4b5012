"""Hostile checkpoints run nothing.

Each hostile file is first shown to be hostile: loaded without weights_only, it runs.
"""
from __future__ import annotations

import builtins

import numpy as np
import pytest
import torch
from hostile_cases import KINDS, bomb, save_pickle, swap_pickle, text
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import FlexibleRunner, Runner, checkpoint
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

from mmseg_nrd.compat import CheckpointError

pytestmark = pytest.mark.usefixtures('unpickler')


@pytest.fixture(params=KINDS)
def hostile(request, tmp_path):
    """A function that saves the bomb and says whether it went off."""
    marker = tmp_path / 'marker'

    def save(path, zipped=True):
        torch.save(bomb(request.param, marker), path, _use_new_zipfile_serialization=zipped)
        torch.load(path, weights_only=False)
        assert marker.exists(), 'a bomb that cannot go off proves nothing'
        marker.unlink()
        return marker

    return save


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('forced', [False, True])
def test_a_hostile_file_runs_nothing(hostile, tmp_path, zipped, forced, monkeypatch):
    path = tmp_path / 'x.pth'
    marker = hostile(path, zipped)
    if forced:  # the switch with which torch lets users fall back to unsafe loading
        monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    for load in (lambda: CheckpointLoader.load_checkpoint(str(path)),
                 lambda: load_checkpoint(torch.nn.Linear(1, 1), str(path)),
                 lambda: checkpoint.torch.load(path, weights_only=False)):
        with pytest.raises(CheckpointError, match='more than weights .* nothing of it was run'):
            load()
        assert not marker.exists()


def test_a_good_file_with_another_pickle_runs_nothing(hostile, tmp_path):
    marker = hostile(tmp_path / 'bomb.pth')
    path = tmp_path / 'x.pth'
    torch.save({'state_dict': {'weight': torch.zeros(1, 1)}}, path)
    # The bomb as pickle spells it, among the good file's tensors.
    swap_pickle(path, bomb('os.system', marker))
    with pytest.raises(CheckpointError, match='more than weights .* nothing of it was run'):
        load_checkpoint(torch.nn.Linear(1, 1), str(path))
    assert not marker.exists()
    torch.load(path, weights_only=False)
    assert marker.exists()


class Tiny(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, inputs, mode):
        """Never called."""


@pytest.mark.parametrize('kind', [Runner, FlexibleRunner])
def test_a_config_inside_a_checkpoint_is_not_executed(kind, tmp_path):
    """mmengine's runners execute meta.config, should there be one, when they resume."""
    marker = tmp_path / 'marker'
    meta = dict(epoch=0, iter=1, config=f'open({str(marker)!r}, "w").close()')
    hub = dict(log_scalars={}, runtime_info={}, resumed_keys={})
    model = Tiny()
    optimizer = torch.optim.SGD(model.parameters(), lr=.1).state_dict()
    torch.save(dict(meta=meta, message_hub=hub, state_dict=model.state_dict(),
                    optimizer=optimizer), tmp_path / 'x.pth')
    runner = kind(model, work_dir=str(tmp_path / 'work'), log_level='ERROR', default_scope='mmseg',
                  experiment_name=str(tmp_path).replace('/', '_'), train_dataloader=dict(
                      dataset=[0], sampler=dict(type='DefaultSampler', shuffle=False)),
                  train_cfg=dict(type='IterBasedTrainLoop', max_iters=2),
                  optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1)))
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    if kind is FlexibleRunner:
        runner.strategy.prepare(model, optim_wrapper=runner.optim_wrapper)
    runner.resume(str(tmp_path / 'x.pth'))
    assert runner.iter == 1 and not marker.exists()
    Config.fromstring(meta['config'], '.py')
    assert marker.exists(), 'a bomb that cannot go off proves nothing'


@pytest.mark.parametrize('owner, name', [
    (HistoryBuffer, '__init__'), (HistoryBuffer, '__globals__'), (HistoryBuffer, 'update'),
    (HistoryBuffer, '_set_default_statistics'), (np.ndarray, 'mean'), (np.ndarray, 'tofile'),
    (dict, 'get')], ids=str)
def test_getattr_serves_statistics_only(owner, name, tmp_path):
    # getattr(owner, name) as pickle spells it, whether or not the attribute exists
    code = f'cbuiltins\ngetattr\nc{owner.__module__}\n{owner.__name__}\n'.encode()
    save_pickle(tmp_path / 'x.pth', code + text(name) + b'\x86R.')
    with pytest.raises(Exception, match='may be looked up|Unsupported global'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))


@pytest.mark.parametrize('name', ['min', 'max', 'current', 'mean'])
def test_getattr_serves_the_statistics(name, tmp_path):
    code = b'c__builtin__\ngetattr\ncmmengine.logging.history_buffer\nHistoryBuffer\n'
    save_pickle(tmp_path / 'x.pth', code + text(name) + b'\x86R.')
    loaded = checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    assert loaded is getattr(HistoryBuffer, name)


def test_the_builtin_getattr_is_untouched():
    assert getattr is builtins.getattr and getattr(dict, 'get') is dict.get  # noqa: B009
