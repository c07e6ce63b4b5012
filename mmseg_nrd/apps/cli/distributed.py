"""Several processes that train or test one model."""
from __future__ import annotations

import os
from typing import Any, Mapping

import torch
from mmengine.config import Config
from mmengine.device import get_device

from .configs import typed_parts

# Where each launcher of mmengine says which process this is. Without one, each is a run of its own.
_RANKS = dict(pytorch='RANK', slurm='SLURM_PROCID', mpi='OMPI_COMM_WORLD_RANK')


def is_first_process(cfg: Mapping[str, Any]) -> bool:
    """Whether this is the one process of a run, or the first of several."""
    return os.environ.get(_RANKS.get(cfg.get('launcher', 'none'), ''), '0') == '0'


def print_once(cfg: Mapping[str, Any], text: str) -> None:
    """Print a line at once, in the first process of a run only."""
    if is_first_process(cfg):
        print(text, flush=True)


def prepare_distributed_cpu(cfg: Config) -> None:
    """Let ``--launcher pytorch`` train and test on CPUs; with an accelerator, nothing is changed.

    mmengine would call CUDA to start the processes' group and give each model a GPU. So the
    group is started here, with gloo, and the model wrapped without a device.

    Raises:
        ValueError: if the model has SyncBN, which has no CPU version.
    """
    if cfg.launcher != 'pytorch' or get_device() != 'cpu':
        return
    if any(part['type'] == 'SyncBN' for part in typed_parts(cfg.model)):
        raise ValueError(
            'norm_cfg.type=SyncBN with --launcher pytorch on CPUs: SyncBN needs a GPU. '
            "Fix: use BN or GN, for example --cfg-options model.decode_head.norm_cfg.type=BN and "
            'likewise for the backbone and the auxiliary head.')
    torch.distributed.init_process_group('gloo')
    cfg.setdefault('model_wrapper_cfg', dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False)))
