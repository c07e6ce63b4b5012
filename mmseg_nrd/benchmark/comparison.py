"""Train several configs with the same budget and say what each gave and cost."""
from __future__ import annotations

import gc
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .budget import with_budget
from .cost import Cost, count_cost
from .size import image_size
from .timing import Timing, time_alternating
from .training import Outcome, train_and_test

BUDGETS = ('iters', 'time', 'both')


@dataclass
class Entry:
    """One config, what it costs and what its runs gave, by budget ('iters', 'time')."""
    name: str
    cost: Cost
    step: Timing
    iterations: Dict[str, int] = field(default_factory=dict)
    outcomes: Dict[str, List[Outcome]] = field(default_factory=dict)

    def as_dict(self) -> dict:
        return dict(
            config=self.name, cost=asdict(self.cost), seconds_per_iteration=asdict(self.step),
            runs={budget: dict(iterations=self.iterations[budget],
                               miou=[outcome.miou for outcome in outcomes],
                               more=[outcome.more for outcome in outcomes],
                               train_seconds=[outcome.seconds for outcome in outcomes],
                               checkpoints=[str(outcome.checkpoint) for outcome in outcomes])
                  for budget, outcomes in self.outcomes.items()})


def _training_step(cfg: Config) -> Tuple[torch.nn.Module, Callable[[], object]]:
    """A model and one forward, backward and update of it on random images."""
    model = MODELS.build(cfg.model).to(get_device())
    model.train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    height, width = image_size(cfg)
    batch = cfg.train_dataloader.batch_size
    samples = []
    for _ in range(batch):
        label = torch.randint(0, model.decode_head.num_classes, (1, height, width))
        samples.append(SegDataSample(
            gt_sem_seg=PixelData(data=label), metainfo=dict(img_shape=(height, width))))
    data = dict(inputs=[torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
                        for _ in range(batch)], data_samples=samples)

    return model, lambda: model.train_step(data, optim_wrapper)


def _measure(configs: Dict[str, Config]) -> Tuple[Dict[str, Cost], Dict[str, Timing]]:
    costs, steps = {}, {}
    for name, cfg in configs.items():
        model, steps[name] = _training_step(cfg)
        costs[name] = count_cost(model, image_size(cfg))
    return costs, time_alternating(steps)


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


def check_budget(seeds: int, iterations: Optional[int], budget: str) -> None:
    """Refuse a budget that :func:`compare` cannot keep.

    Raises:
        ValueError: with the value got, the rule and the fix.
    """
    if budget not in BUDGETS:
        raise ValueError(f'budget={budget!r}: must be one of {BUDGETS}. Fix: choose one.')
    for name, value in dict(seeds=seeds, iterations=iterations).items():
        if value is not None and value < 1:
            raise ValueError(f'{name}={value}: must be at least 1. Fix: raise {name}.')


def compare(configs: Dict[str, Config], out: Path, *, seeds: int = 1,
            iterations: Optional[int] = None, budget: str = 'iters',
            samples: Sequence[int] = (0, 1, 2)) -> List[Entry]:
    """Train every config with the same budget, seed by seed in turns, and test each run.

    Args:
        configs (dict[str, Config]): From :func:`load_configs`; the first gives the budget.
        out (Path): Folder for checkpoints and logs.
        seeds (int): Runs of each, with seeds 0, 1, ... Defaults to 1.
        iterations (int, optional): Of the equal-iterations budget. Defaults to the first
            config's own.
        budget (str): 'iters': the same iterations; 'time': as many as fit the time that the
            first config trains for, each with a whole schedule; 'both'. Defaults to 'iters'.
        samples (Sequence[int]): Indices of the test images to predict.

    Returns:
        list[Entry]: one for each config, in their order.

    Raises:
        ValueError: if an argument is out of range.
    """
    check_budget(seeds, iterations, budget)
    first = next(iter(configs))
    init_default_scope('mmseg')
    costs, steps = _measure(configs)
    iterations = iterations or configs[first].train_cfg.max_iters
    entries = [Entry(name, costs[name], steps[name]) for name in configs]
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task('training', total=0)

        def train(entry: Entry, seed: int, count: int) -> Outcome:
            text = f'{entry.name}, {count} iterations, seed {seed}'
            progress.update(task, description=text)
            work_dir = out / 'runs' / entry.name / f'{count}_iterations' / f'seed_{seed}'
            outcome = train_and_test(
                with_budget(configs[entry.name], count, seed, work_dir), samples,
                lambda loss: progress.update(
                    task, advance=1, description=f'{text}, loss {loss:.2f}'))
            gc.collect()
            return outcome

        for kind in BUDGETS[:2] if budget == 'both' else [budget]:
            for entry in entries:
                entry.iterations[kind] = iterations if kind == 'iters' or entry is entries[0] \
                    else _equal_time(entry, entries[0], iterations)
            # The same iterations from the same seed are the same run.
            todo = [entry for entry in entries
                    if entry.iterations[kind] != entry.iterations.get('iters') or kind == 'iters']
            progress.update(task, total=progress.tasks[0].total
                            + seeds * sum(entry.iterations[kind] for entry in todo))
            for seed in range(seeds):
                for entry in entries:
                    entry.outcomes.setdefault(kind, []).append(
                        train(entry, seed, entry.iterations[kind]) if entry in todo
                        else entry.outcomes['iters'][seed])
    return entries


def load_configs(paths: Sequence[Path], options: Optional[dict] = None) -> Dict[str, Config]:
    """Configs by their file's name.

    Args:
        paths (Sequence[Path]): Their files.
        options (dict, optional): Laid over every one.

    Returns:
        dict[str, Config]: in the order given.

    Raises:
        FileNotFoundError: if one is not there.
        ValueError: if two have the same name.
    """
    configs: Dict[str, Config] = {}
    for path in map(Path, paths):
        if not path.is_file():
            raise FileNotFoundError(
                f'config {str(path)!r}: no such file. Fix: pass the path of a config.')
        if path.stem in configs:
            raise ValueError(
                f'config {str(path)!r}: a config named {path.stem} was given already; names tell '
                'the rows apart. Fix: leave one out, or copy it under another name.')
        cfg = Config.fromfile(path)
        if options:
            cfg.merge_from_dict(options)
        configs[path.stem] = cfg
    return configs
