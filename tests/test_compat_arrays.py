"""No checkpoint can make numpy take bytes of the file for pointers, or read beside its buffer."""
from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile_cases import UNPICKLERS, needs_torch_2_6, number, save_pickle, text
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import load_from_local

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures('unpickler')


def claim(place: int) -> OrderedDict:
    """What claims to have numbers at a place in memory."""
    claims = OrderedDict()
    claims.__array_interface__ = dict(data=(place, False), shape=(9,), typestr='|u1', version=3)
    return claims


def history(**state) -> bytes:
    """A metric history, filled with this."""
    buffer = HistoryBuffer([1.], [1])
    buffer.__dict__.update(state)
    return pickle.dumps(buffer, 2)[2:-1]


BYTES = b'c_codecs\nencode\n' + text('A' * 8) + text('latin1') + b'\x86R'
ARRAY, RECONSTRUCT = b'cnumpy\nndarray\n', b'cnumpy.core.multiarray\n_reconstruct\n'
SHAPE = number(1) + b'\x85'
HOSTILE = {
    'object array by call': ARRAY + SHAPE + text('O') + BYTES + b'\x87R',
    'object array by new': ARRAY + SHAPE + text('O') + BYTES + b'\x87\x81',
    'offset before the buffer':
        ARRAY + b'(' + number(4) + b'\x85' + text('u1') + BYTES + number(-8) + b'tR',
    'a history of memory':
        b'cmmengine.logging.history_buffer\nHistoryBuffer\n'
        + b']' + pickle.dumps(claim(8), 2)[2:-1] + b'a]' + number(1) + b'a\x86R',
    'a history filled with memory': history(_log_history=claim(8)),
    'counts filled with memory': history(_count_history=claim(8)),
    'a length that is none': history(max_length=claim(8)),
    'a name with a line break': b'cunreachable\n\n' + SHAPE + b'R',
}


def save(path: Path, code: bytes) -> str:
    save_pickle(path, code + b'.')
    return str(path)


def load(path: str):
    return load_from_local(path, 'cpu')


@pytest.mark.parametrize('name', HOSTILE)
def test_numpy_cannot_be_called_into(name, unpickler, tmp_path):
    # In a process of its own, which such a file could take down.
    done = subprocess.run([sys.executable, '-c', UNPICKLERS[unpickler] + '''
import sys, mmseg_nrd
from mmengine.runner.checkpoint import load_from_local
try:
    print('LOADED', load_from_local(sys.argv[1], 'cpu'))
except Exception as error:
    print('REFUSED', type(error).__name__)''', save(tmp_path / 'x.pth', HOSTILE[name])],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and 'REFUSED' in done.stdout, (done.stdout, done.stderr)


def test_reconstruct_makes_no_object_array(tmp_path):
    code = RECONSTRUCT + ARRAY + SHAPE + text('O') + b'\x87R'
    array = load(save(tmp_path / 'x.pth', code))
    assert array.shape == (0,) and not array.dtype.hasobject


@needs_torch_2_6
def test_what_others_allowed_is_still_allowed_afterwards(tmp_path):
    torch.save({'buffer': HistoryBuffer([1.], [1])}, tmp_path / 'x.pth')
    before = torch.serialization.get_safe_globals()
    try:
        torch.serialization.add_safe_globals([HistoryBuffer, Path])
        load(str(tmp_path / 'x.pth'))
        assert {HistoryBuffer, Path} <= set(torch.serialization.get_safe_globals())
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


@needs_torch_2_6
def test_nothing_stays_allowed_after_a_load(tmp_path):
    torch.save({'value': np.float64(1)}, tmp_path / 'x.pth')
    before = set(torch.serialization.get_safe_globals())
    load(str(tmp_path / 'x.pth'))
    assert set(torch.serialization.get_safe_globals()) == before


def test_threads_may_load_at_once(tmp_path):
    torch.save({'buffer': HistoryBuffer([1.], [1])}, tmp_path / 'x.pth')
    faults = []

    def work():
        try:
            for _ in range(30):
                load(str(tmp_path / 'x.pth'))
        except Exception as error:  # kept for the main thread, where pytest sees it
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
