"""mmengine's checkpoint loaders: with ``weights_only``, and with a sentence for what is refused."""
from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import types
from pathlib import Path
from typing import Callable, Iterator
from urllib.error import URLError
from urllib.parse import urlparse

import torch

from .training_state import CAN_ALLOW_TRAINING_STATE, training_state_allowed


class CheckpointError(ValueError):
    """What is no checkpoint, is torn or out of reach, or asks for more than data."""


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
def _explained(source: str) -> Iterator[None]:
    """Raise :class:`CheckpointError` for whatever goes wrong but access to the file itself."""
    try:
        yield
    # What torch raises for a file that is no checkpoint depends on its first bytes.
    except Exception as error:
        # It also seeks in vain where a zip file's end is missing.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        reason = _reason(error)
        asks_for_more = 'GLOBAL' in reason or 'asks for' in reason
        if asks_for_more and not CAN_ALLOW_TRAINING_STATE:
            fix = (f'It asks for more than weights, and torch {torch.__version__} can load nothing '
                   "else safely, mmengine's own training state included; nothing of it was run. "
                   "Fix: pip install 'torch>=2.6', or ask its author for a plain state dict.")
        elif asks_for_more:
            fix = ('It asks for more than weights and training state need; nothing of it was '
                   'run. Fix: do not load it unless you trust it; ask its author for a plain '
                   'state dict.')
        else:
            fix = ('It is torn, or torch.save did not write it. Fix: replace it by a whole copy, '
                   'or choose another one.')
        raise CheckpointError(
            f'{source}: cannot be read as a checkpoint ({reason}). {fix}') from error


def _name(file: object) -> str:
    return os.fspath(file) if isinstance(file, (str, os.PathLike)) else 'a checkpoint in memory'


class _WeightsOnlyTorch(types.ModuleType):
    """``torch`` with a ``load`` that always passes ``weights_only=True``."""

    def __getattr__(self, name: str):
        return getattr(torch, name)

    @staticmethod
    def load(f, *args, **options):
        with _explained(_name(f)), training_state_allowed():
            return torch.load(f, *args, **{**options, 'weights_only': True})


def _load_url(url: str, *args, **options):
    folder = args[0] if args else options.get('model_dir')
    cached = Path(folder or Path(torch.hub.get_dir(), 'checkpoints'),
                  options.get('file_name') or Path(urlparse(url).path).name)
    try:
        # A torn download stays until it is deleted.
        with _explained(f'{url} (as {cached})'), training_state_allowed():
            return torch.hub.load_state_dict_from_url(
                url, *args, **{**options, 'weights_only': True})
    except URLError as error:
        raise CheckpointError(
            f'{url}: cannot be fetched ({error}). Fix: check the address and the network, or '
            'give the path of a copy.') from error


def _without_config_text(load: Callable) -> Callable:
    """mmengine's loader, which then brings no code along.

    When they resume, mmengine's runners execute the text under ``meta.config`` as a Python config.
    Its own checkpoints have no such entry.
    """

    @functools.wraps(load)
    def load_data(cls, filename, map_location=None, logger='current'):
        checkpoint = load(cls, filename, map_location, logger)
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get('meta'), dict):
            checkpoint['meta'].pop('config', None)
        return checkpoint

    return load_data


def load_checkpoints_safely() -> None:
    """Make every checkpoint loader of mmengine use ``weights_only=True``, and succeed with it.

    Covers local files and buffers as well as weights named by URL, ``torchvision://`` and
    ``open-mmlab://``. What mmengine's own training state needs (metric history, numpy numbers)
    is on torch's allow-list for the time of these loads only; ``torch.load`` itself and what
    other code loads with it stay as they are. What is refused or torn raises
    :class:`CheckpointError`.

    Loading mmengine's own checkpoints this way needs torch 2.6; older versions still load
    plain state dicts and refuse the rest.
    """
    from mmengine.runner import checkpoint
    from mmengine.utils import dl_utils
    if isinstance(checkpoint.torch, _WeightsOnlyTorch):
        return
    checkpoint.torch = _WeightsOnlyTorch('torch')
    checkpoint.load_url = dl_utils.load_url = _load_url
    # onedl-mmengine's own loader allows the true getattr, which our narrow one cannot overrule.
    if hasattr(checkpoint, '_safe_torch_load'):
        checkpoint._safe_torch_load = _WeightsOnlyTorch.load
    # Some import the functions around it by name, others when they load; all end up here.
    loader = checkpoint.CheckpointLoader
    loader.load_checkpoint = classmethod(_without_config_text(loader.load_checkpoint.__func__))
