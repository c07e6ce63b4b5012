"""Memory of a step: how much it needs, and how to keep its allocator from being timed."""
from __future__ import annotations

import ctypes
import os
import platform
from typing import Callable, Optional

import torch
from mmengine.device import get_device
from torch.profiler import ProfilerActivity, profile

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h
_NEVER_TRIM = 2**31 - 1


def peak_memory(step: Callable[[], object], device: Optional[str] = None) -> int:
    """Bytes that a step holds at its peak, beyond what was there before.

    Counts what torch's allocator hands out, temporaries inside operations included; not the
    buffers that a BLAS library keeps to itself. The step runs once; ``device`` defaults to the
    machine's.

    Example:
        >>> peak_memory(lambda: torch.zeros(1000) + 1)
        8000
    """
    if (device or get_device()) == 'cuda':
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    # Else the profiler writes two lines to the screen for each run.
    os.environ.setdefault('KINETO_LOG_LEVEL', '6')
    # torch keeps no statistics for the CPU; its profiler sees every allocation and release.
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        step()
    changes = [event for event in profiled.profiler.kineto_results.events()
               if event.name() == '[memory]']
    held = peak = 0
    for change in sorted(changes, key=lambda event: event.start_ns()):
        held += change.nbytes()
        peak = max(peak, held)
    return peak


def keep_freed_memory() -> bool:
    """Let this process reuse the memory it frees, for the rest of its life.

    glibc hands blocks above 32 MiB back to the kernel at once and gets them back page by page,
    zeroed. On a CPU a model whose maps pass that size then spends half its time in page faults,
    and its neighbour with slightly smaller maps does not: a comparison would measure that.

    Returns whether it took effect; without glibc nothing is changed.
    """
    if platform.libc_ver()[0] != 'glibc':
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER_TRIM))
