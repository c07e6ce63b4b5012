"""mmengine's own checkpoints load with ``weights_only``, and trusted files without it."""
from __future__ import annotations

import threading
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from host_cases import python
from hostile_cases import Call, bomb, needs_torch_2_6
from mmengine.logging import HistoryBuffer
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler
from mmengine.runner import checkpoint
from mmengine.runner.checkpoint import CheckpointLoader
from mmengine.utils.dl_utils import load_url
from tiny_run import tiny_run

from mmseg_nrd.compat import CheckpointError
from mmseg_nrd.compat.training_state import training_state_allowed


@pytest.fixture(scope='module')
def trained(tmp_path_factory) -> Path:
    """A checkpoint with training state, as mmengine writes it."""
    out = tmp_path_factory.mktemp('trained')
    runner = tiny_run(out, 2)
    runner.message_hub.update_info('best_score', np.float32(.5))
    runner.train()
    return out / 'iter_2.pth'


def load(content, path: Path):
    torch.save(content, path)
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu', logger='silent')


def test_mmengines_own_checkpoint_loads(trained):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        loaded = CheckpointLoader.load_checkpoint(str(trained), map_location='cpu')
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert type(history) is HistoryBuffer and len(history.data[0]) == 2
    assert history.statistics('mean') == pytest.approx(np.mean(history.data[0]))
    assert loaded['message_hub']['runtime_info']['best_score'] == np.float32(.5)


def test_training_resumes(trained, tmp_path):
    runner = tiny_run(tmp_path, 4, load_from=str(trained), resume=True)
    runner.train()
    assert runner.iter == 4 and runner.message_hub.get_info('best_score') == np.float32(.5)
    assert len(runner.message_hub.get_scalar('train/loss').data[0]) == 4


@pytest.mark.parametrize('strategy', ['cos', 'linear'])
def test_training_with_one_cycle_resumes(strategy, tmp_path):
    # Its state holds a function of the scheduler's class.
    def run(folder, iters, **options):
        runner = tiny_run(tmp_path / folder, iters, **options)
        runner.param_schedulers = dict(type='OneCycleLR', eta_max=.1, total_steps=10,
                                       by_epoch=False, anneal_strategy=strategy)
        runner.train()
        return runner

    run('first', 2)
    resumed = run('second', 4, load_from=str(tmp_path / 'first' / 'iter_2.pth'), resume=True)
    assert resumed.iter == 4


@pytest.mark.parametrize('name', ['_get_value', '__init__', '_annealing_cos.__globals__'])
@needs_torch_2_6
def test_no_more_of_a_scheduler_is_handed_out(name, tmp_path):
    with pytest.raises(CheckpointError, match='asks for attribute'):
        load(dict(function=Call(getattr, OneCycleParamScheduler, name)), tmp_path / 'x.pth')


@pytest.mark.parametrize('old, new', [(b'numpy._core', b'numpy.core'),
                                      (b'numpy.core', b'numpy._core')])
@needs_torch_2_6
def test_files_of_either_numpy_load(trained, tmp_path, old, new):
    names = 0
    with zipfile.ZipFile(trained) as source, \
            zipfile.ZipFile(tmp_path / 'x.pth', 'w') as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry.endswith('data.pkl'):
                content = content.replace(old, new)
                names = content.count(b'c' + new + b'.multiarray\n')
            target.writestr(entry, content)
    assert names >= 2  # _reconstruct and scalar
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))
    assert len(loaded['message_hub']['log_scalars']['train/loss'].data[0]) == 2


@pytest.mark.parametrize('value', [
    np.arange(6.).reshape(2, 3), np.ones((2, 3), order='F'), np.float32(1.5), np.int64(3),
    np.bool_(True), np.ones(2, 'u1'), np.float16(2), np.complex64(1j), np.zeros(0, 'i4'),
    HistoryBuffer().data[0]], ids=repr)
def test_numpy_values_survive(value, tmp_path):
    loaded = load(dict(value=value), tmp_path / 'x.pth')['value']
    assert type(loaded) is type(value) and loaded.dtype == value.dtype
    assert np.array_equal(loaded, value)


@pytest.fixture
def allow():
    """Puts things on torch's allow-list, as users do."""
    before = torch.serialization.get_safe_globals()
    yield torch.serialization.add_safe_globals
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals(before)


@needs_torch_2_6
def test_what_others_allowed_is_served_as_it_is_and_stays(allow, tmp_path):
    text = np.array(['a class', 'another'])
    with pytest.raises(CheckpointError, match='only numbers'):
        load({'names': text}, tmp_path / 'x.pth')
    allow([HistoryBuffer, Path, text.__reduce__()[0], np.ndarray, np.dtype, type(text.dtype)])
    before = set(torch.serialization.get_safe_globals())
    loaded = load({'names': text, 'buffer': HistoryBuffer([1.], [1])}, tmp_path / 'x.pth')
    assert loaded['names'].tolist() == ['a class', 'another']
    assert set(torch.serialization.get_safe_globals()) == before
    # Of two entries with one name torch serves either.
    with training_state_allowed():
        assert not [entry for entry in torch.serialization.get_safe_globals()
                    if isinstance(entry, tuple) and entry[1] == 'numpy.dtype']


@needs_torch_2_6
def test_threads_may_load_at_once(tmp_path):
    torch.save({'buffer': HistoryBuffer([1.], [1])}, tmp_path / 'x.pth')
    faults = []

    def work():
        try:
            for _ in range(30):
                checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')
        except Exception as error:  # kept for the main thread, where pytest sees it
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


LOADERS = {
    'CheckpointLoader': lambda path: CheckpointLoader.load_checkpoint(str(path)),
    'load_from_local': lambda path: checkpoint.load_from_local(str(path), 'cpu'),
    'URL': lambda path: load_url(path.as_uri())}


@needs_torch_2_6
@pytest.mark.parametrize('loader', LOADERS)
def test_torchs_own_way_to_trust_files_is_honoured(loader, tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch_home'))
    path, marker = tmp_path / 'x.pth', tmp_path / 'marker'
    torch.save(bomb('beside weights', marker), path)
    for value in ('0', ''):
        monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', value)
        with pytest.raises(CheckpointError, match='more than weights'):
            LOADERS[loader](path)
    assert not marker.exists()
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    with pytest.warns(UserWarning, match='TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'):
        loaded = LOADERS[loader](path)
    assert list(loaded['state_dict']) == ['weight'] and marker.exists()


OLD_TORCH = '''
import torch
torch.__version__ = '2.5.1+cpu'
from mmengine.runner import Runner, checkpoint
from mmengine.utils import dl_utils
def loaders():
    return (checkpoint.torch, checkpoint.load_url, dl_utils.load_url, Runner.load_checkpoint,
            checkpoint.CheckpointLoader.load_checkpoint, vars(checkpoint).get('_safe_torch_load'))
before = loaders()
import mmseg_nrd
print('SAME', loaders() == before, checkpoint.save_checkpoint.__module__)
'''


def test_before_torch_2_6_mmengines_loaders_stay_as_they_are():
    done = python(OLD_TORCH)
    assert 'SAME True' in done.stdout, done.stderr
