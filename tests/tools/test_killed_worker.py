"""A process that loads data is killed in the middle of a training or of a validation."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from street_scene_configs import NRD, ROOT

pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='looks for workers in /proc')


def state_and_parent(pid: int) -> tuple:
    try:
        state, parent = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return 'gone', 0
    return state, int(parent)


def children(pid: int) -> list:
    """Numbers of a process's children, the oldest first."""
    return sorted(int(folder.name) for folder in Path('/proc').glob('[0-9]*')
                  if state_and_parent(int(folder.name))[1] == pid)


@pytest.fixture
def training(small, tmp_path):
    """A training with a worker each for training and validation, which would go on for long."""
    options = [*small, 'train_dataloader.num_workers=1', 'val_dataloader.num_workers=1',
               'train_dataloader.persistent_workers=True', 'val_dataloader.persistent_workers=True',
               'train_cfg.max_iters=100000', 'train_cfg.val_interval=4',
               'default_hooks.logger.interval=1', 'default_hooks.checkpoint.interval=4',
               'default_hooks.checkpoint.max_keep_ckpts=1']
    process = subprocess.Popen(
        [sys.executable, str(ROOT / 'tools' / 'train.py'), str(NRD), '--work-dir', str(tmp_path),
         '--cfg-options', *options], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, 'PYTHONPATH': str(ROOT),
                                       'OMP_NUM_THREADS': '1'})
    yield process
    process.kill()
    process.communicate()


def read_until(process, words) -> None:
    for line in process.stdout:
        if re.search(words, line):
            return
    raise AssertionError(f'it ended without {words!r}')


def gone(pid: int) -> bool:
    return state_and_parent(pid)[0] in ('gone', 'Z')


@pytest.mark.parametrize('words, which', [
    (r'Iter\(train\) \[ *2/', 0), pytest.param(r'mIoU: ', 0, marks=pytest.mark.slow),
    pytest.param(r'mIoU: ', 1, marks=pytest.mark.slow)],
    ids=['training', 'training, after validation', 'validation'])
def test_a_killed_worker_ends_the_run_in_a_sentence(training, words, which):
    read_until(training, words)
    workers = children(training.pid)
    os.kill(workers[which], signal.SIGKILL)
    output = training.communicate(timeout=120)[0]
    assert training.returncode == 1 and 'Traceback' not in output
    last = output.strip().splitlines()[-1]
    assert re.match(r'error: a process that loads data has ended \(', last) and 'Fix: ' in last
    assert f'pid {workers[which]}' in last or 'could not be fetched' in last
    assert all(map(gone, workers))


@pytest.mark.slow
def test_workers_end_when_the_training_is_killed(training):
    read_until(training, 'mIoU: ')
    workers = children(training.pid)
    assert len(workers) == 2
    training.kill()
    deadline = time.monotonic() + 30
    while not all(map(gone, workers)):
        assert time.monotonic() < deadline, 'workers outlive their training'
        time.sleep(0.2)
