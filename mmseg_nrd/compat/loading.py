"""mmengine's checkpoint loaders, made safe: they load with ``weights_only=True``."""
from __future__ import annotations

import functools
import os
import types
from pathlib import Path
from typing import Callable, Optional
from urllib.parse import urlparse

import torch

from .checkpoint_errors import explain_unreadable
from .checkpoint_source import find_checkpoint, find_in_package
from .host import release
from .training_state import training_state_allowed


def _weights_only() -> Optional[bool]:
    """True, or nothing where somebody trusts the files: torch reads the variable then, and warns.

    torch does not look at it where ``weights_only`` is given.
    """
    return None if 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD' in os.environ else True


class _WeightsOnlyTorch(types.ModuleType):
    """``torch``, but ``load`` passes ``weights_only=True`` whatever it is told."""

    def __getattr__(self, name: str):
        return getattr(torch, name)

    @staticmethod
    def load(f, map_location=None, **options):
        name = os.fspath(f) if isinstance(f, (str, os.PathLike)) else 'a checkpoint in memory'
        options['weights_only'] = _weights_only()
        with explain_unreadable(name), training_state_allowed():
            return torch.load(f, map_location, **options)


def _load_url(url: str, model_dir=None, map_location=None, progress=True, check_hash=False,
              file_name=None, weights_only=True):
    """``torch.hub``'s loader with ``weights_only=True``, whatever it is told."""
    # A torn download stays until it is deleted, so the message says where it is.
    folder = model_dir or Path(torch.hub.get_dir(), 'checkpoints')
    file = Path(folder, file_name or Path(urlparse(url).path).name)
    with explain_unreadable(f'{url} (as {file})'), training_state_allowed():
        return torch.hub.load_state_dict_from_url(
            url, model_dir, map_location, progress, check_hash, file_name,
            weights_only=_weights_only())


def _find_first(load: Callable) -> Callable:
    """``CheckpointLoader.load_checkpoint``, which also takes ``file://`` URLs."""

    @functools.wraps(load)
    def load_checkpoint(cls, filename, map_location=None, logger='current'):
        return load(cls, find_checkpoint(filename), map_location, logger)

    return load_checkpoint


def _without_config(load: Callable) -> Callable:
    """Without what mmengine's runners execute as they resume; its own checkpoints have none."""

    @functools.wraps(load)
    def load_checkpoint(self, *args, **options):
        checkpoint = load(self, *args, **options)
        if isinstance(checkpoint.get('meta'), dict):
            checkpoint['meta'].pop('config', None)
        return checkpoint

    return load_checkpoint


def load_from_package(filename: str, map_location=None):
    """mmengine's loader of ``package://PACKAGE/FILE``: weights that came by pip."""
    path = find_in_package(filename)
    with explain_unreadable(os.fspath(path)):
        return torch.load(path, map_location, weights_only=_weights_only())


def load_weights_of_packages() -> None:
    """Let checkpoints be named ``package://PACKAGE/FILE``, with any torch by ``weights_only``."""
    from mmengine.runner.checkpoint import CheckpointLoader
    if 'package://' not in CheckpointLoader._schemes:
        CheckpointLoader.register_scheme('package://', load_from_package)


def load_checkpoints_safely() -> None:
    """Make every checkpoint loader of mmengine use ``weights_only=True``, and succeed with it.

    It covers files, buffers, and weights named by URL, ``torchvision://`` or ``open-mmlab://``.
    What mmengine's training state needs (metric histories, numpy numbers) is on torch's allow-list
    while they load. ``torch.load`` itself, what other code loads with it, and loaders that others
    have registered with mmengine stay as they are. ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1`` is
    honoured, with torch's own warning.

    Before torch 2.6, which cannot load a training state this way, nothing is changed.
    """
    from mmengine._strategy import SingleDeviceStrategy
    from mmengine.runner import Runner, checkpoint
    from mmengine.utils import dl_utils
    too_old = release(torch.__version__)[:2] < (2, 6)
    if too_old or isinstance(checkpoint.torch, _WeightsOnlyTorch):
        return
    checkpoint.torch = _WeightsOnlyTorch('torch')
    checkpoint.load_url = dl_utils.load_url = _load_url
    # onedl-mmengine's own loader allows the true getattr, which reaches any code.
    if hasattr(checkpoint, '_safe_torch_load'):
        checkpoint._safe_torch_load = _WeightsOnlyTorch.load
    loader = checkpoint.CheckpointLoader
    loader.load_checkpoint = classmethod(_find_first(loader.load_checkpoint.__func__))
    for owner in (Runner, SingleDeviceStrategy):
        owner.load_checkpoint = _without_config(owner.load_checkpoint)
