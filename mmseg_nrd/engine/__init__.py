"""Around mmengine's runner: what the command lines share, and a hook."""
from .checkpoints import misfits, read_checkpoint
from .distributed import prepare_distributed_cpu
from .launch import (
    add_cfg_options,
    add_config_arguments,
    check_checkpoint,
    check_tta,
    load_config,
    read_config,
)
from .quiet import silence_host_warnings
from .true_logits_hook import TrueLogitsHook

__all__ = [
    'TrueLogitsHook', 'add_cfg_options', 'add_config_arguments', 'check_checkpoint', 'check_tta',
    'load_config', 'misfits', 'prepare_distributed_cpu', 'read_checkpoint', 'read_config',
    'silence_host_warnings',
]
