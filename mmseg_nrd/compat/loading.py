"""mmengine's checkpoint loaders: with ``weights_only``, and with a sentence for what is refused."""
from __future__ import annotations

import os
import types
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import torch

from .checkpoint_errors import CheckpointError, explain_unreadable
from .checkpoint_source import checked
from .training_state import training_state_allowed


def _name(file: object) -> str:
    return os.fspath(file) if isinstance(file, (str, os.PathLike)) else 'a checkpoint in memory'


class _WeightsOnlyTorch(types.ModuleType):
    """``torch`` with a ``load`` that always passes ``weights_only=True``."""

    def __getattr__(self, name: str):
        return getattr(torch, name)

    @staticmethod
    def load(f, *args, **options):
        with explain_unreadable(_name(f)), training_state_allowed():
            return torch.load(f, *args, **{**options, 'weights_only': True})


def _load_url(url: str, *args, **options):
    folder = args[0] if args else options.get('model_dir')
    cached = Path(folder or Path(torch.hub.get_dir(), 'checkpoints'),
                  options.get('file_name') or Path(urlparse(url).path).name)
    try:
        # A torn download stays until it is deleted.
        with explain_unreadable(f'{url} (as {cached})'), training_state_allowed():
            return torch.hub.load_state_dict_from_url(
                url, *args, **{**options, 'weights_only': True})
    except URLError as error:
        raise CheckpointError(
            f'{url}: cannot be fetched ({error}). Fix: check the address and the network, or '
            'give the path of a copy.') from error


def load_checkpoints_safely() -> None:
    """Make every checkpoint loader of mmengine use ``weights_only=True``, and succeed with it.

    Covers local files and buffers as well as weights named by URL, ``torchvision://`` and
    ``open-mmlab://``. What mmengine's own training state needs (metric history, numpy numbers)
    is on torch's allow-list for the time of these loads only; ``torch.load`` itself and what
    other code loads with it stay as they are. What is missing, refused or torn raises
    :class:`CheckpointError`, and so does what holds no dict of weights.

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
    loader.load_checkpoint = classmethod(checked(loader.load_checkpoint.__func__))
