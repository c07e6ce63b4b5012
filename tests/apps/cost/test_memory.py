"""The peak of a step, and freed memory that stays, so that reusing it faults no pages in."""
from __future__ import annotations

import multiprocessing
import platform
import resource

import numpy as np
import pytest
import torch

from mmseg_nrd.apps.cost import memory
from mmseg_nrd.apps.cost.memory import peak_memory

FLOAT = 4


def page_faults() -> int:
    """Of a block above what glibc's malloc ever keeps by itself: the fewest of many runs."""
    def faults():
        np.ones(12 << 20, np.float32)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    counts = [faults() for _ in range(24)]
    return min(after - before for before, after in zip(counts, counts[1:]))


def plain_and_kept() -> tuple:
    return page_faults(), memory.keep_freed_memory(), page_faults()


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='the setting is of glibc')
def test_reused_blocks_fault_no_pages():
    # In a new process: the setting lasts for the rest of one, and this one may have it already.
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        plain, took_effect, kept = pool.apply(plain_and_kept)
    assert took_effect
    # Pages may be huge, so only the order of magnitude counts.
    assert kept * 10 < plain


def test_without_glibc_nothing_is_touched(monkeypatch):
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    monkeypatch.setattr(memory.ctypes, 'CDLL', lambda name: pytest.fail('mallopt was looked up'))
    assert memory.keep_freed_memory() is False


def test_the_peak_is_the_worst_moment():
    source = torch.randn(1000)

    def step():
        twice = source * 2
        three = twice + 1
        del twice
        return three.exp_().sum()
    assert 2 * 1000 * FLOAT <= peak_memory(step) < 2.1 * 1000 * FLOAT


def test_a_backward_pass_counts_what_it_saved():
    source = torch.randn(50_000, requires_grad=True)

    def step():
        torch.autograd.grad(source.exp().sin().sum(), source)
    # Saved for the backward pass: the result of exp, and of sin for a moment.
    assert peak_memory(step) >= 2 * 50_000 * FLOAT
