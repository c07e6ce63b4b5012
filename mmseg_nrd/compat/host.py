"""Checks of what is installed, and all changes of the host in one call."""
from __future__ import annotations

import importlib.util
import inspect
import warnings

import torch

from .forks import find_forked_mmseg
from .loading import load_checkpoints_safely
from .missing_ops import provide_mmcv_ops
from .saving import save_checkpoints_whole


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
            "pip install mmsegmentation mmengine 'mmcv-lite<2.2' (no compiler, no GPU); "
            'leave mmcv-lite out beside a full mmcv below 2.2.')


def warn_of_missing_pkg_resources() -> None:
    """Warn, with what to install, when this mmengine needs a missing ``pkg_resources``.

    mmengine resolves ``mmseg::`` bases with it, deep inside a config, where the bare
    ``ModuleNotFoundError`` does not tell what to do. Other configs do without it.
    """
    if importlib.util.find_spec('pkg_resources') is not None:
        return
    from mmengine.utils import package_utils
    if 'pkg_resources' in inspect.getsource(package_utils):
        warnings.warn(
            'mmengine needs pkg_resources, which setuptools 82 removed; without it no config '
            "with an 'mmseg::' base can be read. Fix: pip install 'setuptools<82'.", stacklevel=2)


def require_torch(oldest: str, what: str) -> None:
    """Say in one line which torch a part of this package needs.

    Args:
        oldest (str): Version, such as '2.5'.
        what (str): The part, for the message.

    Raises:
        ImportError: if torch is older.
    """
    version = torch.__version__
    if tuple(map(int, version.split('.')[:2])) < tuple(map(int, oldest.split('.'))):
        raise ImportError(
            f"torch {version}: {what} must have torch {oldest} or newer. Fix: pip install "
            f"'torch>={oldest}'. Training, testing and prediction go on with this one.")


def apply() -> None:
    """Check the host and change what this package needs of it; ``import mmseg_nrd`` calls it.

    Raises:
        ImportError: if MMSegmentation, mmengine or mmcv is missing.
    """
    require_mmseg()
    warn_of_missing_pkg_resources()
    find_forked_mmseg()
    provide_mmcv_ops()
    load_checkpoints_safely()
    save_checkpoints_whole()
