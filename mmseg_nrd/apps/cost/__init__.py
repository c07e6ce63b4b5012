"""What a segmentor costs: parameters, multiply-adds, time and memory."""
from .counting import Cost, count_cost
from .timing import Timing, time_alternating

__all__ = ['Cost', 'Timing', 'count_cost', 'time_alternating']
