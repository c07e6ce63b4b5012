"""A command line that goes on while the test does, until it is sent a signal."""
from __future__ import annotations

import os
import signal
import subprocess
import sys

from street_scene_configs import ROOT


def start_tool(name: str, *arguments) -> subprocess.Popen:
    """Start ``tools/NAME.py``; both of its streams come out of ``stdout``, as text."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / 'tools' / f'{name}.py'), *map(str, arguments)], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        # A shell's background jobs, and what they start, are born deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
