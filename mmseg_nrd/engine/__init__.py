"""What the command lines share around mmengine's runner."""
from .launch import add_config_arguments, load_config
from .quiet import silence_host_warnings

__all__ = ['add_config_arguments', 'load_config', 'silence_host_warnings']
