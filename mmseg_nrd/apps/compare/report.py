"""A comparison as Markdown and JSON."""
from __future__ import annotations

import math
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np

from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.cost.environment import differences, environment_note
from mmseg_nrd.apps.cost.report import markdown_table, short_names
from mmseg_nrd.apps.cost.timing import ratio

from .comparison import Entry

TITLES = dict(iters='Equal iterations', time='Equal time in training steps')
# IoUMetric's, which say little beside its others.
_SIDE_SCORES = ('aAcc', 'mAcc')
_COSTS = ('training s', 's / iteration', 'ratio', 'head GMAC', 'model GMAC', 'head M params',
          'model M params')


def mean_and_spread(values: Sequence[float]) -> Tuple[float, float]:
    """Mean and sample standard deviation; the latter 0 for a single value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.


def format_runs(values: Sequence[float], digits: int) -> str:
    """Mean and, of several values, spread."""
    mean, spread = mean_and_spread(values)
    text = f'{mean:.{digits}f}'
    return f'{text} ± {spread:.{digits}f}' if len(values) > 1 else text


def _other_scores(entries: List[Entry], metric: str) -> List[str]:
    """Names of the scores beside the main one that every run has."""
    outcomes = [outcome for entry in entries for runs in entry.outcomes.values()
                for outcome in runs]
    return [name for name in outcomes[0].scores if name not in (metric, *_SIDE_SCORES)
            and all(name in outcome.scores for outcome in outcomes)]


def _row(entry: Entry, name: str, budget: str, first: Entry,
         scores: Sequence[str]) -> Tuple[str, ...]:
    outcomes, cost = entry.outcomes[budget], entry.cost
    value, spread = ratio(entry.step, first.step)
    return (
        name, str(entry.iterations[budget]),
        *(format_runs(entry.scores(budget, score), 2) for score in scores),
        format_runs([outcome.seconds for outcome in outcomes], 1),
        f'{entry.step.median:.3f} (IQR {entry.step.iqr:.3f})',
        '1' if entry is first else f'{value:.2f} ± {spread:.2f}',
        f'{cost.head_multiply_adds / 1e9:.3f}', f'{cost.multiply_adds / 1e9:.3f}',
        f'{cost.head_parameters / 1e6:.2f}', f'{cost.parameters / 1e6:.2f}')


def format_tables(entries: List[Entry], metric: str) -> str:
    """One Markdown table for each budget, the main score first."""
    parts, scores = [], [metric, *_other_scores(entries, metric)]
    names = short_names([entry.name for entry in entries])
    for budget in entries[0].outcomes:
        rows = [('config', 'iterations', *scores, *_COSTS),
                *(_row(entry, name, budget, entries[0], scores)
                  for entry, name in zip(entries, names))]
        parts.append(f'### {TITLES[budget]}\n\n{markdown_table(rows)}')
    return '\n'.join(parts)


def _gain(own: Sequence[float], other: Sequence[float], metric: str, budget: str) -> str:
    """The difference of two means, and whether the seeds differ as much."""
    (mean, spread), (other_mean, other_spread) = mean_and_spread(own), mean_and_spread(other)
    gain, noise = mean - other_mean, math.hypot(spread, other_spread)
    where = f'{metric} at {TITLES[budget].lower()}'
    if len(own) == 1:
        return f'{gain:+.2f} {where} (one seed: spread unknown)'
    within = " (within the seeds' spread)" if abs(gain) <= noise else ''
    return f'{gain:+.2f} ± {noise:.2f} {where}{within}'


def summarise(entries: List[Entry], metric: str) -> str:
    """A sentence for each config but the first: how the first compares with it.

    The spread of a difference is that of two single runs: the root of the summed squares of
    both standard deviations over the seeds.
    """
    first, names = entries[0], short_names([entry.name for entry in entries])
    sentences = []
    for entry, name in zip(entries[1:], names[1:]):
        gains = [_gain(first.scores(budget, metric), entry.scores(budget, metric), metric, budget)
                 for budget in first.outcomes]
        head = first.cost.head_multiply_adds / entry.cost.head_multiply_adds
        sentences.append(
            f"{names[0]} against {name}: {', '.join(gains)}; {head:.2f} of its decode head's "
            f'multiply-adds, {ratio(first.step, entry.step)[0]:.2f} of its seconds an iteration.\n')
    return ''.join(sentences)


def _history(entries: List[Entry], environment: Dict[str, object]) -> List[str]:
    """Notes on runs that were interrupted, and on what was measured with something else."""
    # The same run may stand in both budgets: once, by its checkpoint.
    runs = {outcome.checkpoint: (f'{name}, {entry.iterations[budget]} iterations, seed {seed}',
                                 outcome)
            for entry, name in zip(entries, short_names([entry.name for entry in entries]))
            for budget, outcomes in entry.outcomes.items()
            for seed, outcome in enumerate(outcomes)}
    notes = []
    resumed = [f'{name} ({outcome.resumed}x)' for name, outcome in runs.values()
               if outcome.resumed]
    if resumed:
        notes.append(f'- interrupted and taken up again: {"; ".join(resumed)}. Their training s '
                     'is the sum of the parts.')
    elsewhere: Dict[str, List[str]] = {}
    for name, where in [('s / iteration', entries[0].environment),
                        *((name, outcome.environment) for name, outcome in runs.values())]:
        differs = differences(where, environment)
        if differs:
            elsewhere.setdefault(differs, []).append(name)
    notes += [f'- by an earlier command, with {differs}: {"; ".join(what)}'
              for differs, what in elsewhere.items()]
    return notes


def thin(losses: Sequence[float], points: int = 100) -> Dict[str, List[float]]:
    """A curve as means over at most ``points`` blocks, each with its last iteration."""
    ends = np.unique(np.linspace(0, len(losses), min(points, len(losses)) + 1).astype(int))
    return dict(iteration=ends[1:].tolist(),
                loss=[float(np.mean(losses[first:last], dtype=np.float64))
                      for first, last in zip(ends[:-1], ends[1:])])


def _as_dict(entry: Entry, metric: str, others: Sequence[str]) -> dict:
    """A row of ``results.json``; the main score is called as its metric in lower case."""
    return dict(
        config=entry.name, cost=asdict(entry.cost), seconds_per_iteration=asdict(entry.step),
        environment=entry.environment,
        runs={budget: dict(iterations=entry.iterations[budget],
                           **{metric.lower(): entry.scores(budget, metric)},
                           more=[{name: outcome.scores[name] for name in others}
                                 for outcome in outcomes],
                           train_seconds=[outcome.seconds for outcome in outcomes],
                           resumed=[outcome.resumed for outcome in outcomes],
                           environments=[outcome.environment for outcome in outcomes],
                           curves=[thin(outcome.losses) for outcome in outcomes],
                           validated=[outcome.validated for outcome in outcomes],
                           checkpoints=[str(outcome.checkpoint) for outcome in outcomes])
              for budget, outcomes in entry.outcomes.items()})


def write_report(entries: List[Entry], metric: str, out: Path, command: str,
                 pictures: Dict[str, str], size: Tuple[int, int],
                 environment: Dict[str, object]) -> Tuple[Path, Path]:
    """Write ``report.md`` and ``results.json``, and say where they are.

    ``pictures`` says what pictures show, by their file names in ``out``; ``size`` is (H, W) at
    which cost was counted.
    """
    seeds = len(next(iter(entries[0].outcomes.values())))
    notes = [
        f'- {metric}: on the test set, in the unit of the evaluator (per cent in MMSeg), mean '
        f'and standard deviation over {seeds} seed{"s" if seeds > 1 else ""}.',
        *(['- equal time in training steps: as many iterations as take the first config\'s '
           'seconds, by the timed steps, loading left out; each with a whole schedule.']
          if 'time' in entries[0].outcomes else []),
        '- training s: wall clock of the training loop, data loading included.',
        '- s / iteration: one training step on random images, median and interquartile range '
        f'of {entries[0].step.runs} runs taken in turns in one process, by the first command that '
        'compared these configs in this folder; ratio: to the first row.',
        '- GMAC: 10^9 multiply-adds, of convolutions and matrix products at inference, one '
        f'{size[0]} x {size[1]} image; auxiliary heads are left out, of parameters too.',
        f'- {environment_note(environment)}',
        *_history(entries, environment),
    ]
    report, results = out / 'report.md', out / 'results.json'
    names = [f'{name}: {entry.name}' for name, entry in zip(
        short_names([entry.name for entry in entries]), entries)]
    report.write_text('\n'.join([
        '# Comparison', '', f'    {command}', '', format_tables(entries, metric),
        summarise(entries, metric),
        f'- {"; ".join(names)}.', *notes, '',
        *(f'![{what}]({name})\n' for name, what in pictures.items())]), encoding='utf-8')
    write_json(results, dict(
        command=command, environment=environment, seeds=list(range(seeds)), image_size=size,
        metric=metric, rows=[_as_dict(entry, metric, _other_scores(entries, metric))
                             for entry in entries]))
    return report, results
