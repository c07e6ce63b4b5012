"""Files that are there whole or not at all, mmengine's checkpoints among them."""
from __future__ import annotations

import contextlib
import functools
import os
from pathlib import Path
from typing import Callable, Iterator, Union


@contextlib.contextmanager
def whole_file(path: Union[str, Path]) -> Iterator[Path]:
    """A file to write that takes the place of another one when it is written.

    A process killed in between leaves the old file as it was, and beside it one called
    ``NAME.unfinished``, which the next attempt writes over.

    Args:
        path (str | Path): What to replace.

    Yields:
        Path: what to write.

    Example:
        >>> with whole_file('results.json') as unfinished:
        ...     unfinished.write_text('{}')
    """
    # A link stays a link.
    target = Path(os.path.realpath(path))
    unfinished = target.with_name(target.name + '.unfinished')
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


def _saved_whole(save: Callable) -> Callable:
    """``mmengine.runner.save_checkpoint``, wholly or not at all where it writes to a disk."""

    @functools.wraps(save)
    def save_whole(checkpoint: dict, filename: str, file_client_args=None, backend_args=None):
        from mmengine.fileio import LocalBackend, get_file_backend
        if '://' in filename or file_client_args is not None or not isinstance(
                get_file_backend(filename, backend_args=backend_args), LocalBackend):
            return save(checkpoint, filename, file_client_args, backend_args)
        with whole_file(filename) as unfinished:
            return save(checkpoint, str(unfinished), backend_args=backend_args)

    return save_whole


def save_checkpoints_whole() -> None:
    """Make mmengine write local checkpoints, and its note of the last one, wholly or not at all.

    The same bytes arrive under the same names; storage with a backend of its own is left to it.
    """
    import mmengine.runner
    from mmengine.hooks import checkpoint_hook
    from mmengine.runner import checkpoint, runner
    if hasattr(checkpoint.save_checkpoint, '__wrapped__'):
        return
    whole = _saved_whole(checkpoint.save_checkpoint)
    for module in (checkpoint, runner, mmengine.runner):
        module.save_checkpoint = whole
    checkpoint_hook.open = _open_whole
