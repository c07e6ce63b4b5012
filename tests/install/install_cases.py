"""Commands as users type them."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path


def call(*command, cwd: Path, status: int = 0, timeout: float = 600,
         **environment: str) -> str:
    """Run a command as a user does, without this process's paths; what it prints."""
    inherited = {key: value for key, value in os.environ.items()
                 if not key.startswith('PYTHON')}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=timeout,
        env={**inherited, 'OMP_NUM_THREADS': '1', 'COLUMNS': '120', **environment})
    assert (done.returncode == 0) == (status == 0), done.stdout
    return done.stdout
