"""What torch must allow so that mmengine's training state loads with ``weights_only``."""
from __future__ import annotations

import contextlib
import functools
import importlib
import threading

import torch

_STATISTICS = ('min', 'max', 'current', 'mean')
# The class's name in a checkpoint: to look functions up by, not to be called.
_ONE_CYCLE = object()
_ANNEALINGS = ('_annealing_cos', '_annealing_linear')


@functools.cache
def _history_type() -> type:
    """What ``HistoryBuffer`` is in a checkpoint: made empty, and filled once, with numbers.

    mmengine's own believes what it is filled with: statistics for all histories to use, and
    anything that numpy is to make an array of, be it an object that claims to have one anywhere
    in memory.
    """
    import numpy as np
    from mmengine.logging import HistoryBuffer

    class CheckpointHistory(HistoryBuffer):

        def __init__(self):
            super().__init__()

        def __setstate__(self, state: dict):
            logs, counts = state['_log_history'], state['_count_history']
            if not type(logs) is type(counts) is np.ndarray or type(state['max_length']) is not int:
                raise TypeError(
                    f'a checkpoint asks for a metric history of {type(logs).__name__} and '
                    f'{type(counts).__name__}; only arrays of numbers may be loaded')
            self.__dict__.update(
                max_length=state['max_length'], _log_history=logs, _count_history=counts)
            self.__class__ = HistoryBuffer

    return CheckpointHistory


def _attribute(owner, name: str):
    """``getattr`` as checkpoints may use it: six pure functions of mmengine and nothing else."""
    from mmengine.logging import HistoryBuffer
    from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler
    # The true one is served where somebody else has put it on torch's list.
    if owner in (_history_type(), HistoryBuffer) and name in _STATISTICS:
        return getattr(HistoryBuffer, name)
    if owner in (_ONE_CYCLE, OneCycleParamScheduler) and name in _ANNEALINGS:
        return getattr(OneCycleParamScheduler, name)
    raise AttributeError(
        f"a checkpoint asks for attribute {name!r} of {owner!r}; only {_STATISTICS} of mmengine's "
        f'HistoryBuffer and {_ANNEALINGS} of its OneCycleParamScheduler may be looked up while '
        'loading')


def _number_dtypes() -> dict:
    """numpy's built-in number types by the code with which pickles name them, as in 'f8'."""
    import numpy as np
    codes = {f'{kind.kind}{kind.itemsize}' for kind in map(np.dtype, '?bBhHiIlLqQefdgFDG')}
    return {code: np.dtype(code) for code in codes}


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


def _empty_array(*_):
    """``numpy``'s ``_reconstruct`` as checkpoints may use it: an array without elements.

    What it holds comes with its state, which numpy checks. ``numpy.ndarray`` itself believes any
    dtype, buffer and offset, and would make bytes pass for pointers.
    """
    import numpy as np
    return np.ndarray((0,), 'b')


def _training_state_globals() -> dict:
    """What mmengine's training state names, and what it gets under each name."""
    import numpy as np
    scalar = np.float64(0).__reduce__()[0]
    fillable = {np.ndarray, _history_type(), *map(type, _number_dtypes().values())}
    return {
        'mmengine.logging.history_buffer.HistoryBuffer': _history_type(),
        'mmengine.optim.scheduler.param_scheduler.OneCycleParamScheduler': _ONE_CYCLE,
        '_codecs.encode': importlib.import_module('_codecs').encode,
        'numpy.dtype': _number_dtype,
        # A name to hand on, which cannot be called.
        'numpy.ndarray': object(),
        # How an empty array's data is spelt; a few bytes can do no harm.
        'builtins.bytes': bytes,
        # numpy 2 renamed the module; files of either age name their own.
        **{f'numpy.{core}.multiarray._reconstruct': _empty_array for core in ('core', '_core')},
        **{f'numpy.{core}.multiarray.scalar': scalar for core in ('core', '_core')},
        **{f'{module}.getattr': _attribute for module in ('builtins', '__builtin__')},
        # What may be filled must be listed; no pickle can spell a name with a line break.
        **{f'{kind.__name__}\n': kind for kind in fillable},
    }


# Torch's list is one for all threads, and leaving its context takes entries out again.
_LOADING = threading.RLock()


@contextlib.contextmanager
def training_state_allowed():
    """A context in which torch's ``weights_only`` lets mmengine's training state pass."""
    with _LOADING:
        # What somebody else has allowed is served as it is, and stays afterwards.
        listed = {entry[1] if isinstance(entry, tuple) else
                  f'{entry.__module__}.{entry.__qualname__}'
                  for entry in torch.serialization.get_safe_globals()}
        ours = [(value, name) for name, value in _training_state_globals().items()
                if name not in listed]
        with torch.serialization.safe_globals(ours):
            yield
