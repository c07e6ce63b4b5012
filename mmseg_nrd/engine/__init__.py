"""Around mmengine's runner: what the command lines share, and hooks."""
from .checkpoint_fit_hook import CheckpointFitHook
from .checkpoints import check_fit, read_checkpoint
from .config_checks import check_config, check_datasets, check_has
from .config_errors import config_errors_in_a_sentence
from .data_errors import data_errors_in_a_sentence
from .distributed import prepare_distributed_cpu
from .find_config import find_config
from .finite_loss_hook import FiniteLossHook
from .folders import check_folder
from .full_disk import full_disk_in_a_sentence
from .launch import (
    add_cfg_options,
    add_config_arguments,
    check_checkpoint,
    check_tta,
    load_config,
    make_work_dir,
    read_config,
)
from .quiet import silence_host_warnings
from .random_state_hook import RandomStateHook
from .resume import prepare_resume
from .safe_checkpoint_hook import SafeCheckpointHook
from .true_logits_hook import TrueLogitsHook

__all__ = [
    'CheckpointFitHook', 'FiniteLossHook', 'RandomStateHook', 'SafeCheckpointHook',
    'TrueLogitsHook', 'add_cfg_options', 'add_config_arguments', 'check_checkpoint',
    'check_config', 'check_datasets', 'check_fit', 'check_folder', 'check_has', 'check_tta',
    'config_errors_in_a_sentence', 'data_errors_in_a_sentence', 'find_config',
    'full_disk_in_a_sentence', 'load_config', 'make_work_dir', 'prepare_distributed_cpu',
    'prepare_resume', 'read_checkpoint', 'read_config', 'silence_host_warnings',
]
