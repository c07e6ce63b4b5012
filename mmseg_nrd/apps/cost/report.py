"""Rows of a suite as tables, on a terminal and in Markdown."""
from __future__ import annotations

import re
from typing import Dict, List, Sequence, Tuple

from rich.table import Table

from .parts import WHOLE

TITLES = {'inference': 'Inference', 'training': 'Training step: forward and backward'}
_HEADER = ('part', 'parameters, M', 'multiply-adds, G', 'latency, ms (IQR)', 'images / s',
           'peak memory, MB', 'mIoU, published')
_SCHEDULE = re.compile(r'_\d+xb\d+-')


def short_names(names: Sequence[str]) -> List[str]:
    """Names without the parts, split at '_', that all of them end with.

    From the schedule on, such as ``4xb2-80k``, a part is kept only where names differ in it alone.

    Example:
        >>> short_names(['nrd_r18_4xb2-80k_cityscapes', 'fcn_r18_1xb4-40k_ade20k'])
        ['nrd', 'fcn']
    """
    models = [_SCHEDULE.split(name)[0] for name in names]
    if len(set(models)) == len(names):
        names = models
    parts = [name.split('_') for name in names]
    common = 0
    while (common + 1 < min(map(len, parts))
           and len({part[-1 - common] for part in parts}) == 1 < len(parts)):
        common += 1
    return ['_'.join(part[:len(part) - common]) for part in parts]


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
        '' if frames is None else _with_ratio(
            f'{frames:.{1 if frames >= 10 else 2}f}', part, 'frames_per_second'),
        _with_ratio(f"{part['peak_bytes'] / 1e6:.0f}", part, 'peak_bytes'))


def _published_text(row: dict) -> str:
    published = row.get('published')
    return '' if published is None else f"{published['miou']:.2f} ({published['dataset']})"


def table_lines(rows: Sequence[Dict[str, object]], mode: str) -> List[Tuple[str, ...]]:
    """Header and cells of one mode's table: a line for each part of a config, or for its error.

    The rows are from :func:`~mmseg_nrd.apps.cost.suite.measure`, or read back from its JSON.
    """
    lines = [(f"[ratio to] {rows[0]['baseline']}", 'image', *_HEADER)]
    for row in rows:
        if row['error'] is not None:
            first_line = row['error'].strip().splitlines()[0]  # the JSON has all of it
            lines.append((row['name'], '', f'ERROR: {first_line}',
                          *('',) * (len(_HEADER) - 1)))
            continue
        figures = row['modes'][mode]
        size = ' x '.join(map(str, (figures['images'], *row['size'])))
        for name, part in figures['parts'].items():
            first = name == WHOLE
            lines.append((row['name'] if first else '', size if first else '',
                          name.replace('_', ' '), *_cells(part),
                          _published_text(row) if first else ''))
    return lines


def modes_of(rows: Sequence[Dict[str, object]]) -> List[str]:
    """The modes that were measured; inference alone where every row is an error."""
    return next((list(row['modes']) for row in rows if row['modes']), ['inference'])


def markdown_table(lines: Sequence[Sequence[str]]) -> str:
    """A header and the lines below it as a Markdown table."""
    header, *rows = [[cell.replace('|', '\\|') for cell in line] for line in lines]
    return ''.join(f'| {" | ".join(line)} |\n' for line in (header, ['---'] * len(header), *rows))


def format_suite(rows: Sequence[Dict[str, object]]) -> str:
    """The rows as Markdown tables, one for each mode."""
    return '\n'.join(f'### {TITLES[mode]}\n\n{markdown_table(table_lines(rows, mode))}'
                     for mode in modes_of(rows))


def terminal_tables(rows: Sequence[Dict[str, object]]) -> List[Table]:
    """The same for a terminal."""
    return [terminal_table(TITLES[mode], table_lines(rows, mode)) for mode in modes_of(rows)]


def terminal_table(title: str, lines: Sequence[Sequence[str]]) -> Table:
    """A header and the lines below it, of which the first three columns are text."""
    header, *rows = [[cell.replace('[', '\\[') for cell in line] for line in lines]
    table = Table(title=title)
    for index, column in enumerate(header):
        table.add_column(column, justify='left' if index < 3 else 'right', overflow='fold')
    for row in rows:
        table.add_row(*row, style='bold' if row[0] else None)
    return table
