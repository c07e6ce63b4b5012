"""A config's model, alone on one device, with all the weights of a checkpoint."""
from __future__ import annotations

import copy
from typing import Optional, Tuple

from mmengine.config import Config, ConfigDict
from mmengine.device import get_device
from mmengine.registry import DefaultScope
from mmengine.runner import set_random_seed
from mmengine.runner.checkpoint import CheckpointLoader
from mmseg.registry import MODELS
from torch import nn

from mmseg_nrd.compat import weights_of
from mmseg_nrd.hooks.checkpoint_fit import check_fit

SEED = 0


def build(cfg: dict, device: Optional[str] = None, **changes: object) -> nn.Module:
    """A head or a model in eval mode, with fixed weights, plain BN and no pretrained weights.

    ``changes`` are laid over its config; ``device`` is the machine's by default. The random
    generators are set to ``SEED``.
    """
    cfg = copy.deepcopy(ConfigDict(cfg, **changes))
    _make_local(cfg)
    set_random_seed(SEED)
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(cfg).to(device or get_device()).eval()


def _is_pretrained(init_cfg: object) -> bool:
    return isinstance(init_cfg, dict) and init_cfg.get('type') == 'Pretrained'


def _make_local(cfg: object) -> None:
    """No norm that needs several processes and no weights from elsewhere, at any depth."""
    if isinstance(cfg, (list, tuple)):
        for value in cfg:
            _make_local(value)
    elif isinstance(cfg, dict):
        if cfg.get('type') in ('SyncBN', 'MMSyncBN'):
            cfg['type'] = 'BN'
        if cfg.get('pretrained'):
            cfg['pretrained'] = None
        init_cfg = cfg.get('init_cfg')
        if _is_pretrained(init_cfg):
            cfg['init_cfg'] = None
        elif isinstance(init_cfg, (list, tuple)):
            cfg['init_cfg'] = [each for each in init_cfg if not _is_pretrained(each)]
        _make_local(list(cfg.values()))


def read_checkpoint(source: str) -> Tuple[dict, dict]:
    """A checkpoint, on the CPU, and the parameters in it by name.

    Raises:
        CheckpointError: if there is no such file, or it is no checkpoint.
    """
    checkpoint = CheckpointLoader.load_checkpoint(source, map_location='cpu', logger='silent')
    return checkpoint, weights_of(source, checkpoint)


def load_segmentor(cfg: Config, checkpoint: Optional[str] = None,
                   device: Optional[str] = None) -> Tuple[nn.Module, dict]:
    """Build a config's model and give it the weights of a checkpoint, all of them.

    MMSeg's own loading would log what does not fit and go on with random weights in its place.

    Without a checkpoint they are random, the same ones each time.

    Returns:
        tuple[nn.Module, dict]: the model as :func:`build` makes it, and the checkpoint, empty if
        there is none.

    Raises:
        CheckpointError: if there is no such checkpoint, or it does not fit the model.
        ValueError: if the config has no model.
    """
    if 'model' not in cfg:
        raise ValueError(f'config {cfg.filename}: has no model. Fix: name the config of a '
                         'segmentor, not one of its bases.')
    saved, weights = ({}, {}) if checkpoint is None else read_checkpoint(checkpoint)
    model = build(cfg.model, device)
    if checkpoint is not None:
        check_fit(checkpoint, weights, model.state_dict())
        # Only the counters of batch norms can be missing.
        model.load_state_dict(weights, strict=False)
    return model, saved
