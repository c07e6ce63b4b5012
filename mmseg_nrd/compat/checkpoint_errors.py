"""Errors of checkpoints that are missing, unreadable, or refused."""
from __future__ import annotations

import contextlib
import errno
import pickle
import re
from typing import Iterator


class CheckpointError(ValueError):
    """A checkpoint cannot be used."""


class MissingCheckpointError(CheckpointError, FileNotFoundError):
    """There is no such file; mmengine raises a ``FileNotFoundError``, which callers may catch."""


class UnreadableCheckpointError(
        CheckpointError, pickle.UnpicklingError, RuntimeError, EOFError):
    """torch cannot load a file; it raises one of these itself, which callers may catch."""


def _reason(error: Exception) -> str:
    """What torch found, without its advice to load the file unsafely."""
    text = str(error).split('\n\nCheck the documentation')[0].split('WeightsUnpickler error:')[-1]
    # torch 2.6 puts the reason on the line below its advice.
    text = re.sub(r'^Weights only load failed[^\n]*\n', '', text.strip())
    text = text.split('\n\n')[-1].strip().split('\n')[0]
    for advice in ('. Please use `torch.serialization', ' In PyTorch 2.6', ' This is an internal'):
        text = text.split(advice)[0]
    return f'{type(error).__name__}: {text.strip()}'.rstrip(': .')


@contextlib.contextmanager
def explain_unreadable(source: str) -> Iterator[None]:
    """Raise an ``UnreadableCheckpointError`` that names the file when torch cannot load it.

    Errors of the operating system and of the network pass as they are.
    """
    try:
        yield
    except CheckpointError:
        raise
    # What torch raises for a file that is no checkpoint depends on its first bytes.
    except Exception as error:
        # torch also seeks in vain where a zip file's end is missing.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        reason = _reason(error)
        if 'GLOBAL' in reason or 'asks for' in reason:
            fix = ('It asks for more than weights and training state need; nothing of it was '
                   'run. Fix: do not load it unless you trust it; ask its author for a plain '
                   'state dict.')
        elif 'map_location' in reason:  # torch says what to do
            fix = ''
        else:
            fix = ('Fix: if it is torn, or torch.save did not write it, replace it by a whole '
                   'copy.')
        raise UnreadableCheckpointError(
            f'{source}: cannot be read as a checkpoint ({reason}). {fix}'.rstrip()) from error
