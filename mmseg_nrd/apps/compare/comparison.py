"""Train several configs with the same budget and say what each gave and cost."""
from __future__ import annotations

import gc
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmseg_nrd.apps.cli import read_config
from mmseg_nrd.apps.cli.data_checks import check_data, list_samples
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.size import image_size
from mmseg_nrd.apps.cost.step_cost import measure_steps
from mmseg_nrd.apps.cost.timing import Timing
from mmseg_nrd.compat import find_checkpoint

from .budget import with_budget
from .progress import Progress
from .runs import (
    claim_runs,
    load_costs,
    load_outcome,
    run_folder,
    save_costs,
    save_outcome,
    trained_runs,
)
from .training import Outcome, evaluate, train

BUDGETS = ('iters', 'time', 'both')
_NEEDED = ('train_dataloader', 'train_cfg', 'test_dataloader', 'test_cfg', 'test_evaluator')


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

    def scores(self, budget: str, metric: str) -> List[float]:
        """One of the scores, of each seed."""
        return [outcome.scores[metric] for outcome in self.outcomes[budget]]


def _equal_time(entry: Entry, first: Entry, iterations: int) -> int:
    """Iterations whose timed steps take as long as the first config's.

    Not by the training loops' clocks: these hold what else the machine did, and would give other
    iterations to every number of seeds.
    """
    return max(1, round(iterations * first.step.median / entry.step.median))


def check_budget(seeds: int, iterations: Optional[int], budget: str,
                 save_every: float = 60.) -> None:
    """Refuse, with a ValueError, a budget that :func:`compare` cannot keep."""
    if budget not in BUDGETS:
        raise ValueError(f'budget={budget!r}: must be one of {BUDGETS}. Fix: choose one.')
    for name, value, least in (('seeds', seeds, 1), ('iterations', iterations, 1),
                               ('save_every', save_every, 0)):
        if value is not None and not value >= least:
            raise ValueError(f'{name}={value}: must be at least {least}. Fix: raise {name}.')


def compare(configs: Dict[str, Config], out: Path, *, seeds: int = 1,
            iterations: Optional[int] = None, budget: str = 'iters',
            samples: Sequence[int] = (0, 1, 2), save_every: float = 60., validate: bool = False,
            environment: Optional[Dict[str, object]] = None) -> List[Entry]:
    """Train every config with the same budget, seed by seed in turns, and test each run.

    Called again with the same arguments, it goes on where it was stopped: finished trainings and
    tests are read back, and so is the configs' cost, and a killed training is resumed.

    Args:
        configs (dict[str, Config]): From :func:`load_configs`; the first gives the budget.
        out (Path): Folder for checkpoints and logs.
        seeds (int): Runs of each, with seeds 0, 1, ... Defaults to 1.
        iterations (int, optional): Of the equal-iterations budget. Defaults to the first
            config's own.
        budget (str): 'iters': the same iterations; 'time': as many as take the first config's
            seconds, by timed steps, each with a whole schedule; 'both'. Defaults to 'iters'.
        samples (Sequence[int]): Indices of the test images to predict.
        save_every (float): Seconds of training after which a run is saved. Defaults to 60.
        validate (bool): Whether to validate as often as the configs say, for learning curves.
        environment (dict, optional): From ``describe_environment``, to record with each run.

    Returns:
        list[Entry]: one for each config, in their order.

    Raises:
        ValueError: if an argument is out of range, or ``out`` holds runs of other configs, or
            runs that were validated where these are not to be, or the reverse.
    """
    check_budget(seeds, iterations, budget, save_every)
    claim_runs(configs, out, samples, validate)
    environment = environment or {}
    init_default_scope('mmseg')
    iterations = iterations or next(iter(configs.values())).train_cfg.max_iters
    kinds = BUDGETS[:2] if budget == 'both' else [budget]
    earlier = trained_runs(out)
    with Progress() as progress:
        measured = load_costs(configs, out)
        if measured is None:
            progress.show(f'timing training steps of {", ".join(configs)}')
            measured = *measure_steps(configs), environment
            save_costs(configs, out, *measured)
        costs, steps, where = measured
        entries = [Entry(name, costs[name], steps[name], environment=where) for name in configs]
        for entry in entries:
            entry.iterations = {kind: _equal_time(entry, entries[0], iterations)
                                if kind == 'time' else iterations for kind in kinds}
        # The same iterations from the same seed are the same run.
        planned = {run_folder(out, entry.name, length, seed): length * entry.step.median
                   for entry in entries for length in entry.iterations.values()
                   for seed in range(seeds)}
        progress.plan({folder: seconds for folder, seconds in planned.items()
                       if folder not in earlier})

        def run(entry: Entry, seed: int, length: int) -> Outcome:
            folder = run_folder(out, entry.name, length, seed)
            cfg = with_budget(configs[entry.name], length, seed, folder, validate)
            what = f'{entry.name}, {length} iterations, seed {seed}'

            def tell(done: int, loss: float) -> None:
                progress.advance(folder, done, length)
                progress.show(f'training {what}', f': iteration {done}, loss {loss:.2f}')

            outcome = load_outcome(folder)
            if outcome is None:
                progress.show(f'training {what}')
                outcome = replace(train(cfg, tell, save_every), environment=environment)
                save_outcome(folder, outcome)
            elif outcome.scores:
                return outcome
            progress.show(f'testing {what}')
            gc.collect()  # runners are cycles that hold models and data
            outcome = evaluate(cfg, outcome, samples)
            save_outcome(folder, outcome)
            gc.collect()
            return outcome

        for kind in kinds:
            for seed in range(seeds):
                for entry in entries:
                    entry.outcomes.setdefault(kind, []).append(
                        run(entry, seed, entry.iterations[kind]))
    return entries


def load_configs(paths: Sequence[str], options: Optional[dict] = None,
                 validate: bool = False) -> Dict[str, Config]:
    """Read configs, by their file's name, and see that they can be compared, and validated.

    Raises:
        FileNotFoundError: if a config, its data or the checkpoint it starts from is not there.
        ValueError: if two have the same name, are tested on other images or classes, or one cannot
            be compared.
    """
    configs: Dict[str, Config] = {}
    tested: Dict[str, list] = {}
    for path in paths:
        name, cfg = Path(path).stem, read_config(path, options)
        if name in configs:
            raise ValueError(
                f'config {path!r}: a config named {name} was given already; names tell the rows '
                'apart. Fix: leave one out, or copy it under another name.')
        missing = [key for key in _NEEDED if cfg.get(key) is None]
        if missing:
            raise ValueError(f'{path}: {", ".join(missing)} must be set, to train and to test. '
                             'Fix: set it, as MMSeg configs do.')
        check_data(cfg, 'train', *(['val'] if validate else []), 'test')
        tested[name] = list_samples(cfg, 'test')
        first, wanted = next(iter(tested.items()))
        for one, other in zip_longest(tested[name], wanted):
            if one != other:
                raise ValueError(
                    f'{path}: is tested on {one}, {first} on {other} in its place; scores of other '
                    'images or classes cannot be compared. Fix: give both the same '
                    'test_dataloader.dataset.')
        if cfg.get('load_from') is not None:
            find_checkpoint(cfg.load_from)
        image_size(cfg)
        with_budget(cfg, 1, 0, Path(), validate)
        configs[name] = cfg
    return configs
