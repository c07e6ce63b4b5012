"""What mmengine's checkpoint loader is asked for, and what it brings."""
from __future__ import annotations

import functools
import os
from typing import Callable
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .checkpoint_errors import CheckpointError, MissingCheckpointError


def find_checkpoint(source: str) -> str:
    """Where a checkpoint is.

    Args:
        source (str): Path, ``file://`` URL, or another address, as mmengine takes them.

    Returns:
        str: the path of a file that is there; any other address as it is.

    Raises:
        CheckpointError: if ``source`` is no text.
        MissingCheckpointError: if it is on this machine and no file.
    """
    if not isinstance(source, str):
        raise CheckpointError(
            f'checkpoint {source!r}: must be text. Fix: pass the path or URL of one.')
    path = source
    if source.startswith('file://'):
        address = urlsplit(source)
        if address.netloc not in ('', 'localhost'):
            raise MissingCheckpointError(
                f'checkpoint {source!r}: is on {address.netloc!r}; a file must be on this machine. '
                'Fix: file:///PATH, with three slashes, or the path itself.')
        path = url2pathname(address.path)
    elif '://' in source:
        return source
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        raise MissingCheckpointError(
            f'checkpoint {source!r}: is a folder; must be a file. Fix: name one in it.')
    if not os.path.isfile(path):
        raise MissingCheckpointError(
            f'checkpoint {source!r}: no such file. Fix: pass the path or URL of one.')
    return path


def _check_weights(source: str, checkpoint: object) -> None:
    """Refuse what mmengine would fail on when it looks for weights in it."""
    rule = ("must hold a dict, of parameters by name or with them under 'state_dict'. "
            'Fix: save model.state_dict().')
    if not isinstance(checkpoint, dict):
        raise CheckpointError(f'{source}: holds a {type(checkpoint).__name__}; {rule}')
    weights = checkpoint.get('state_dict', checkpoint)
    if not isinstance(weights, dict):
        raise CheckpointError(
            f"{source}: holds a {type(weights).__name__} under 'state_dict'; {rule}")
    for name in weights:
        if not isinstance(name, str):
            raise CheckpointError(f'{source}: holds a parameter called {name!r}; {rule}')


def checked(load: Callable) -> Callable:
    """``CheckpointLoader.load_checkpoint`` of mmengine, which then says what it cannot find or use.

    It brings no code along either. When they resume, mmengine's runners execute the text under
    ``meta.config`` as a Python config; its own checkpoints have no such entry.
    """

    @functools.wraps(load)
    def load_checkpoint(cls, filename, map_location=None, logger='current'):
        source = find_checkpoint(filename)
        try:
            checkpoint = load(cls, source, map_location, logger)
        # mmengine looks up torchvision:// and the like; whatever cannot be read is explained.
        except KeyError as error:
            raise MissingCheckpointError(
                f'checkpoint {filename!r}: no model of that name is known to this mmengine. '
                'Fix: pass the path or URL of one.') from error
        _check_weights(filename, checkpoint)
        if isinstance(checkpoint.get('meta'), dict):
            checkpoint['meta'].pop('config', None)
        return checkpoint

    return load_checkpoint
