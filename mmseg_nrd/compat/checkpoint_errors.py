"""What is wrong with a checkpoint, in a sentence."""
from __future__ import annotations

import contextlib
import errno
import re
from typing import Iterator
from urllib.error import URLError


class CheckpointError(ValueError):
    """What is no checkpoint, is torn or out of reach, or asks for more than data; a failed save."""


class MissingCheckpointError(CheckpointError, FileNotFoundError):
    """There is none; mmengine says so with a ``FileNotFoundError``, and callers may wait for it."""


def _reason(error: Exception) -> str:
    """What torch found, without its advice to load the file unsafely."""
    text = str(error).split('\n\nCheck the documentation')[0].split('WeightsUnpickler error:')[-1]
    # torch 2.6 puts the reason on the line below its advice.
    text = re.sub(r'^Weights only load failed[^\n]*\n', '', text.strip())
    text = text.split('\n\n')[-1].strip().split('\n')[0]
    for advice in ('. Please use', ' In PyTorch 2.6', ' This is an internal'):
        text = text.split(advice)[0]
    return f'{type(error).__name__}: {text.strip()}'.rstrip(': .')


@contextlib.contextmanager
def explain_unreadable(source: str) -> Iterator[None]:
    """Raise :class:`CheckpointError` for whatever goes wrong while a checkpoint is read.

    Args:
        source (str): What is read, for the message.
    """
    try:
        yield
    except (CheckpointError, URLError):
        raise
    # What torch raises for a file that is no checkpoint depends on its first bytes.
    except Exception as error:
        reason = _reason(error)
        asks_for_more = 'GLOBAL' in reason or 'asks for' in reason
        # torch also seeks in vain where a zip file's end is missing.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            fix = 'Fix: make it readable, or choose another one.'
        elif asks_for_more:
            fix = ('It asks for more than weights and training state need; nothing of it was '
                   'run. Fix: do not load it unless you trust it; ask its author for a plain '
                   'state dict.')
        else:
            fix = ('It is torn, or torch.save did not write it. Fix: replace it by a whole copy, '
                   'or choose another one.')
        raise CheckpointError(
            f'{source}: cannot be read as a checkpoint ({reason}). {fix}') from error
