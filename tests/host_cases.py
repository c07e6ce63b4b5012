"""Which host the tests run on."""
from __future__ import annotations

import importlib.metadata

import pytest


def is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


needs_upstreams_mmengine = pytest.mark.skipif(
    is_installed('onedl-mmengine'), reason='the fork onedl-mmengine does otherwise')
needs_upstreams_mmseg = pytest.mark.skipif(
    is_installed('onedl-mmsegmentation'), reason='the fork onedl-mmsegmentation does otherwise')
