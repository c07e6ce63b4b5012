"""Around mmengine's runner: what the command lines share, and hooks."""
from .checkpoint_fit_hook import CheckpointFitHook
from .checkpoints import check_fit, read_checkpoint
from .distributed import prepare_distributed_cpu
from .find_config import find_config
from .finite_loss_hook import FiniteLossHook
from .folders import check_folder
from .launch import (
    add_cfg_options,
    add_config_arguments,
    check_checkpoint,
    check_tta,
    load_config,
    read_config,
)
from .quiet import silence_host_warnings
from .random_state_hook import RandomStateHook
from .resume import prepare_resume
from .safe_checkpoint_hook import SafeCheckpointHook
from .true_logits_hook import TrueLogitsHook

__all__ = [
    'CheckpointFitHook', 'FiniteLossHook', 'RandomStateHook', 'SafeCheckpointHook',
    'TrueLogitsHook', 'add_cfg_options', 'add_config_arguments', 'check_checkpoint', 'check_fit',
    'check_folder', 'check_tta', 'find_config', 'load_config', 'prepare_distributed_cpu',
    'prepare_resume', 'read_checkpoint', 'read_config', 'silence_host_warnings',
]
