"""What this process and those that it started hold, as the Linux kernel counts it."""
from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

_PROC = Path('/proc')
_MB = 1e6


@dataclass(frozen=True)
class Resources:
    """What is held at one moment.

    Attributes:
        memory, worker_memory (float): Resident, MB (10^6 bytes), of this process, and summed over
            its descendants; pages that two of them share count twice.
        files, worker_files (int): Open file descriptors.
        threads (int): Of this process, as Python knows them.
        workers (int): Descendants, those that have ended and were not waited for among them.
    """
    memory: float
    worker_memory: float
    files: int
    worker_files: int
    threads: int
    workers: int


def _parents() -> Iterator[Tuple[int, int, str]]:
    """Number, parent's number and state of every process."""
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / 'stat').read_text()
            except (FileNotFoundError, ProcessLookupError):  # it has ended since
                continue
            # The name, in parentheses, may hold anything.
            state, parent = text.rpartition(')')[2].split()[:2]
            yield int(folder.name), int(parent), state


def descendants() -> Dict[int, str]:
    """The state of each process that this one started, or one of those, by its number."""
    below: Dict[int, List[int]] = {}
    states = {}
    for number, parent, state in _parents():
        below.setdefault(parent, []).append(number)
        states[number] = state
    found, queue = {}, [os.getpid()]
    while queue:
        for number in below.get(queue.pop(), ()):
            found[number] = states[number]
            queue.append(number)
    return found


def _resident(number: int) -> float:
    pages = int((_PROC / str(number) / 'statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / _MB


def _open_files(number: int) -> int:
    return len(os.listdir(_PROC / str(number) / 'fd'))


def measure_resources() -> Resources:
    """Count what this process and its descendants hold now.

    Raises:
        OSError: without Linux's /proc.

    Example:
        >>> measure_resources().workers
        0
    """
    if not (_PROC / 'self' / 'statm').is_file():
        raise OSError('/proc/self/statm: there is none; only Linux counts what a process holds '
                      'there. Fix: run it on Linux, or in a container.')
    memory, files = _resident(os.getpid()), len(os.listdir('/proc/self/fd'))
    workers = descendants()
    worker_memory, worker_files = 0., 0
    for number, state in workers.items():
        if state != 'Z':  # it holds nothing but its number
            try:
                worker_memory += _resident(number)
                worker_files += _open_files(number)
            except (FileNotFoundError, ProcessLookupError):  # it has ended since
                continue
    return Resources(memory, worker_memory, files, worker_files, threading.active_count(),
                     len(workers))
