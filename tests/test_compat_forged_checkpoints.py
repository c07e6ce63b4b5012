"""Checkpoints whose dtypes lie about what their arrays hold."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hostile_cases import UNPICKLERS, number, on_both, save_pickle, text

ROOT = Path(__file__).parents[1]


def dtype(code: str) -> bytes:
    return b'cnumpy\ndtype\n' + text(code) + b'\x89\x88\x87R'


def forged(code: str) -> bytes:
    """A dtype whose pickled state lies about what its arrays hold, as opcodes."""
    fields, sizes, flags = b'NN', (-1, -1), 63  # 63: "holds objects", on plain numbers
    if code == 'V8':  # the other way round: a field of objects, and flags that deny it
        fields, sizes, flags = b'(' + text('a') + b't}' + text('a') + dtype('O') + number(
            0) + b'\x86s', (8, 1), 0
    numbers = b''.join(map(number, (*sizes, flags)))
    return dtype(code) + b'(' + number(3) + text('|') + b'N' + fields + numbers + b'tb.'


@pytest.fixture(scope='module', params=on_both)
def forgeries(request, tmp_path_factory):
    """What loading each forged dtype comes to: 'plain', 'objects', 'refused' or, worse, None."""
    folder, found = tmp_path_factory.mktemp('forged'), {}
    for code in FORGED:
        save_pickle(folder / f'{code}.pth', forged(code))
    # In processes of their own, as one of these may take its process down.
    done = subprocess.run([sys.executable, '-c', UNPICKLERS[request.param] + '''
import os, sys, mmseg_nrd
from mmengine.runner.checkpoint import load_from_local
for path in sys.argv[1:]:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    try:
        loaded = load_from_local(path, 'cpu')
        verdict = 'objects' if loaded.hasobject or loaded.fields else 'plain'
    except Exception:
        verdict = 'refused'
    os.write(1, f'VERDICT {os.path.basename(path)[:-4]} {verdict}\\n'.encode())
    os._exit(0)''', *(str(folder / f'{code}.pth') for code in FORGED)],
                          cwd=ROOT, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith('VERDICT'):
            _, code, found[code] = line.split()
    return found


# numpy trusts the flags that a pickled dtype brings along: with the right ones, plain bytes
# pass for pointers to objects, and touching the array crashes, or worse.
FORGED = ['f8', 'i8', '?', 'M8[s]', 'U4', 'V8']


@pytest.mark.parametrize('code', FORGED)
def test_forged_dtypes_make_no_pointers(code, forgeries):
    assert forgeries.get(code) in ('plain', 'refused')
