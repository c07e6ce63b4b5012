"""Folders that results will be written to."""
from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path


def check_folder(folder: Path, option: str) -> None:
    """Say that a folder cannot be made or written to, before hours are spent on its contents.

    It is tried, and what was made for that is removed again: other arguments may be wrong.

    Args:
        folder (Path): There already, or to be made with those above it.
        option (str): What named it, for the message.

    Raises:
        ValueError: if it cannot.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f'{option} {folder}: cannot be made or written to ({error.strerror}); must be a folder '
            'for new files. Fix: name another one.') from error
    finally:
        for path in missing:
            # It was not made, or another program has put something into it since.
            with contextlib.suppress(OSError):
                path.rmdir()
