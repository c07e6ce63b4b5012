"""Which host the tests run on, and a fresh interpreter on it."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mmseg_nrd.compat.forks import is_installed

needs_upstreams_mmengine = pytest.mark.skipif(
    is_installed('onedl-mmengine'), reason='the fork onedl-mmengine does otherwise')


def python(code: str, *arguments) -> subprocess.CompletedProcess:
    """Run code where nothing is imported yet."""
    return subprocess.run([sys.executable, '-c', code, *map(str, arguments)], text=True,
                          cwd=Path(__file__).parents[1], capture_output=True)
