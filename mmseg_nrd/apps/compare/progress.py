"""A progress line for several runs of different length and speed."""
from __future__ import annotations

import time
from datetime import timedelta
from typing import Callable, Dict, Hashable, Iterable

from rich.progress import BarColumn, Progress, TextColumn

# The first iterations are slow to come; so many seconds count as if they had gone to plan.
_TRUSTED = 10.


class WorkLeft:
    """How long the runs that are left will take.

    Work is measured in the seconds that it is planned to take. The pace of what was done so
    far, pauses for tests included, tells how long the rest takes; work that an earlier command
    did counts as done but says nothing of the pace.

    Args:
        clock (Callable): Seconds. Defaults to ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._start = clock()
        self._planned: Dict[Hashable, float] = {}
        self._done: Dict[Hashable, float] = {}
        self._earlier: Dict[Hashable, float] = {}

    def plan(self, runs: Dict[Hashable, float]) -> None:
        """Set the seconds of each run that belongs to the work, in place of an earlier plan."""
        self._planned = dict(runs)

    def finished_earlier(self, runs: Iterable[Hashable]) -> None:
        """Say which runs an earlier command did; those outside the plan do no harm."""
        for run in runs:
            self._earlier[run] = self._done[run] = 1.

    def advance(self, run: Hashable, done: int, of: int) -> None:
        """Say that one more of a run's steps is done, and how many are done in all.

        What lies before the first step of this command, an earlier command did.
        """
        self._earlier.setdefault(run, (done - 1) / of)
        self._done[run] = done / of

    def _sum(self, shares: Dict[Hashable, float]) -> float:
        return sum(self._planned.get(run, 0.) * share for run, share in shares.items())

    @property
    def total(self) -> float:
        return sum(self._planned.values())

    @property
    def done(self) -> float:
        return self._sum(self._done)

    @property
    def finished(self) -> int:
        """Runs that are done."""
        return sum(self._done.get(run, 0.) >= 1 for run in self._planned)

    @property
    def seconds_left(self) -> float:
        here = self.done - self._sum(self._earlier)
        pace = (self._clock() - self._start + _TRUSTED) / (here + _TRUSTED)
        return (self.total - self.done) * pace

    def __len__(self) -> int:
        return len(self._planned)


class ProgressLine:
    """Shows :class:`WorkLeft`: what runs, a bar, the runs done and the time left."""

    def __init__(self) -> None:
        self.work = WorkLeft()
        self._progress = Progress(TextColumn('{task.description}'), BarColumn(),
                                  TextColumn('{task.fields[left]}'))
        self._task = self._progress.add_task('training', total=None, left='')

    def __enter__(self) -> ProgressLine:
        self._progress.start()
        return self

    def __exit__(self, *error) -> None:
        self._progress.stop()

    def show(self, text: str) -> None:
        """Show what is running, and where the work is."""
        left = timedelta(seconds=round(self.work.seconds_left))
        self._progress.update(
            self._task, description=text, total=self.work.total, completed=self.work.done,
            left=f'{self.work.finished} of {len(self.work)} runs done, {left} left')
