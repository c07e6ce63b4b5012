"""Several processes that train or test one model."""
from __future__ import annotations

import os
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device

# Where the launchers of mmengine (pytorch, slurm, mpi) say which process this is.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')


def is_first_process() -> bool:
    """Whether this is the one process, or the first of several."""
    return all(os.environ.get(rank, '0') == '0' for rank in _RANKS)


def print_once(text: str) -> None:
    """Print a line at once, in the first process only."""
    if is_first_process():
        print(text, flush=True)


def _names_sync_bn(node: Any) -> bool:
    if isinstance(node, dict):
        return node.get('type') == 'SyncBN' or any(map(_names_sync_bn, node.values()))
    return isinstance(node, (list, tuple)) and any(map(_names_sync_bn, node))


def prepare_distributed_cpu(cfg: Config) -> None:
    """Let ``--launcher pytorch`` train on CPUs; with an accelerator, nothing is changed.

    mmengine would call CUDA to start the processes' group and give each model a GPU. So the
    group is started here, with gloo, and the model wrapped without a device.

    Raises:
        ValueError: if the model has SyncBN, which has no CPU version.
    """
    if cfg.launcher != 'pytorch' or get_device() != 'cpu':
        return
    if _names_sync_bn(cfg.model.to_dict()):
        raise ValueError(
            'norm_cfg.type=SyncBN with --launcher pytorch on CPUs: SyncBN needs a GPU. '
            "Fix: use BN or GN, for example --cfg-options model.decode_head.norm_cfg.type=BN and "
            'likewise for the backbone and the auxiliary head.')
    torch.distributed.init_process_group('gloo')
    cfg.setdefault('model_wrapper_cfg', dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False)))
