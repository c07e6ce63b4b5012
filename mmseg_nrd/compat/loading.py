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
from .training_state import CAN_ALLOW_TRAINING_STATE, training_state_allowed


def _name(file: object) -> str:
    return os.fspath(file) if isinstance(file, (str, os.PathLike)) else 'a checkpoint in memory'


class _WeightsOnlyTorch(types.ModuleType):
    """``torch`` with a ``load`` that always passes ``weights_only=True``, or is as strict."""

    def __getattr__(self, name: str):
        return getattr(torch, name)

    @staticmethod
    def load(f, map_location=None, **options):
        with explain_unreadable(_name(f)):
            if not CAN_ALLOW_TRAINING_STATE:
                return _load_narrowly(f, map_location)
            with training_state_allowed():
                return torch.load(f, map_location, **{**options, 'weights_only': True})


def _load_narrowly(file, map_location):
    # It knows the inside of the torch that needs it, and is not imported on another.
    from .older_torch import load_narrowly
    return load_narrowly(file, map_location)


def _download(url: str, cached: Path, progress: bool, check_hash: bool) -> None:
    """What ``torch.hub`` does before it loads."""
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        digest = torch.hub.HASH_REGEX.search(cached.name) if check_hash else None
        torch.hub.download_url_to_file(url, str(cached), digest and digest[1], progress=progress)


def _load_url(url: str, model_dir=None, map_location=None, progress=True, check_hash=False,
              file_name=None, weights_only=True):
    """``torch.hub``'s loader of weights; what it is told of ``weights_only`` changes nothing."""
    cached = Path(model_dir or Path(torch.hub.get_dir(), 'checkpoints'),
                  file_name or Path(urlparse(url).path).name)
    try:
        # A torn download stays until it is deleted.
        with explain_unreadable(f'{url} (as {cached})'):
            if not CAN_ALLOW_TRAINING_STATE:
                _download(url, cached, progress, check_hash)
                return _load_narrowly(cached, map_location)
            with training_state_allowed():
                return torch.hub.load_state_dict_from_url(
                    url, model_dir, map_location, progress, check_hash, file_name,
                    weights_only=True)
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

    torch before 2.6 cannot load mmengine's own checkpoints this way; there, an unpickler of ours
    that is as strict does it instead.
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
