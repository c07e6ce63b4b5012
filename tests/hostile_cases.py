"""Files that are hostile to whoever loads them, as the tests of checkpoints share them."""
from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

needs_torch_2_6 = pytest.mark.skipif(
    not hasattr(torch.serialization, 'get_safe_globals')
    or tuple(int(part) for part in torch.__version__.split('.')[:2]) < (2, 6),
    reason='tests what torch 2.6 brought')

# What another process is to run, to load as torch before 2.6 does.
LOAD_NARROWLY = 'import mmseg_nrd.compat.loading as l; l.CAN_ALLOW_TRAINING_STATE = False\n'
UNPICKLERS = {'torch': '', 'narrow': LOAD_NARROWLY}
on_both = [pytest.param('torch', marks=needs_torch_2_6), 'narrow']


class Call:
    """Pickles as a call; nested ones as nested calls."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __call__(self):
        """Never called: pickle merely wants whatever it calls to look callable."""

    def __reduce__(self):
        return self.call


def eval_by_getattr(code: str) -> Call:
    """eval(code), reached from a harmless function through getattr alone."""
    variables = Call(getattr, HistoryBuffer.mean, '__globals__')
    builtin = Call(Call(getattr, variables, '__getitem__'), '__builtins__')
    return Call(Call(Call(getattr, builtin, 'get'), 'eval'), code)


def bomb(kind: str, marker: Path):
    """Something that creates ``marker`` when it is unpickled carelessly."""
    code = f'open({str(marker)!r}, "w").close()'
    system = Call(os.system, f'touch {marker}')
    objects = np.empty(1, object)
    objects[0] = system
    return {
        'os.system': system,
        'eval': Call(eval, code),
        'getattr chain to eval': eval_by_getattr(code),
        'object array': objects,
        'in the message hub': dict(message_hub=dict(log_scalars={'loss': system})),
        'in a history': dict(log_scalars={'loss': Call(HistoryBuffer, [system], [1])}),
        'beside weights': dict(state_dict={'weight': torch.zeros(1)}, meta=system),
    }[kind]


KINDS = ['os.system', 'eval', 'getattr chain to eval', 'object array', 'in the message hub',
         'in a history', 'beside weights']


def swap_pickle(path: Path, hostile: object) -> None:
    """Replace what a good checkpoint says of itself, and leave its tensors as they are."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in entries.items():
            archive.writestr(
                name, pickle.dumps(hostile, 2) if name.endswith('data.pkl') else content)


def save_pickle(path: Path, code: bytes) -> None:
    """A zip checkpoint around opcodes written by hand."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('archive/data.pkl', b'\x80\x02' + code)
        archive.writestr('archive/version', '3\n')


def save_legacy(path: Path, code: bytes) -> None:
    """The same in torch's format from before the zip one."""
    with open(path, 'wb') as file:
        for part in (torch.serialization.MAGIC_NUMBER, torch.serialization.PROTOCOL_VERSION, {}):
            pickle.dump(part, file, 2)
        file.write(b'\x80\x02' + code)
        pickle.dump([], file, 2)


def number(value: int) -> bytes:
    return b'J' + value.to_bytes(4, 'little', signed=True)


def text(value: str) -> bytes:
    return b'X' + len(value).to_bytes(4, 'little') + value.encode()
