"""Sentences about files that cannot be loaded and processes that were to load them."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from multiprocessing.queues import Queue

import pytest
from torch.utils.data import DataLoader, Dataset

from mmseg_nrd.engine import data_errors_in_a_sentence

SENTENCE = 'labels.png: is empty. Fix: restore it.'


class Samples(Dataset):
    """Four samples, as mmengine's data sets load them; the last does what is to be tested."""

    def __init__(self, happens):
        self.happens = happens

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.prepare_data(index)

    def prepare_data(self, index):
        if index == 3:
            self.happens()
        return index


def fail(error):
    def happens(*arguments):
        raise error
    return happens


def read(happens, workers=1):
    with data_errors_in_a_sentence():
        list(DataLoader(Samples(happens), batch_size=1, num_workers=workers))


def hold_back():
    """Let the batches before arrive, which are fetched from the worker."""
    time.sleep(1)


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGBUS, None],
                         ids=['killed', 'bus error', 'ended'])
def test_a_worker_that_ends_is_told(number):
    def happens():
        hold_back()
        os._exit(3) if number is None else os.kill(os.getpid(), number)

    with pytest.raises(SystemExit) as ended:
        read(happens)
    message = ended.value.code
    pid, = set(re.findall(r'pid(?:\(s\))? (\d+)', message))
    assert message.startswith(f'error: a process that loads data has ended (pid {pid}; torch: ')
    # Torch may miss the signal, or be told of it first.
    assert re.search('is killed by signal: |exited unexpectedly', message)
    assert message.count('Fix: ') == 1 and '\n' not in message
    assert int(pid) != os.getpid()


@pytest.mark.parametrize('error', [
    ConnectionResetError(104, 'reset by peer'), EOFError(), FileNotFoundError('no socket')])
def test_a_batch_that_cannot_be_fetched_any_more_is_told(error, monkeypatch):
    """The worker has ended, and torch has not noticed yet."""
    here, get = os.getpid(), Queue.get

    def get_or_fail(queue, *arguments, **options):
        # The worker gets its orders by a queue too.
        if os.getpid() == here:
            raise error
        return get(queue, *arguments, **options)

    monkeypatch.setattr(Queue, 'get', get_or_fail)
    with pytest.raises(SystemExit, match='^error: a process that loads data has ended .its batch '
                       f'could not be fetched: {type(error).__name__}.*Fix: '):
        read(fail(ValueError(SENTENCE)))


@pytest.mark.parametrize('workers', [0, 1])
@pytest.mark.parametrize('kind', [ValueError, FileNotFoundError])
def test_a_faulty_file_is_told_in_its_own_words(kind, workers):
    with pytest.raises(SystemExit) as ended:
        read(fail(kind(SENTENCE)), workers)
    assert ended.value.code == f'error: {SENTENCE}'


@pytest.mark.parametrize('workers', [0, 1])
@pytest.mark.parametrize('error, says', [
    (AssertionError('failed to load image: a b/c.png'), 'a b/c.png: cannot be read as an image.'),
    (FileNotFoundError(2, 'No such file or directory', 'c.png'),
     "FileNotFoundError: [Errno 2] No such file or directory: 'c.png'.")])
def test_a_file_that_the_host_names_gets_a_fix(error, says, workers):
    with pytest.raises(SystemExit) as ended:
        read(fail(error), workers)
    assert ended.value.code.startswith(f'error: {says} Fix: restore the file')


@pytest.mark.parametrize('workers', [0, 1])
def test_an_error_without_a_fix_keeps_its_traceback(workers):
    with pytest.raises(ValueError, match='of another kind'):
        read(fail(ValueError('of another kind')), workers)


@pytest.mark.parametrize('error', [ValueError(SENTENCE), RuntimeError('DataLoader worker')])
def test_errors_from_elsewhere_pass(error):
    with pytest.raises(type(error), match=str(error)), data_errors_in_a_sentence():
        raise error


AT_THE_END = """
import atexit, os, signal, time
from torch.utils.data import DataLoader
from mmseg_nrd.engine import data_errors_in_a_sentence
atexit.register(lambda: print(signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL))
batches = iter(DataLoader(range(9), num_workers=1))
with data_errors_in_a_sentence():
    next(batches)
    os.kill(batches._workers[0].pid, signal.SIGKILL)
    time.sleep(60)
"""


def test_torch_does_not_speak_up_again_at_the_programs_end():
    done = subprocess.run([sys.executable, '-c', AT_THE_END], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1 and 'a process that loads data has ended' in done.stderr
    assert done.stdout.split()[-1] == 'True'
