"""What a decoder costs and what it gives: counting, timing, comparing, reporting."""
from .comparison import compare
from .cost import Cost, count_cost
from .timing import Timing, time_alternating

__all__ = ['Cost', 'Timing', 'compare', 'count_cost', 'time_alternating']
