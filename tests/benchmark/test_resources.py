"""What is held, against what was taken."""
from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from mmseg_nrd.benchmark.resources import descendants, measure_resources

pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='only Linux has /proc')


def test_memory_is_what_was_written_to():
    before = measure_resources().memory
    held = np.ones(100_000_000, np.uint8)
    assert measure_resources().memory - before == pytest.approx(100, abs=5)
    del held
    assert measure_resources().memory - before == pytest.approx(0, abs=5)


def test_open_files_and_threads_are_counted():
    before = measure_resources()
    pipes, stop = [os.pipe() for _ in range(3)], threading.Event()
    waits = threading.Thread(target=stop.wait)
    waits.start()
    held = measure_resources()
    stop.set()
    waits.join()
    for end in sum(pipes, ()):
        os.close(end)
    assert (held.files - before.files, held.threads - before.threads) == (6, 1)
    assert measure_resources().files == before.files


def test_children_and_their_children_are_counted_with_what_they_hold():
    before = measure_resources()
    child = subprocess.Popen(
        ['sh', '-c', f'{sys.executable} -c "held = bytes([1]) * 100_000_000; files = [open(\'/dev/'
         'null\') for _ in range(9)]; print(1, flush=True); input()"; true'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    held = measure_resources()
    assert child.pid in descendants()
    child.communicate(b'\n')
    assert held.workers - before.workers == 2
    assert 100 < held.worker_memory - before.worker_memory < 130
    # Three streams each, and the nine.
    assert held.worker_files - before.worker_files == 3 + 3 + 9
    assert measure_resources().workers == before.workers


def test_a_child_that_nobody_waited_for_is_counted():
    before = measure_resources()
    child = subprocess.Popen(['true'], stdout=subprocess.PIPE)
    child.stdout.read()  # until it has ended
    while descendants()[child.pid] != 'Z':
        pass
    held = measure_resources()
    assert held.workers - before.workers == 1 and held.worker_files == before.worker_files
    assert child.wait() == 0 and measure_resources().workers == before.workers
