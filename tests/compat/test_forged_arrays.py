"""No checkpoint can make numpy take bytes of the file for pointers, or read beside its buffer."""
from __future__ import annotations

import pickle
from collections import OrderedDict

import pytest
from host_cases import python
from hostile_cases import needs_torch_2_6, number, save_pickle, text
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import load_from_local

pytestmark = needs_torch_2_6


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
FORGED_ARRAYS = {
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


def dtype(code: str) -> bytes:
    return b'cnumpy\ndtype\n' + text(code) + b'\x89\x88\x87R'


def forged_dtype(code: str) -> bytes:
    """A dtype whose pickled state lies about what its arrays hold, as opcodes."""
    fields, sizes, flags = b'NN', (-1, -1), 63  # 63: "holds objects", on plain numbers
    if code == 'V8':  # the other way round: a field of objects, and flags that deny it
        fields, sizes, flags = b'(' + text('a') + b't}' + text('a') + dtype('O') + number(
            0) + b'\x86s', (8, 1), 0
    numbers = b''.join(map(number, (*sizes, flags)))
    return dtype(code) + b'(' + number(3) + text('|') + b'N' + fields + numbers + b'tb.'


# numpy trusts the flags that a pickled dtype brings along: with the right ones, plain bytes
# pass for pointers to objects, and touching the array crashes, or worse.
FORGED = {**{name: code + b'.' for name, code in FORGED_ARRAYS.items()},
          **{code: forged_dtype(code) for code in ('f8', 'i8', '?', 'M8[s]', 'U4', 'V8')}}
# In a process of its own for each, which such a file could take down.
LOAD = '''
import os, sys, mmseg_nrd
from mmengine.runner.checkpoint import load_from_local
for path in sys.argv[1:]:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    try:
        loaded = load_from_local(path, 'cpu')
        plain = 'plain' if loaded.hasobject is False and loaded.fields is None else 'LOADED'
    except Exception:
        plain = 'refused'
    os.write(1, f'VERDICT {os.path.basename(path)} {plain}\\n'.encode())
    os._exit(0)
'''


@pytest.fixture(scope='module')
def verdicts(tmp_path_factory):
    """By number: 'plain' for a dtype of numbers, 'refused' or, worse, 'LOADED' or nothing."""
    folder = tmp_path_factory.mktemp('forged')
    for index, code in enumerate(FORGED.values()):
        save_pickle(folder / str(index), code)
    done = python(LOAD, *(folder / str(index) for index in range(len(FORGED))))
    return dict(line.split()[1:] for line in done.stdout.splitlines() if 'VERDICT' in line)


@pytest.mark.parametrize('name', FORGED)
def test_numpy_is_not_deceived(name, verdicts):
    verdict = verdicts.get(str(list(FORGED).index(name)))
    assert verdict == 'refused' or verdict == 'plain' and name not in FORGED_ARRAYS


def test_reconstruct_makes_no_object_array(tmp_path):
    save_pickle(tmp_path / 'x.pth', RECONSTRUCT + ARRAY + SHAPE + text('O') + b'\x87R.')
    array = load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    assert array.shape == (0,) and not array.dtype.hasobject
