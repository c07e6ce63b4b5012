"""The forks onedl-mmengine and onedl-mmsegmentation, which bring upstream's import names."""
from __future__ import annotations

import importlib.metadata

_FORKED_MMSEG = 'onedl-mmsegmentation'


def is_installed(distribution: str) -> bool:
    """Whether there is a distribution of this name, whatever it imports as."""
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def find_forked_mmseg() -> bool:
    """Let ``mmseg::`` bases be found where the fork onedl-mmsegmentation provides ``mmseg``.

    mmengine looks configs up by the name of the distribution, and its fork too still knows
    upstream's alone.

    Returns:
        bool: whether the name was changed. With upstream's MMSegmentation nothing is touched.
    """
    from mmengine.config.utils import MODULE2PACKAGE
    if is_installed(MODULE2PACKAGE['mmseg']) or not is_installed(_FORKED_MMSEG):
        return False
    MODULE2PACKAGE['mmseg'] = _FORKED_MMSEG
    return True
