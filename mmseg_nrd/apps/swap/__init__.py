"""One config becomes another, with NRD or guided upsampling for its decode head."""
from .command import add_swap_arguments, swap_head

__all__ = ['add_swap_arguments', 'swap_head']
