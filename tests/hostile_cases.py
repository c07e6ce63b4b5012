"""Hostile checkpoints for tests."""
from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

needs_torch_2_6 = pytest.mark.skipif(
    tuple(int(part) for part in torch.__version__.split('.')[:2]) < (2, 6),
    reason="before torch 2.6, mmengine's loaders stay as they are")


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


KINDS = ('os.system', 'eval', 'getattr chain to eval', 'object array', 'in the message hub',
         'in a history', 'beside weights')


def save_pickle(path: Path, code: bytes) -> None:
    """A zip checkpoint around opcodes written by hand."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('archive/data.pkl', b'\x80\x02' + code)
        archive.writestr('archive/version', '3\n')


def number(value: int) -> bytes:
    return b'J' + value.to_bytes(4, 'little', signed=True)


def text(value: str) -> bytes:
    return b'X' + len(value).to_bytes(4, 'little') + value.encode()
