"""Which host the tests run on."""
from __future__ import annotations

import pytest

from mmseg_nrd.compat.forks import is_installed

needs_upstreams_mmengine = pytest.mark.skipif(
    is_installed('onedl-mmengine'), reason='the fork onedl-mmengine does otherwise')
needs_upstreams_mmseg = pytest.mark.skipif(
    is_installed('onedl-mmsegmentation'), reason='the fork onedl-mmsegmentation does otherwise')
