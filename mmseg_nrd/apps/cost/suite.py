"""Many configs measured side by side, each figure with its ratio to a baseline's."""
from __future__ import annotations

from dataclasses import asdict
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np

from .candidate import Candidate, Settings, config_name, prepare
from .parts import WHOLE
from .timing import summarise_times, time_turns

# Shorter turns would measure the caches that the step before left.
TURN_SECONDS = 0.05


def check_names(configs: Sequence[str], baseline: Optional[str]) -> str:
    """The name of the baseline's row: of one of the configs, or itself; None takes the first.

    Raises:
        ValueError: if two rows had the same name, or none has the baseline's.
    """
    names = [config_name(config) for config in configs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'{name}: given {names.count(name)} times, but a row needs a name '
                             'of its own. Fix: give each config once.')
    if baseline is None:
        return names[0]
    if config_name(baseline) not in names:
        raise ValueError(f'baseline={baseline!r}: must be one of {", ".join(names)}. '
                         'Fix: name one of them, or add its config.')
    return config_name(baseline)


def measure(configs: Sequence[str], settings: Settings, baseline: Optional[str] = None,
            tell: Callable[[str], object] = lambda text: None) -> List[Dict[str, object]]:
    """Build every config, then time all of them in turns, in this process.

    A row for each config holds its figures by mode and part, or its error. ``baseline`` is as in
    :func:`check_names`; ``tell`` is told what is being done.
    """
    baseline = check_names(configs, baseline)
    candidates = []
    for number, config in enumerate(configs, start=1):
        tell(f'[{number}/{len(configs)}] building and counting {config_name(config)}')
        candidates.append(prepare(config, settings))
    steps = {(candidate.name, *key): step for candidate in candidates
             for key, step in candidate.steps.items()}
    tell(f'timing {len(steps)} steps, {settings.rounds} rounds')
    # Each has run several times by now.
    seconds = time_turns(
        steps, settings.rounds, warmup=1, turn_seconds=TURN_SECONDS, tell=tell)
    rows = [_row(candidate, settings, seconds) for candidate in candidates]
    _add_ratios(rows, baseline)
    return rows


def _row(candidate: Candidate, settings: Settings, seconds: dict) -> Dict[str, object]:
    row = dict(name=candidate.name, config=candidate.config, size=candidate.size,
               published=candidate.published, error=candidate.error, modes={})
    for mode, figures in candidate.figures.items():
        parts = {}
        for name, part in figures.items():
            turns = seconds[candidate.name, mode, name]
            parts[name] = dict(part, seconds=dict(asdict(summarise_times(turns)), turns=turns))
        whole = parts[WHOLE]
        whole['frames_per_second'] = settings.images(mode) / whole['seconds']['median']
        row['modes'][mode] = dict(images=settings.images(mode), parts=parts)
    return row


def _add_ratios(rows: Sequence[dict], baseline: str) -> None:
    """Beside each figure its ratio to the baseline's, where that has one."""
    base = next(row for row in rows if row['name'] == baseline)
    for row in rows:
        row['baseline'] = baseline
        for mode, figures in row['modes'].items():
            others = base['modes'].get(mode, dict(parts={}))['parts']
            for name, part in figures['parts'].items():
                if name in others:
                    part['ratio'] = _ratios(part, others[name])


def _ratios(part: dict, base: dict) -> Dict[str, object]:
    ratios = {key: part[key] / base[key]
              for key in ('parameters', 'multiply_adds', 'peak_bytes', 'frames_per_second')
              if base.get(key)}
    return {**ratios, **turn_ratios(part['seconds']['turns'], base['seconds']['turns'])}


def turn_ratios(turns: Sequence[float], others: Sequence[float]) -> Dict[str, object]:
    """Median and quartiles of the ratios of two steps, each to the other's of the same turn."""
    # Turn by turn: both had the machine as it was just then.
    shares = [own / other for own, other in zip(turns, others)]
    lower, median, upper = np.quantile(shares, (0.25, 0.5, 0.75)).tolist()
    return dict(seconds=median, seconds_quartiles=[lower, upper])
