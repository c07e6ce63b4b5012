"""Train several configs with the same budget and say what each gave and cost."""
from __future__ import annotations

import gc
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.step_cost import measure_steps
from mmseg_nrd.apps.cost.timing import Timing

from .budget import with_budget
from .progress import ProgressLine
from .runs import (
    claim_runs,
    finished_runs,
    load_costs,
    load_outcome,
    run_folder,
    save_costs,
    save_outcome,
)
from .training import Outcome, train_and_test

BUDGETS = ('iters', 'time', 'both')


@dataclass
class Entry:
    """One config, what it costs and what its runs gave, by budget ('iters', 'time').

    ``environment`` says with what ``step`` was measured.
    """
    name: str
    cost: Cost
    step: Timing
    iterations: Dict[str, int] = field(default_factory=dict)
    outcomes: Dict[str, List[Outcome]] = field(default_factory=dict)
    environment: Dict[str, object] = field(default_factory=dict)


def _equal_time(entry: Entry, first: Entry, iterations: int) -> int:
    """Iterations that fit the first config's training time.

    By the training loops' own clocks where both have run, else by the timed steps.
    """
    if 'iters' in entry.outcomes:
        own, wanted = (sum(outcome.seconds for outcome in each.outcomes['iters'])
                       for each in (entry, first))
    else:
        own, wanted = entry.step.median, first.step.median
    return max(1, round(iterations * wanted / own))


def check_budget(seeds: int, iterations: Optional[int], budget: str,
                 save_every: float = 60.) -> None:
    """Refuse a budget that :func:`compare` cannot keep.

    Raises:
        ValueError: with the value got, the rule and the fix.
    """
    if budget not in BUDGETS:
        raise ValueError(f'budget={budget!r}: must be one of {BUDGETS}. Fix: choose one.')
    for name, value in dict(seeds=seeds, iterations=iterations).items():
        if value is not None and value < 1:
            raise ValueError(f'{name}={value}: must be at least 1. Fix: raise {name}.')
    if not save_every >= 0:
        raise ValueError(f'save_every={save_every}: must be seconds, 0 for each iteration. Fix: '
                         'raise save_every.')


def compare(configs: Dict[str, Config], out: Path, *, seeds: int = 1,
            iterations: Optional[int] = None, budget: str = 'iters',
            samples: Sequence[int] = (0, 1, 2), save_every: float = 60.,
            environment: Optional[Dict[str, object]] = None) -> List[Entry]:
    """Train every config with the same budget, seed by seed in turns, and test each run.

    Called again with the same arguments, it goes on where it was stopped: finished runs are
    read back, and so is their cost, and a killed run is resumed.

    Args:
        configs (dict[str, Config]): From :func:`load_configs`; the first gives the budget.
        out (Path): Folder for checkpoints and logs.
        seeds (int): Runs of each, with seeds 0, 1, ... Defaults to 1.
        iterations (int, optional): Of the equal-iterations budget. Defaults to the first
            config's own.
        budget (str): 'iters': the same iterations; 'time': as many as fit the time that the
            first config trains for, each with a whole schedule; 'both'. Defaults to 'iters'.
        samples (Sequence[int]): Indices of the test images to predict.
        save_every (float): Seconds of training after which a run is saved. Defaults to 60.
        environment (dict, optional): From ``describe_environment``, to record with each run.

    Returns:
        list[Entry]: one for each config, in their order.

    Raises:
        ValueError: if an argument is out of range, or ``out`` holds runs of other configs.
    """
    check_budget(seeds, iterations, budget, save_every)
    claim_runs(configs, out, samples)
    first, environment = next(iter(configs)), environment or {}
    init_default_scope('mmseg')
    measured = load_costs(configs, out)
    if measured is None:
        measured = *measure_steps(configs), environment
        save_costs(configs, out, *measured)
    costs, steps, where = measured
    iterations = iterations or configs[first].train_cfg.max_iters
    entries = [Entry(name, costs[name], steps[name], environment=where) for name in configs]
    kinds = BUDGETS[:2] if budget == 'both' else [budget]

    def count(entry: Entry, kind: str) -> int:
        return iterations if kind == 'iters' or entry is entries[0] \
            else _equal_time(entry, entries[0], iterations)

    with ProgressLine() as line:
        line.work.finished_earlier(finished_runs(out))

        def run(entry: Entry, seed: int, length: int) -> Outcome:
            folder = run_folder(out, entry.name, length, seed)
            outcome = load_outcome(folder)
            if outcome is None:
                text = f'{entry.name}, {length} iterations, seed {seed}'

                def tell(done: int, loss: float) -> None:
                    line.work.advance(folder, done, length)
                    line.show(f'{text}, loss {loss:.2f}')

                line.show(text)
                outcome = replace(train_and_test(
                    with_budget(configs[entry.name], length, seed, folder), samples, tell,
                    save_every), environment=environment)
                save_outcome(folder, outcome)
                gc.collect()
            return outcome

        for kind in kinds:
            # An estimate for an equal time, until the runs of equal iterations are done. The
            # same iterations from the same seed are the same run.
            line.work.plan({run_folder(out, entry.name, length, seed): length * entry.step.median
                            for each in kinds for entry in entries
                            for length in [count(entry, each)] for seed in range(seeds)})
            for entry in entries:
                entry.iterations[kind] = count(entry, kind)
            for seed in range(seeds):
                for entry in entries:
                    entry.outcomes.setdefault(kind, []).append(
                        run(entry, seed, entry.iterations[kind]))
    return entries


def load_configs(paths: Sequence[Path], read: Callable[[str], Config]) -> Dict[str, Config]:
    """Configs by their file's name.

    Args:
        paths (Sequence[Path]): Their files.
        read (Callable): Makes a config of a path.

    Returns:
        dict[str, Config]: in the order given.

    Raises:
        ValueError: if two have the same name.
    """
    configs: Dict[str, Config] = {}
    for path in map(Path, paths):
        if path.stem in configs:
            raise ValueError(
                f'config {str(path)!r}: a config named {path.stem} was given already; names tell '
                'the rows apart. Fix: leave one out, or copy it under another name.')
        configs[path.stem] = read(str(path))
    return configs
