"""Hostile checkpoints run nothing.

Each is first shown to be hostile: loaded without ``weights_only``, it runs.
"""
from __future__ import annotations

import pickle
import zipfile

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
def test_a_hostile_file_runs_nothing(hostile, tmp_path, zipped):
    path = tmp_path / 'x.pth'
    marker = hostile(path, zipped)
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


def test_a_good_file_with_another_pickle_runs_nothing(tmp_path):
    good, path, marker = tmp_path / 'good.pth', tmp_path / 'x.pth', tmp_path / 'marker'
    torch.save({'state_dict': {'weight': torch.zeros(1, 1)}}, good)
    # The bomb as pickle spells it, among the good file's tensors.
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, 'w') as target:
        for name in source.namelist():
            target.writestr(name, pickle.dumps(bomb('os.system', marker), 2)
                            if name.endswith('data.pkl') else source.read(name))
    with pytest.raises(CheckpointError, match='more than weights'):
        load_checkpoint(torch.nn.Linear(1, 1), str(path))
    assert not marker.exists()
    torch.load(path, weights_only=False)
    assert marker.exists()


def test_a_pickle_in_a_pickle_stays_bytes(tmp_path):
    inside = pickle.dumps(bomb('os.system', tmp_path / 'marker'), 2)
    torch.save({'inside': inside}, tmp_path / 'x.pth')
    assert CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth')) == {'inside': inside}
    assert not (tmp_path / 'marker').exists()


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
    forged._statistics_methods = dict(before, mean=len, forged=len)
    torch.save(forged, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError):  # len may not be named
        checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    forged._statistics_methods = dict(before, mean=1, forged=2)
    torch.save(forged, tmp_path / 'x.pth')
    loaded = checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    assert type(loaded) is HistoryBuffer and loaded.statistics('mean') == 5
    assert HistoryBuffer._statistics_methods == before
