"""A config and a checkpoint as a model that can be exported."""
from __future__ import annotations

from typing import Optional, Tuple

from mmengine.config import Config
from mmengine.hub import get_config
from torch import nn

from mmseg_nrd.apps.cli.configs import check_checkpoint, read_config
from mmseg_nrd.apps.cost.models import build
from mmseg_nrd.hooks.checkpoints import check_fit, read_checkpoint


def load_segmentor(config: str, checkpoint: Optional[str] = None,
                   options: Optional[dict] = None) -> Tuple[nn.Module, Config]:
    """Build a config's model on the CPU, in eval mode, and load a checkpoint into it.

    Args:
        config (str): Path, or a name in a package, such as ``mmseg::``.
        checkpoint (str, optional): Path or URL. Defaults to None: random weights, the same ones
            each time.
        options (dict, optional): Laid over the config, as by ``--cfg-options``.

    Returns:
        tuple[nn.Module, Config]: the model, with BN for SyncBN, and the config.

    Raises:
        FileNotFoundError: if there is no such config or checkpoint.
        ValueError: if the config cannot be read or built, or the checkpoint does not fit it.
    """
    if checkpoint is not None:
        check_checkpoint(checkpoint)
    cfg = _read(config, options)
    model = build(cfg.model, 'cpu')
    if checkpoint is not None:
        parameters = read_checkpoint(checkpoint)
        parameters = parameters.get('state_dict', parameters)
        check_fit(checkpoint, parameters, model.state_dict())
        # Only the counters of batch norms can be missing.
        model.load_state_dict(parameters, strict=False)
    return model, cfg


def _read(config: str, options: Optional[dict]) -> Config:
    if '::' not in config:
        cfg = read_config(config, options)
    else:
        try:
            cfg = get_config(config)
            cfg.merge_from_dict(options or {})
        except Exception as error:  # a config is a program, of somebody else's
            raise ValueError(
                f'{config}: cannot be read as the config of a segmentor '
                f'({type(error).__name__}: {error}). Fix: name a config that trains.') from error
    if 'model' not in cfg:
        raise ValueError(f'{config}: has no model. Fix: name the config of a segmentor.')
    return cfg
