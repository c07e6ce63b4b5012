"""What mmengine's training state needs to be loaded with ``weights_only``, and not more."""
from __future__ import annotations

import contextlib
import importlib
import threading

import torch

# Older allow-lists cannot serve one object under another's name, which getattr needs.
CAN_ALLOW_TRAINING_STATE = tuple(int(part) for part in torch.__version__.split('.')[:2]) >= (2, 6)

_STATISTICS = ('min', 'max', 'current', 'mean')


def _history_statistic(owner, name: str):
    """``getattr`` as checkpoints may use it: mmengine's four statistics and nothing else."""
    from mmengine.logging import HistoryBuffer
    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise AttributeError(
            f'a checkpoint asks for attribute {name!r} of {owner!r}; only {_STATISTICS} of '
            "mmengine's HistoryBuffer may be looked up while loading")
    return getattr(HistoryBuffer, name)


def _number_dtypes() -> dict:
    """numpy's built-in number types by the code with which pickles name them, as in 'f8'."""
    import numpy as np
    kinds = map(np.dtype, '?bBhHiIlLqQefdgFDG')
    return {f'{kind.kind}{kind.itemsize}': np.dtype(f'{kind.kind}{kind.itemsize}')
            for kind in kinds}


def _number_dtype(code, align=False, copy=False):
    """``numpy.dtype`` as checkpoints may use it: the built-in number types and nothing else.

    numpy believes the flags that a pickled dtype brings along, so a forged one makes bytes pass
    for pointers. The built-in instances ignore such state, their byte order included, so files
    are taken to be little-endian; copies and the other types do not.
    """
    if code not in _number_dtypes():
        raise ValueError(
            f'a checkpoint asks for an array of dtype {code!r}; only numbers may be loaded')
    return _number_dtypes()[code]


class _ArrayType:
    """What ``numpy.ndarray`` is in a checkpoint: a name to hand on, which cannot be called."""


# One object, so that the same entry is recognised in torch's list.
_ARRAY_TYPE = _ArrayType()


def _empty_array(*_):
    """``numpy``'s ``_reconstruct`` as checkpoints may use it: an array without elements.

    What it holds comes with its state, which numpy checks. ``numpy.ndarray`` itself believes any
    dtype, buffer and offset, and would make bytes pass for pointers.
    """
    import numpy as np
    return np.ndarray((0,), 'b')


def _training_state_globals() -> list:
    """What mmengine's training state names, as torch's ``weights_only`` allow-list wants it."""
    import numpy as np
    from mmengine.logging import HistoryBuffer
    scalar = np.float64(0).__reduce__()[0]
    encode = importlib.import_module('_codecs').encode
    return [
        HistoryBuffer, encode, (_ARRAY_TYPE, 'numpy.ndarray'),
        # Restoring needs the type listed; no pickle can spell a name with a line break.
        (np.ndarray, 'unreachable\n'), (_number_dtype, 'numpy.dtype'),
        # torch asks whether the type of what it restores is listed.
        *{type(kind) for kind in _number_dtypes().values()},
        # How an empty array's data is spelt; a few bytes can do no harm.
        bytes,
        # numpy 2 renamed the module; files of either age name their own.
        *((_empty_array, f'numpy.{core}.multiarray._reconstruct') for core in ('core', '_core')),
        *((scalar, f'numpy.{core}.multiarray.scalar') for core in ('core', '_core')),
        *((_history_statistic, f'{module}.getattr') for module in ('builtins', '__builtin__')),
    ]


# Torch's list is one for all threads, and leaving its context takes entries out again.
_LOADING = threading.RLock()


@contextlib.contextmanager
def training_state_allowed():
    """A context in which ``weights_only`` lets mmengine's training state pass."""
    if not CAN_ALLOW_TRAINING_STATE:
        yield
        return
    with _LOADING:
        # What somebody else has allowed must still be there afterwards.
        listed = torch.serialization.get_safe_globals()
        ours = [entry for entry in _training_state_globals() if entry not in listed]
        with torch.serialization.safe_globals(ours):
            yield
