"""Checks of what is installed, and MMSegmentation on an mmcv that it does not know."""
from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import re
import warnings

_OLDEST = {'mmseg': '1.2.2', 'mmengine': '0.8.4'}
_FIX = ("Fix: pip install -U 'mmsegmentation>=1.2.2' 'mmengine>=0.8.4' 'mmcv-lite>=2.0.1,<2.2' (no "
        'compiler, no GPU); leave mmcv-lite out beside a full mmcv of these versions.')


def require_mmseg() -> None:
    """Import MMSegmentation, with mmcv 2.2 too, which it refuses by the version alone.

    Raises:
        ImportError: that says what to install, if a package of the host is missing, too old or
            too new.
    """
    missing = [name for name in ('mmseg', 'mmengine', 'mmcv')
               if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f'mmseg_nrd needs MMSegmentation, but {", ".join(missing)} is not installed. {_FIX}')
    try:
        mmseg = _import_mmseg()
    except AssertionError as error:
        raise ImportError(f'MMSegmentation refuses a package: {error} {_FIX}') from None
    for module in (mmseg, importlib.import_module('mmengine')):
        oldest = _OLDEST[module.__name__]
        if release(module.__version__) < release(oldest):
            raise ImportError(f'{module.__name__} {module.__version__}: mmseg_nrd needs {oldest} '
                              f'or newer. {_FIX}')


def release(version: str) -> tuple:
    return tuple(map(int, re.findall(r'\d+', version)[:3]))


def _import_mmseg():
    """The module; where it is imported already, as it is."""
    try:
        return importlib.import_module('mmseg')
    except AssertionError:
        mmcv = importlib.import_module('mmcv')
        version = mmcv.__version__
        if release(version)[:2] != (2, 2):
            raise
    mmcv.__version__ = '2.1.0'
    try:
        mmseg = importlib.import_module('mmseg')
    finally:
        mmcv.__version__ = version
    mmseg.mmcv_version = mmseg.digit_version(version)
    logging.getLogger('mmseg_nrd').warning(
        'mmcv %s: MMSegmentation %s, which refuses it by its version alone, was imported all the '
        'same', version, mmseg.__version__)
    return mmseg


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
