"""Rows of a suite as tables, on a terminal and in Markdown, and as a picture."""
from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from matplotlib import colormaps
from matplotlib.figure import Figure
from rich.table import Table

from .parts import WHOLE
from .report import short_names

_TITLES = {'inference': 'Inference', 'training': 'Training step: forward and backward'}
_HEADER = ('part', 'parameters, M', 'multiply-adds, G', 'latency, ms (IQR)', 'images / s',
           'peak memory, MB')


def _with_ratio(text: str, part: dict, key: str) -> str:
    ratio = part.get('ratio', {}).get(key)
    return text if ratio is None else f'{text} [{ratio:.2f}]'


def _cells(part: dict) -> Tuple[str, ...]:
    seconds, frames = part['seconds'], part.get('frames_per_second')
    return (
        _with_ratio(f"{part['parameters'] / 1e6:.2f}", part, 'parameters'),
        _with_ratio(f"{part['multiply_adds'] / 1e9:.2f}", part, 'multiply_adds'),
        _with_ratio(f"{seconds['median'] * 1e3:.1f} ({seconds['iqr'] * 1e3:.1f})", part,
                    'seconds'),
        '' if frames is None else _with_ratio(f'{frames:.1f}', part, 'frames_per_second'),
        _with_ratio(f"{part['peak_bytes'] / 1e6:.0f}", part, 'peak_bytes'))


def _error_text(row: dict) -> str:
    """Its first line; the JSON has all of it."""
    return f'ERROR: {row["error"].strip().splitlines()[0]}'


def table_lines(rows: Sequence[Dict[str, object]], mode: str) -> List[Tuple[str, ...]]:
    """Header and cells of one mode's table.

    Args:
        rows (Sequence[dict]): From :func:`~mmseg_nrd.benchmark.suite.measure`, or read back from
            its JSON.
        mode (str): 'inference' or 'training'.

    Returns:
        list[tuple[str, ...]]: the header first; a line for each config and each of its parts, or
        for its error.
    """
    lines = [(f"[ratio to] {rows[0]['baseline']}", 'image', *_HEADER)]
    for row in rows:
        if row['error'] is not None:
            lines.append((row['name'], '', _error_text(row), *('',) * (len(_HEADER) - 1)))
            continue
        figures = row['modes'][mode]
        size = ' x '.join(map(str, (figures['images'], *row['size'])))
        for name, part in figures['parts'].items():
            first = name == WHOLE
            lines.append((row['name'] if first else '', size if first else '',
                          name.replace('_', ' '), *_cells(part)))
    return lines


def modes_of(rows: Sequence[Dict[str, object]]) -> List[str]:
    """The modes that were measured; inference alone where every row is an error."""
    return next((list(row['modes']) for row in rows if row['modes']), ['inference'])


def format_suite(rows: Sequence[Dict[str, object]]) -> str:
    """The rows as Markdown tables, one for each mode.

    Args:
        rows (Sequence[dict]): As in :func:`table_lines`.

    Returns:
        str: the tables.
    """
    parts = []
    for mode in modes_of(rows):
        header, *lines = [[cell.replace('|', '\\|') for cell in line]
                          for line in table_lines(rows, mode)]
        table = [header, ['---'] * len(header), *lines]
        parts.append('\n'.join([f'### {_TITLES[mode]}', '',
                                *(f'| {" | ".join(line)} |' for line in table)]))
    return '\n\n'.join(parts) + '\n'


def terminal_tables(rows: Sequence[Dict[str, object]]) -> List[Table]:
    """The same for a terminal.

    Args:
        rows (Sequence[dict]): As in :func:`table_lines`.

    Returns:
        list[rich.table.Table]: one for each mode.
    """
    tables = []
    for mode in modes_of(rows):
        header, *lines = [[cell.replace('[', '\\[') for cell in line]
                          for line in table_lines(rows, mode)]
        table = Table(title=_TITLES[mode])
        for index, title in enumerate(header):
            table.add_column(title, justify='left' if index < 3 else 'right', overflow='fold')
        for line in lines:
            table.add_row(*line, style='bold' if line[0] else None)
        tables.append(table)
    return tables


def draw_suite(rows: Sequence[Dict[str, object]], path: Path) -> None:
    """Latency against multiply-adds, a numbered dot for each model, as a PNG.

    Args:
        rows (Sequence[dict]): As in :func:`table_lines`; those with an error are left out.
        path (Path): The picture.
    """
    names = short_names([row['name'] for row in rows])
    modes = modes_of(rows)
    figure = Figure(figsize=(5 * len(modes) + 3, 5), layout='constrained')
    axes = figure.subplots(1, len(modes), squeeze=False)[0]
    for axis, mode in zip(axes, modes):
        for number, (row, name) in enumerate(zip(rows, names), start=1):
            if row['error'] is not None:
                continue
            whole = row['modes'][mode]['parts'][WHOLE]
            at = whole['multiply_adds'] / 1e9, whole['seconds']['median'] * 1e3
            axis.plot(*at, 'o', color=colormaps['tab20'](number % 20), label=f'{number} {name}')
            axis.annotate(str(number), at, xytext=(4, 4), textcoords='offset points')
        axis.set(title=_TITLES[mode], xlabel='multiply-adds, G', ylabel='latency, ms')
        axis.loglog()
        axis.tick_params(which='both', labelsize=7)
        axis.grid(alpha=0.3, which='both')
    figure.legend(*axes[0].get_legend_handles_labels(), loc='outside right upper')
    figure.savefig(path, dpi=100)
