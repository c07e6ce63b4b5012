"""Progress of several runs of different length and speed."""
from __future__ import annotations

import shutil
import sys
import time
from datetime import timedelta
from typing import Callable, Dict, Hashable

# The first iterations are slow to come; so many seconds count as if they had gone to plan.
_TRUSTED = 10.


class Progress:
    """Shows what runs, how many runs are trained, and how long the rest will take.

    On a terminal it is one line that changes. Elsewhere, such as in a file, it is a new line for
    everything else that runs, and one ``every`` so many seconds.

    Work is measured in the seconds that it is planned to take. The pace of what was done so
    far, pauses for tests included, tells how long the rest takes.
    """

    def __init__(self, every: float = 60., clock: Callable[[], float] = time.monotonic):
        self._every = every
        self._clock = clock
        self._start = self._told_at = clock()
        self._told = ''
        self._planned: Dict[Hashable, float] = {}
        self._done: Dict[Hashable, float] = {}
        self._earlier: Dict[Hashable, float] = {}

    def plan(self, runs: Dict[Hashable, float]) -> None:
        """Set the seconds of each run that belongs to the work, in place of an earlier plan."""
        if not self._planned:
            self._start = self._clock()
        self._planned = dict(runs)

    def advance(self, run: Hashable, done: int, of: int) -> None:
        """Say that one more of a run's steps is done, and how many are done in all.

        What lies before the first step of this command, an earlier command did: it is done, but
        says nothing of the pace.
        """
        self._earlier.setdefault(run, (done - 1) / of)
        self._done[run] = done / of

    def _sum(self, shares: Dict[Hashable, float]) -> float:
        return sum(self._planned.get(run, 0.) * share for run, share in shares.items())

    @property
    def seconds_left(self) -> float:
        done = self._sum(self._done)
        here = done - self._sum(self._earlier)
        pace = (self._clock() - self._start + _TRUSTED) / (here + _TRUSTED)
        return (sum(self._planned.values()) - done) * pace

    def show(self, what: str, detail: str = '') -> None:
        """Show what is running, how it stands, and where the work is."""
        text = what + detail
        if self._planned:
            finished = sum(self._done.get(run, 0.) >= 1 for run in self._planned)
            text += (f'; {finished} of {len(self._planned)} runs trained, '
                     f'{timedelta(seconds=round(self.seconds_left))} left')
        if sys.stdout.isatty():
            # Back to the start of the line, and clear it; a wrapped one could not be cleared.
            print('\r\033[K' + text[:shutil.get_terminal_size().columns - 1], end='', flush=True)
        elif what != self._told or self._clock() - self._told_at >= self._every:
            print(text, flush=True)
            self._told, self._told_at = what, self._clock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error) -> None:
        if sys.stdout.isatty():
            print()
