"""What the command lines share: arguments, configs, checks of data, resuming."""
from .configs import (
    add_cfg_options,
    add_config_arguments,
    check_checkpoint,
    check_tta,
    load_config,
    read_config,
)
from .distributed import prepare_distributed_cpu
from .find_config import find_config
from .folders import check_folder
from .quiet import silence_host_warnings
from .resume import prepare_resume

__all__ = [
    'add_cfg_options', 'add_config_arguments', 'check_checkpoint', 'check_folder', 'check_tta',
    'find_config', 'load_config', 'prepare_distributed_cpu', 'prepare_resume', 'read_config',
    'silence_host_warnings',
]
