"""Around mmengine's runner: what the command lines share, and a hook."""
from .distributed import prepare_distributed_cpu
from .find_config import find_config
from .launch import add_config_arguments, load_config
from .quiet import silence_host_warnings
from .true_logits_hook import TrueLogitsHook

__all__ = [
    'TrueLogitsHook', 'add_config_arguments', 'find_config', 'load_config',
    'prepare_distributed_cpu', 'silence_host_warnings',
]
