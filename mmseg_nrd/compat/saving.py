"""Files written whole or not at all, mmengine's checkpoints among them."""
from __future__ import annotations

import contextlib
import functools
import os
import shutil
import uuid
from pathlib import Path
from typing import Callable, Iterator, Union

try:
    import fcntl
except ImportError:  # Windows: there, what a killed process left stays until somebody deletes it
    fcntl = None


def _remove_abandoned(target: Path) -> None:
    """Delete what killed processes left beside ``target``: nobody holds its lock any more."""
    for path in target.parent.iterdir():
        if path.name.startswith(f'{target.name}.') and path.name.endswith('.unfinished'):
            # Others may hold, delete or own it, and some storage knows no locks.
            with contextlib.suppress(OSError), open(path, 'rb+') as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


@contextlib.contextmanager
def _new_file_beside(target: Path) -> Iterator[Path]:
    """An empty file of a name that nobody else uses, locked while this process lives."""
    if fcntl is not None:
        _remove_abandoned(target)
    while True:
        path = target.with_name(f'{target.name}.{uuid.uuid4().hex[:8]}.unfinished')
        # The lock is that of the open file.
        with open(path, 'xb') as file:
            if fcntl is None:
                file.close()
            else:
                with contextlib.suppress(OSError):  # where there are no locks, nobody deletes it
                    fcntl.flock(file, fcntl.LOCK_EX)
            # Before it was locked, another writer may have taken it for abandoned.
            if path.exists():
                if target.exists():
                    shutil.copymode(target, path)
                yield path
                return


@contextlib.contextmanager
def whole_file(path: Union[str, Path]) -> Iterator[Path]:
    """A file to write, which replaces another one when it is written.

    A process killed in between leaves the old file as it was, and beside it one called
    ``NAME.*.unfinished``, which the next attempt deletes. Of several writers at once each has such
    a file of its own; what the last one wrote stays, whole.

    Args:
        path (str | Path): What to replace, in a folder that is there. What is no file, as a
            device or a pipe, is written in place.

    Yields:
        Path: what to write. It is there already, and empty.

    Example:
        >>> with whole_file('results.json') as unfinished:
        ...     unfinished.write_text('{}')
    """
    # A link stays a link.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        yield target
        return
    with _new_file_beside(target) as unfinished:
        try:
            yield unfinished
            # Else a power cut could leave the new name on the disk, and not what it names.
            with open(unfinished, 'rb+') as file:
                os.fsync(file.fileno())
            os.replace(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def _open_whole(path: str, mode: str) -> Iterator:
    """``open`` for mmengine's note of the last checkpoint."""
    with whole_file(path) as unfinished, open(unfinished, mode) as file:
        yield file


def _save_whole(save: Callable) -> Callable:
    """``mmengine.runner.save_checkpoint``, whole or not at all where it writes to a disk."""

    @functools.wraps(save)
    def save_checkpoint(checkpoint: dict, filename: str, file_client_args=None,
                        backend_args=None):
        from mmengine.fileio import LocalBackend, get_file_backend
        # A subclass may do more with the name than to write there.
        if '://' in filename or file_client_args is not None or type(
                get_file_backend(filename, backend_args=backend_args)) is not LocalBackend:
            return save(checkpoint, filename, file_client_args, backend_args)
        Path(filename).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(filename) as unfinished:
            return save(checkpoint, str(unfinished), backend_args=backend_args)

    return save_checkpoint


def save_checkpoints_whole() -> None:
    """Make mmengine write local checkpoints, and its note of the last one, whole or not at all.

    The same bytes arrive under the same names; storage with a backend of its own is left to it.
    """
    import mmengine.runner
    from mmengine.hooks import checkpoint_hook
    from mmengine.runner import checkpoint, runner
    if getattr(checkpoint_hook, 'open', None) is _open_whole:
        return
    whole = _save_whole(checkpoint.save_checkpoint)
    for module in (checkpoint, runner, mmengine.runner):
        module.save_checkpoint = whole
    checkpoint_hook.open = _open_whole
