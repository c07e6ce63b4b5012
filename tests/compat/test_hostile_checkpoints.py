"""Hostile checkpoints run nothing.

Each is first shown to be hostile: loaded without ``weights_only``, it runs.
"""
from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from hostile_cases import KINDS, bomb, needs_torch_2_6, save_pickle, text
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.runner import FlexibleRunner, Runner, checkpoint
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint
from tiny_run import tiny_run

from mmseg_nrd.compat import CheckpointError

pytestmark = needs_torch_2_6


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('zipped', [True, False])
def test_a_hostile_file_runs_nothing(kind, zipped, tmp_path):
    path, marker = tmp_path / 'x.pth', tmp_path / 'marker'
    torch.save(bomb(kind, marker), path, _use_new_zipfile_serialization=zipped)
    torch.load(path, weights_only=False)
    assert marker.exists(), 'a bomb that cannot go off proves nothing'
    marker.unlink()
    for load in (lambda: CheckpointLoader.load_checkpoint(str(path)),
                 lambda: load_checkpoint(torch.nn.Linear(1, 1), str(path)),
                 lambda: checkpoint.torch.load(path, weights_only=False)):
        # torch alone raises the latter.
        with pytest.raises(CheckpointError, match=f'{path}: .*more than weights') as caught:
            load()
        assert isinstance(caught.value, pickle.UnpicklingError) and not marker.exists()
        # torch's own message tells how to load the file all the same.
        text = str(caught.value)
        assert '\n' not in text and 'weights_only' not in text and 'safe_globals' not in text


@pytest.mark.parametrize('kind', [Runner, FlexibleRunner])
def test_a_config_inside_a_checkpoint_is_not_executed(kind, tmp_path):
    """mmengine's runners execute meta.config, should there be one, when they resume."""
    marker = tmp_path / 'marker'
    meta = dict(epoch=0, iter=1, config=f'open({str(marker)!r}, "w").close()')
    runner = tiny_run(tmp_path, 2, kind)
    optimizer = torch.optim.SGD(runner.model.parameters(), lr=.1).state_dict()
    torch.save(dict(meta=meta, state_dict=runner.model.state_dict(), optimizer=optimizer,
                    message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={}),
                    param_schedulers=[dict(last_step=1)]), tmp_path / 'x.pth')
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    if kind is FlexibleRunner:
        runner.strategy.prepare(runner.model, optim_wrapper=runner.optim_wrapper)
    runner.resume(str(tmp_path / 'x.pth'))
    assert runner.iter == 1 and not marker.exists()
    # Whoever reads it himself gets it.
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))
    assert loaded['meta']['config'] == meta['config']
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
    with pytest.raises(CheckpointError):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))


def test_a_history_changes_no_statistic_of_the_others(tmp_path):
    before = dict(HistoryBuffer([1.], [1])._statistics_methods)
    forged = HistoryBuffer([5.], [1])
    forged._statistics_methods = dict(before, mean=1, forged=2)
    torch.save(forged, tmp_path / 'x.pth')
    loaded = checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    assert type(loaded) is HistoryBuffer and loaded.statistics('mean') == 5
    assert HistoryBuffer._statistics_methods == before
