"""Keep the C allocator from timing the kernel instead of the model."""
from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h
_NEVER_TRIM = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process reuse the memory it frees, for the rest of its life.

    glibc hands blocks above 32 MiB back to the kernel at once and gets them back page by page,
    zeroed. On a CPU a model whose maps pass that size then spends half its time in page faults,
    and its neighbour with slightly smaller maps does not: a comparison would measure that.

    Returns:
        bool: whether it took effect; False without glibc, where nothing is changed.
    """
    if platform.libc_ver()[0] != 'glibc':
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER_TRIM))
