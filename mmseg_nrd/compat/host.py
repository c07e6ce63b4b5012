"""Checks of what is installed."""
from __future__ import annotations

import importlib.util
import inspect
import warnings

import torch


def require_mmseg() -> None:
    """Raise an ``ImportError`` that says what to install if a package of the host is missing."""
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
    """Raise an ``ImportError`` if torch is older than e.g. '2.5', which ``what`` needs."""
    version = torch.__version__
    if tuple(map(int, version.split('.')[:2])) < tuple(map(int, oldest.split('.'))):
        raise ImportError(
            f"torch {version}: {what} must have torch {oldest} or newer. Fix: pip install "
            f"'torch>={oldest}'. Training, testing and prediction go on with this one.")
