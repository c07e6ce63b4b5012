"""Mends of the host environment, so that MMSegmentation 1.x runs on today's packages.

Three things stand between a fresh ``pip install`` and a training run:

* ``mmcv-lite`` has no compiled ops, and ``import mmseg.models`` asks for them;
* torch 2.6 loads checkpoints with ``weights_only=True``, which refuses the training state
  that mmengine saves, while weights from URLs are still loaded without it;
* setuptools 82 dropped ``pkg_resources``, which mmengine needs for ``mmseg::`` configs.

:func:`apply` mends the first two and explains the third. It is idempotent, it changes
nothing that works already, and it imports nothing else of this package.
"""
from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
import threading
import types

import torch

_EXTENSION = 'mmcv._ext'
_STATISTICS = ('min', 'max', 'current', 'mean')


def require_mmseg() -> None:
    """Say in one line what to install when MMSegmentation or mmcv is missing.

    Raises:
        ImportError: if ``mmseg``, ``mmengine`` or ``mmcv`` cannot be found.
    """
    missing = [name for name in ('mmseg', 'mmengine', 'mmcv')
               if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f'mmseg_nrd needs MMSegmentation, but {", ".join(missing)} is not installed. Fix: '
            "pip install 'mmseg_nrd[lite]' (with mmcv-lite: no compiler, no GPU) or "
            "pip install 'mmseg_nrd[mmseg]' beside an mmcv of your own.")


def require_pkg_resources() -> None:
    """Say in one line what to install when this mmengine needs a missing ``pkg_resources``.

    mmengine resolves ``mmseg::`` bases with it, deep inside a config, where the bare
    ``ModuleNotFoundError`` does not tell what to do.

    Raises:
        ImportError: if ``pkg_resources`` is missing and mmengine imports it.
    """
    if importlib.util.find_spec('pkg_resources') is not None:
        return
    from mmengine.utils import package_utils
    if 'pkg_resources' in inspect.getsource(package_utils):
        raise ImportError(
            'mmengine needs pkg_resources, which setuptools 82 removed; without it no config '
            "with an 'mmseg::' base can be read. Fix: pip install 'setuptools<82'.")


class _MissingOps(types.ModuleType):
    """Answers for ``mmcv._ext`` while ``mmcv.ops`` is imported: each op raises when called."""

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)

        def missing_op(*args, **kwargs):
            raise NotImplementedError(
                f"the compiled mmcv op '{name}' was called, but mmcv-lite has no compiled ops. "
                'Fix: install the full mmcv (pip install openmim; mim install mmcv), or choose '
                'a model that does not need this op.')

        missing_op.__name__ = name
        return missing_op


def provide_mmcv_ops() -> bool:
    """Make ``mmcv.ops`` importable with mmcv-lite.

    The stand-in for the extension is there only while ``mmcv.ops`` is imported: mmengine's
    ``mmcv_full_available()`` looks for the same name and must not find it.

    Returns:
        bool: whether the stand-in was needed. With a full mmcv nothing is touched.
    """
    if 'mmcv.ops' in sys.modules or importlib.util.find_spec(_EXTENSION) is not None:
        return False
    sys.modules[_EXTENSION] = _MissingOps(_EXTENSION)
    try:
        importlib.import_module('mmcv.ops')
    finally:
        del sys.modules[_EXTENSION]
    return True


def _history_statistic(owner, name: str):
    """``getattr`` as checkpoints may use it: mmengine's four statistics and nothing else."""
    from mmengine.logging import HistoryBuffer
    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise AttributeError(
            f'a checkpoint asks for attribute {name!r} of {owner!r}; only {_STATISTICS} of '
            "mmengine's HistoryBuffer may be looked up while loading. Fix: do not load this "
            'file unless you trust it; ask its author for a plain state dict.')
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
            f'a checkpoint asks for an array of dtype {code!r}; only numbers may be loaded. Fix: '
            'do not load this file unless you trust it; ask its author for a plain state dict.')
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
def _training_state_allowed():
    """A context in which ``weights_only`` lets mmengine's training state pass."""
    # Older allow-lists cannot serve one object under another's name, which getattr needs.
    if tuple(int(part) for part in torch.__version__.split('.')[:2]) < (2, 6):
        yield
        return
    with _LOADING:
        # What somebody else has allowed must still be there afterwards.
        listed = torch.serialization.get_safe_globals()
        ours = [entry for entry in _training_state_globals() if entry not in listed]
        with torch.serialization.safe_globals(ours):
            yield


class _WeightsOnlyTorch(types.ModuleType):
    """``torch`` with a ``load`` that always passes ``weights_only=True``."""

    def __getattr__(self, name: str):
        return getattr(torch, name)

    @staticmethod
    def load(*args, **options):
        with _training_state_allowed():
            return torch.load(*args, **{**options, 'weights_only': True})


def _load_url(*args, **options):
    with _training_state_allowed():
        return torch.hub.load_state_dict_from_url(*args, **{**options, 'weights_only': True})


def load_checkpoints_safely() -> None:
    """Make every checkpoint loader of mmengine use ``weights_only=True``, and succeed with it.

    Covers local files and buffers as well as weights named by URL, ``torchvision://`` and
    ``open-mmlab://``. What mmengine's own training state needs (metric history, numpy numbers)
    is on torch's allow-list for the time of these loads only; ``torch.load`` itself and what
    other code loads with it stay as they are.

    Loading mmengine's own checkpoints this way needs torch 2.6; older versions still load
    plain state dicts and refuse the rest.
    """
    from mmengine.runner import checkpoint
    from mmengine.utils import dl_utils
    if isinstance(checkpoint.torch, _WeightsOnlyTorch):
        return
    checkpoint.torch = _WeightsOnlyTorch('torch')
    checkpoint.load_url = dl_utils.load_url = _load_url


def apply() -> None:
    """Check the host and mend it. Called once, by ``import mmseg_nrd``.

    Raises:
        ImportError: if MMSegmentation or ``pkg_resources`` is missing.
    """
    require_mmseg()
    require_pkg_resources()
    provide_mmcv_ops()
    load_checkpoints_safely()
