"""Rows of runtimes as a table, on a terminal and in Markdown."""
from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from rich.table import Table

from mmseg_nrd.apps.cost.report import markdown_table, terminal_table

_TITLE = 'Inference, from pixels to logits'


def _megabytes(count: object) -> str:
    return '' if count is None else f'{count / 1e6:.1f}'


def _ratio(row: dict, key: str) -> str:
    return '' if row[key] is None else f"{row[key]['seconds']:.2f}"


def runtime_lines(rows: Sequence[Dict[str, object]]) -> List[Tuple[str, ...]]:
    """Header and cells: a line for each config and runtime, or for its error.

    The rows are from :func:`~mmseg_nrd.apps.export.runtimes.measure_runtimes`.
    """
    lines = [(f"[ratio to] {rows[0]['baseline']}", 'runtime', 'image', 'latency, ms (IQR)',
              f"to {rows[0]['runtime']}", 'images / s', 'difference', 'file, MB', 'sizes',
              'peak memory, MB')]
    for row in rows:
        if row['error'] is not None:
            first_line = row['error'].strip().splitlines()[0]  # the JSON has all of it
            lines.append((row['name'], row['runtime'], f'ERROR: {first_line}', *('',) * 7))
            continue
        seconds, ratio = row['seconds'], _ratio(row, 'ratio')
        lines.append((
            row['name'], row['runtime'], ' x '.join(map(str, (row['images'], *row['size']))),
            f"{seconds['median'] * 1e3:.1f} ({seconds['iqr'] * 1e3:.1f})"
            + (ratio and f' [{ratio}]'),
            _ratio(row, 'ratio_to_first_runtime'), f"{row['images_per_second']:.2f}",
            f"{row['difference']:.1e}", _megabytes(row['file_bytes']), row['sizes'] or '',
            _megabytes(row['peak_bytes'])))
    return lines


def format_runtimes(rows: Sequence[Dict[str, object]]) -> str:
    """The rows as a Markdown table."""
    return f'### {_TITLE}\n\n{markdown_table(runtime_lines(rows))}'


def runtime_tables(rows: Sequence[Dict[str, object]]) -> List[Table]:
    """The same for a terminal."""
    return [terminal_table(_TITLE, runtime_lines(rows))]
