"""Freed memory stays with the process, so that reusing it faults no pages in."""
from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Fresh interpreters: the setting lasts for the rest of a process.
CODE = '''
import resource, sys, torch
from mmseg_nrd.apps.cost.memory import keep_freed_memory
if sys.argv[1] == 'keep':
    print(keep_freed_memory())
def faults():
    torch.ones(12 << 20)  # 48 MiB, above what glibc's malloc ever keeps by itself
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
counts = [faults() for _ in range(24)]
# The fewest: where a block lands settles after a few calls.
print(min(after - before for before, after in zip(counts, counts[1:])))
'''


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='the setting is of glibc')
def test_reused_blocks_fault_no_pages():
    plain, kept = (subprocess.run([sys.executable, '-c', CODE, mode], capture_output=True,
                                  text=True, check=True).stdout.split()
                   for mode in ('plain', 'keep'))
    assert kept[-2] == 'True'
    # Pages may be huge, so only the order of magnitude counts.
    assert int(kept[-1]) * 10 < int(plain[-1])


def test_without_glibc_nothing_is_touched(monkeypatch):
    from mmseg_nrd.apps.cost import memory
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    monkeypatch.setattr(memory.ctypes, 'CDLL', lambda name: pytest.fail('mallopt was looked up'))
    assert memory.keep_freed_memory() is False
