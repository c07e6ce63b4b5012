"""What a decoder costs and what it gives: counting, timing, comparing, reporting."""
# ruff: noqa: E402  (what follows needs that torch)
from ..compat import require_torch

require_torch('2.5', 'counting and comparing costs')

from .comparison import compare
from .cost import Cost, count_cost
from .timing import Timing, time_alternating

__all__ = ['Cost', 'Timing', 'compare', 'count_cost', 'time_alternating']
