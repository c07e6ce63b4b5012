"""What the command lines share around mmengine's runner."""
from .distributed import prepare_distributed_cpu
from .launch import add_config_arguments, load_config
from .quiet import silence_host_warnings

__all__ = [
    'add_config_arguments', 'load_config', 'prepare_distributed_cpu', 'silence_host_warnings',
]
