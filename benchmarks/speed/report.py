"""Races as JSON, as a Markdown table and as curves."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Sequence

import numpy as np
from matplotlib.figure import Figure

from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.cost.environment import environment_note
from mmseg_nrd.apps.cost.report import markdown_table

from .race import Race

_HEADER = ('what', 'where', 'mode', 'NRD, ms', 'NRD, MB', 'against', 'its ms',
           "NRD's share of the time", 'in the worst turn', 'asked, at most', 'share of the memory')


def _share(value: float) -> str:
    """Small shares as 1/n, which is how many times faster."""
    return f'1/{1 / value:.0f}' if value < 0.1 else f'{value:.2f}'


def race_rows(races: Sequence[Race]) -> List[Dict[str, object]]:
    """A row for each race and each of the others in it, as numbers.

    Args:
        races (Sequence[Race]): Each with our step first.

    Returns:
        list[dict]: for JSON and for :func:`format_rows`.
    """
    rows = []
    for race in races:
        ours = race.names[0]
        if race.names == [ours]:
            rows.append(_row(race, [ours]))
        for other in race.names[1:]:
            lower, share, upper = np.quantile(race.shares(other), (0.25, 0.5, 0.75)).tolist()
            rows.append(dict(
                _row(race, [ours, other]), against=other, share=share,
                share_quartiles=[lower, upper], worst_share=max(race.shares(other)),
                memory_share=race.memory_share(other), asked=race.asked.get(other)))
    return rows


def _row(race: Race, names: List[str]) -> Dict[str, object]:
    return dict(
        what=race.group, where=race.case, mode=race.mode,
        seconds={name: dict(median=race.timing(name).median, iqr=race.timing(name).iqr,
                            turns=race.seconds[name]) for name in names},
        peak_bytes={name: race.peak_bytes[name] for name in names})


def format_rows(rows: Sequence[Dict[str, object]]) -> str:
    """The rows as a Markdown table.

    Args:
        rows (Sequence[dict]): From :func:`race_rows`, or read back from its JSON.

    Returns:
        str: the table.
    """
    lines: List[Sequence[str]] = [_HEADER]
    for row in rows:
        first, *rivals = row['seconds']
        against = [''] * 6
        if rivals:
            lower, upper = row['share_quartiles']
            against = [
                row['against'], f"{row['seconds'][rivals[0]]['median'] * 1e3:.1f}",
                f"{_share(row['share'])} ({_share(lower)} to {_share(upper)})",
                _share(row['worst_share']), _share(row['asked']) if row['asked'] else '',
                _share(row['memory_share'])]
        lines.append((
            row['what'], row['where'], row['mode'],
            f"{row['seconds'][first]['median'] * 1e3:.2f}",
            f"{row['peak_bytes'][first] / 1e6:.0f}", *against))
    return markdown_table(lines)


def write_results(out: Path, command: str, environment: Dict[str, object],
                  rows: Dict[str, list]) -> str:
    """Write ``results.json`` and ``report.md``.

    Args:
        out (Path): Their folder, made if it is not there.
        command (str): What was run.
        environment (dict): What ``describe_environment`` returned.
        rows (dict[str, list[dict]]): From :func:`race_rows`, by group.

    Returns:
        str: the report.
    """
    write_json(out / 'results.json', dict(command=command, environment=environment, rows=rows))
    sections = [f'## {group}\n\n{format_rows(raced)}' for group, raced in rows.items()]
    if 'growth' in rows:
        sections.append('![time and memory over image size and classes](growth.png)\n')
    report = '\n'.join(['# Speed and memory of NRD', '', f'    {command}', '', *sections,
                        environment_note(environment), ''])
    (out / 'report.md').write_text(report, encoding='utf-8')
    return report


def draw_growth(by_size: Sequence[Dict[str, object]], by_classes: Sequence[Dict[str, object]],
                path: Path) -> None:
    """Time and memory over image size and over classes, as a PNG.

    Args:
        by_size (Sequence[dict]): Rows of :func:`race_rows` that differ in the image's size.
        by_classes (Sequence[dict]): Rows that differ in K.
        path (Path): The picture.
    """
    figure = Figure(figsize=(9, 6.4), layout='constrained')
    axes = figure.subplots(2, 2)
    columns = ((by_size, _megapixels, 'image, megapixels'), (by_classes, _classes, 'classes'))
    for column, (rows, position, label) in enumerate(columns):
        at = [position(row['where']) for row in rows]
        for name in rows[0]['seconds']:
            seconds = [row['seconds'][name]['median'] for row in rows]
            memory = [row['peak_bytes'][name] / 1e6 for row in rows]
            axes[0, column].plot(at, seconds, 'o-', label=name)
            axes[1, column].plot(at, memory, 'o-', label=name)
        axes[1, column].set_xlabel(label)
    for row, label in enumerate(('seconds', 'peak memory, MB')):
        for axis in axes[row]:
            axis.set_ylim(0)
            axis.set_xlim(0)
            axis.grid(alpha=0.3)
        axes[row, 0].set_ylabel(label)
    axes[0, 0].legend()
    figure.suptitle('Whole decode head on ResNet-50 features at stride 32, one image')
    figure.savefig(path, dpi=100)


def _classes(where: str) -> int:
    return int(re.match(r'K=(\d+)', where)[1])


def _megapixels(where: str) -> float:
    height, width = re.search(r'(\d+) x (\d+)', where).groups()
    return int(height) * int(width) / 1e6
