"""Say in a sentence that a disk is full."""
from __future__ import annotations

import contextlib
import errno
from typing import Iterator

_OF_A_RUN = ('name another folder with --work-dir; a training then goes on from its last '
             'checkpoint with --resume')


@contextlib.contextmanager
def full_disk_in_a_sentence(folder: str, otherwise: str = _OF_A_RUN) -> Iterator[None]:
    """End the program with a sentence when there is no room for logs or results.

    Other errors pass. Checkpoints have errors of their own, which name the file.

    Args:
        folder (str): What is written to, for the message; a failed write does not name its file.
        otherwise (str): What to do if there is no room to be made. Defaults to what goes for a
            training or a test.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SystemExit(
            f'error: {error.filename or folder}: cannot be written ({error}). Fix: make room on '
            f'the disk, or {otherwise}.') from error
