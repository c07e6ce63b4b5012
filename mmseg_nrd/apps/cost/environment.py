"""Where and with what a figure was measured."""
from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Optional

import mmcv
import mmengine
import mmseg
import numpy as np
import torch
from mmengine.device import get_device


def _commit() -> Optional[str]:
    """The commit of this checkout, '+' for changes; None if installed, or without git."""
    if shutil.which('git') is None:
        return None
    here = Path(__file__).parent
    described = subprocess.run(
        ['git', 'describe', '--always', '--abbrev=12', '--exclude=*', '--dirty=+'], cwd=here,
        capture_output=True, text=True, check=False)
    tracked = subprocess.run(
        ['git', 'ls-files', '--error-unmatch', __file__], cwd=here, capture_output=True,
        check=False)
    return described.stdout.strip() if tracked.returncode == 0 else None


def describe_environment(device: Optional[str] = None, **extra: object) -> Dict[str, object]:
    """Commit, versions, device and threads, for the record beside a figure, and ``extra``.

    ``device`` defaults to the machine's.
    """
    device = device or get_device()
    if device == 'cuda':
        extra = dict(gpu=torch.cuda.get_device_name(), **extra)
    return dict(
        commit=_commit(), python=platform.python_version(), torch=torch.__version__,
        mmseg=mmseg.__version__, mmengine=mmengine.__version__,
        mmcv=mmcv.__version__, numpy=np.__version__, device=device, machine=platform.machine(),
        threads=torch.get_num_threads(), **extra)


def environment_note(environment: Dict[str, object]) -> str:
    """What :func:`describe_environment` returned, as one line of a report."""
    return 'measured with ' + ', '.join(f'{key} {value}' for key, value in environment.items())


def differences(one: Dict[str, object], other: Dict[str, object]) -> str:
    """What stands in ``one`` and is not so in ``other``; empty if there is nothing."""
    return ', '.join(f'{key} {value}' for key, value in one.items() if other.get(key) != value)
