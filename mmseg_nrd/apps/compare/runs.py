"""The record of a comparison's runs, by which the same command goes on where it was stopped.

Below the comparison's folder lie ``runs/costs.json`` and, for each config,
``runs/CONFIG/config.json`` and ``runs/CONFIG/N_iterations/seed_S/outcome.{json,npz}``. A run
that has an ``outcome.json`` is trained; with scores in it, tested too.
"""
from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.config import Config

from mmseg_nrd.apps.cli.json_files import read_json, write_json
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.timing import Timing
from mmseg_nrd.compat import whole_file

from .training import RESUME_FROM, Outcome

_Costs = Tuple[Dict[str, Cost], Dict[str, Timing], Dict[str, object]]


def _settings(value: object, name: str = '') -> Iterator[Tuple[str, str]]:
    """Every setting of a config, by its dotted name."""
    if value and isinstance(value, (dict, list, tuple)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _settings(part, f'{name}.{key}' if name else str(key))
    else:
        yield name, repr(value)


def describe_config(cfg: Config, samples: Sequence[int]) -> Dict[str, str]:
    """What must stay as it is for a run to be the same one."""
    return {**dict(_settings(cfg.to_dict())), 'pictured samples': repr(list(samples))}


def claim_runs(configs: Dict[str, Config], out: Path, samples: Sequence[int],
               validate: bool = False) -> None:
    """Record the configs that the runs in a folder are made with.

    Raises:
        ValueError: if a config is not the one that its runs in ``out`` were made with, or they
            were validated and these are not to be, or the reverse; then nothing is recorded.
    """
    option = {'--validate': 'set'} if validate else {}
    described = {name: {**describe_config(cfg, samples), **option}
                 for name, cfg in configs.items()}
    for name, now in described.items():
        folder = out / 'runs' / name
        recorded = read_json(folder / 'config.json')
        if recorded not in (None, now):
            changed = [key for key in {**recorded, **now} if recorded.get(key) != now.get(key)]
            what = '; '.join(f"{key} was {recorded.get(key, 'not set')} and is "
                             f"{now.get(key, 'not set')}" for key in changed[:3])
            more = f'; {len(changed) - 3} more differ' if len(changed) > 3 else ''
            raise ValueError(
                f'{folder}: its runs were made with other settings than {name} has now: '
                f'{what}{more}. A run is only taken up with the settings that it began with. '
                'Fix: start over with --fresh, choose another --out, or restore the settings.')
    for name, now in described.items():
        write_json(out / 'runs' / name / 'config.json', now)


def forget_runs(configs: Dict[str, Config], out: Path) -> None:
    """Delete the runs of these configs and what was measured of their cost."""
    for name in configs:
        if (out / 'runs' / name).is_dir():
            shutil.rmtree(out / 'runs' / name)
    (out / 'runs' / 'costs.json').unlink(missing_ok=True)


def run_folder(out: Path, name: str, iterations: int, seed: int) -> Path:
    """Where a run lies."""
    return out / 'runs' / name / f'{iterations}_iterations' / f'seed_{seed}'


def trained_runs(out: Path) -> List[Path]:
    """Folders of all runs whose training is finished."""
    return [path.parent for path in (out / 'runs').glob('*/*/*/outcome.json')]


def save_outcome(folder: Path, outcome: Outcome) -> None:
    """Record a finished training or test, and drop what the training would be resumed from."""
    with whole_file(folder / 'outcome.npz') as unfinished, open(unfinished, 'wb') as file:
        np.savez_compressed(file, losses=outcome.losses,
                            **{f'sample_{index}': prediction
                               for index, prediction in enumerate(outcome.predictions)})
    write_json(folder / 'outcome.json', dict(
        scores=outcome.scores, seconds=outcome.seconds, resumed=outcome.resumed,
        checkpoint=outcome.checkpoint.name, environment=outcome.environment,
        validated=outcome.validated))
    (folder / RESUME_FROM).unlink(missing_ok=True)


def load_outcome(folder: Path) -> Optional[Outcome]:
    """What a run gave; without scores if it was not tested, None if it was not trained."""
    record = read_json(folder / 'outcome.json')
    if record is None:
        return None
    with np.load(folder / 'outcome.npz') as arrays:
        predictions = [arrays[f'sample_{index}'] for index in range(len(arrays.files) - 1)]
        losses = arrays['losses']
    return Outcome(**{**record, 'checkpoint': folder / record['checkpoint']},
                   predictions=predictions, losses=losses)


def save_costs(configs: Dict[str, Config], out: Path, costs: Dict[str, Cost],
               steps: Dict[str, Timing], environment: Dict[str, object]) -> None:
    """Record what the configs cost: an equal time budget must not change when it goes on."""
    write_json(out / 'runs' / 'costs.json', dict(
        configs={name: describe_config(cfg, ()) for name, cfg in configs.items()},
        costs={name: asdict(cost) for name, cost in costs.items()},
        steps={name: asdict(step) for name, step in steps.items()}, environment=environment))


def load_costs(configs: Dict[str, Config], out: Path) -> Optional[_Costs]:
    """Cost and time by name, and where they were measured; None unless for just these configs.

    Steps are timed in turns, so one of other company is not comparable.
    """
    record = read_json(out / 'runs' / 'costs.json')
    if record is None or record['configs'] != {
            name: describe_config(cfg, ()) for name, cfg in configs.items()}:
        return None
    return ({name: Cost(**cost) for name, cost in record['costs'].items()},
            {name: Timing(**step) for name, step in record['steps'].items()},
            record['environment'])
