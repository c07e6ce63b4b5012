"""What a segmentor costs: parameters, multiply-adds, time and memory."""
from .counting import Cost, count_cost
from .timing import Timing, summarise_times, time_turns

__all__ = ['Cost', 'Timing', 'count_cost', 'summarise_times', 'time_turns']
