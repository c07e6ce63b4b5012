"""What the command lines share: arguments, configs, models, checks of data, resuming."""
from .arguments import (
    add_cfg_options,
    add_config_arguments,
    check_file,
    check_folder,
    positive,
    usable_device,
)
from .configs import check_tta, find_config, load_config, read_config
from .distributed import is_first_process, prepare_distributed_cpu, print_once
from .quiet import shorten_console, silence_host_warnings
from .resume import prepare_resume
from .segmentor import build, load_segmentor, read_checkpoint

__all__ = [
    'add_cfg_options', 'add_config_arguments', 'build', 'check_file', 'check_folder', 'check_tta',
    'find_config', 'is_first_process', 'load_config', 'load_segmentor', 'positive',
    'prepare_distributed_cpu', 'prepare_resume', 'print_once', 'read_checkpoint', 'read_config',
    'shorten_console', 'silence_host_warnings', 'usable_device',
]
