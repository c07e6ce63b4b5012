"""What the command lines share: arguments, configs, models, checks of data, resuming."""
from .arguments import add_cfg_options, add_config_arguments, check_folder
from .configs import check_tta, find_config, load_config, read_config
from .distributed import prepare_distributed_cpu
from .quiet import silence_host_warnings
from .resume import prepare_resume
from .segmentor import build, load_segmentor, read_checkpoint

__all__ = [
    'add_cfg_options', 'add_config_arguments', 'build', 'check_folder', 'check_tta', 'find_config',
    'load_config', 'load_segmentor', 'prepare_distributed_cpu', 'prepare_resume',
    'read_checkpoint', 'read_config', 'silence_host_warnings',
]
