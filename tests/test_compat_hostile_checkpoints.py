"""Hostile checkpoints run nothing.

Each hostile file is first shown to be hostile: loaded without weights_only, it runs.
"""
from __future__ import annotations

import builtins

import numpy as np
import pytest
import torch
from hostile_cases import bomb, needs_torch_2_6, save_pickle, text
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

pytestmark = needs_torch_2_6
KINDS = ['os.system', 'eval', 'getattr chain to eval', 'object array', 'in the message hub',
         'in a history', 'beside weights']


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
        with pytest.raises(Exception, match='only .* may be (looked up|loaded)|Unsupported global'
                           '|Unsupported operand|Weights only load failed'):
            load()
        assert not marker.exists()


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
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))
    assert loaded is getattr(HistoryBuffer, name)


def test_the_builtin_getattr_is_untouched():
    assert getattr is builtins.getattr and getattr(dict, 'get') is dict.get  # noqa: B009
