"""Training configs with the same budget, and what each gave."""
from .comparison import compare

__all__ = ['compare']
