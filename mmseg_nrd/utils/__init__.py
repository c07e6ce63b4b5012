"""Small helpers of users."""
from .convert import convert_nrd_state_dict

__all__ = ['convert_nrd_state_dict']
