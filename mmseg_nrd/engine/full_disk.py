"""Say in a sentence that a disk is full."""
from __future__ import annotations

import contextlib
import errno
from typing import Iterator


@contextlib.contextmanager
def full_disk_in_a_sentence(folder: str) -> Iterator[None]:
    """End the program with a sentence when there is no room for logs or results.

    Other errors pass. Checkpoints have errors of their own, which name the file.

    Args:
        folder (str): What is written to, for the message; a failed write does not name its file.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SystemExit(
            f'error: {error.filename or folder}: cannot be written ({error}). Fix: make room on '
            'the disk, or name another folder with --work-dir; a training then goes on from its '
            'last checkpoint with --resume.') from error
