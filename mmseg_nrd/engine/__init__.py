"""Around mmengine's runner: what the command lines share, and a hook."""
from .checkpoint import check_fit, read_checkpoint
from .distributed import prepare_distributed_cpu
from .launch import add_config_arguments, load_config
from .quiet import silence_host_warnings
from .true_logits_hook import TrueLogitsHook

__all__ = [
    'TrueLogitsHook', 'add_config_arguments', 'check_fit', 'load_config',
    'prepare_distributed_cpu', 'read_checkpoint', 'silence_host_warnings',
]
