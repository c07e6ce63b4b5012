"""Tables of the README and the docs, written from the committed JSON and the configs.

A table stands between two comments::

    <!-- table: benchmarks/results/demo/results.json scores -->
    <!-- end of table -->

The first names the file, from the repository's root, the kind of the table, and what it takes:
``suite [MODE]``, ``repeated FILE [MODE]``, ``runtimes [FILE]``, ``scores``, ``budgets``, ``curve``,
``search``, ``environment``; of a folder of configs, on a page of docs/, ``configs`` or ``recipes``;
of a folder of results, ``versions``.
"""
from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Union

from mmseg_nrd.apps.compare.report import format_runs
from mmseg_nrd.apps.cost.environment import differences, environment_note
from mmseg_nrd.apps.cost.parts import WHOLE
from mmseg_nrd.apps.cost.report import markdown_table, modes_of, short_names, table_lines
from mmseg_nrd.apps.cost.timing import Timing, ratio

from .config_tables import cost_lines, recipe_lines
from .versions import version_lines

_BLOCK = re.compile(
    r'(?P<begin><!-- table: (?P<file>\S+) (?P<kind>\S+)(?P<options>[^>]*?) -->\n)'
    r'.*?(?P<end><!-- end of table -->)', re.DOTALL)
_LONGEST_COMMAND = 120
_COLUMNS = 100


def suite(results: dict, mode: str = 'inference') -> str:
    """What the models of a suite cost as a whole, 'inference' or 'training'."""
    if mode not in modes_of(results['rows']):
        raise ValueError(f'mode {mode!r}: must be one of {modes_of(results["rows"])}, which were '
                         'measured. Fix: correct the comment, or measure with --train-step.')
    header, *lines = table_lines(results['rows'], mode)
    names = short_names([row['name'] for row in results['rows']])
    whole = []
    for row, name, line in zip(results['rows'], names, (line for line in lines if line[0])):
        # A row's error stands where its part would.
        figures = line[3:] if row['error'] is None else (line[2], *line[4:])
        whole.append((name, line[1], *figures))
    return markdown_table([(header[0], header[1], *header[3:]), *whole])


def repeated(results: dict, again: dict, mode: str = 'inference') -> str:
    """How well a suite's ratios in time repeat, from two runs of it."""
    first, second = ({row['name']: row['modes'][mode]['parts'][WHOLE]['ratio']['seconds']
                      for row in each['rows']} for each in (results, again))
    lines: List[Sequence[str]] = [(
        f"time, ratio to {results['rows'][0]['baseline']}", 'one run', 'another', 'apart')]
    for name, short in zip(first, short_names(list(first))):
        apart = abs(first[name] - second[name]) / first[name]
        lines.append((short, f'{first[name]:.2f}', f'{second[name]:.2f}', f'{apart:.0%}'))
    return markdown_table(lines)


def runtimes(results: dict, again: Optional[dict] = None) -> str:
    """Latency by config and runtime, in ms, and its ratio to the baseline's in that runtime.

    A config whose files take images of one size only is marked. With another run of the same, by
    how much the two differ at most, of the latencies of a config.
    """
    def by_key(each: dict) -> Dict[tuple, dict]:
        return {(row['name'], row['runtime']): row for row in each['rows']}

    rows, others = by_key(results), by_key(again or dict(rows=[]))
    names, columns = (list(dict.fromkeys(part)) for part in zip(*rows))
    lines: List[Sequence[str]] = [(f"ms [ratio to {short_names(names)[0]}]", *columns,
                                   *(['two runs apart, at most'] if again else []))]
    for name, short in zip(names, short_names(names)):
        sizes = {rows[name, column].get('sizes') for column in columns}
        cells, apart = [short + (' (files of one size)' if 'fixed' in sizes else '')], []
        for column in columns:
            row = rows[name, column]
            if row['error'] is not None:
                cells.append(f"ERROR: {row['error'].strip().splitlines()[0]}")
                continue
            median = row['seconds']['median']
            ratio = row['ratio']
            cells.append(f'{median * 1e3:.1f}' + (f" [{ratio['seconds']:.2f}]" if ratio else ''))
            if again and others[name, column]['error'] is None:
                apart.append(abs(others[name, column]['seconds']['median'] - median) / median)
        lines.append((*cells, *([f'{max(apart):.0%}' if apart else ''] if again else [])))
    return markdown_table(lines)


def scores(results: dict) -> str:
    """A comparison at equal iterations: all scores, and what each config costs."""
    rows = results['rows']
    first, more = rows[0], list(rows[0]['runs']['iters']['more'][0])
    lines: List[Sequence[str]] = [(
        'config', 'mIoU', *more, 'M parameters', 'GMAC', 'GMAC of the head',
        's / iteration, ratio')]
    for row, name in zip(rows, short_names([row['config'] for row in rows])):
        runs, cost = row['runs']['iters'], row['cost']
        times, spread = ratio(Timing(**row['seconds_per_iteration']),
                              Timing(**first['seconds_per_iteration']))
        lines.append((
            name, format_runs(runs['miou'], 2),
            *(format_runs([scores[key] for scores in runs['more']], 2) for key in more),
            f"{cost['parameters'] / 1e6:.2f}", f"{cost['multiply_adds'] / 1e9:.3f}",
            f"{cost['head_multiply_adds'] / 1e9:.3f}",
            '1' if row is first else f'{times:.2f} ± {spread:.2f}'))
    return markdown_table(lines)


def budgets(results: dict) -> str:
    """A comparison with a column of mIoU for each budget, the equal time's with iterations."""
    rows = results['rows']
    equal = rows[0]['runs']['iters']['iterations']
    lines: List[Sequence[str]] = [(
        'config', 'GMAC of the head', 's / iteration', f'mIoU, {equal} iterations each',
        'mIoU, the same time in training steps')]
    for row, name in zip(rows, short_names([row['config'] for row in rows])):
        iters, time = (row['runs'][kind] for kind in ('iters', 'time'))
        lines.append((
            name, f"{row['cost']['head_multiply_adds'] / 1e9:.3f}",
            f"{row['seconds_per_iteration']['median']:.3f}", format_runs(iters['miou'], 2),
            f"{format_runs(time['miou'], 2)} ({time['iterations']} iterations)"))
    return markdown_table(lines)


def curve(results: dict) -> str:
    """mIoU on the validation set while a comparison at equal iterations trained."""
    lines: List[Sequence[str]] = []
    for row, name in zip(results['rows'], short_names([row['config'] for row in results['rows']])):
        seeds = row['runs']['iters']['validated']
        at = list(zip(*seeds))
        for seed in seeds:
            own = ('config', *(f"{each['iteration']} iterations" for each in seed))
            lines = lines or [own]
            if own != lines[0]:
                raise ValueError(f"{row['config']}: was validated at {own[1:]}, not "
                                 f'{lines[0][1:]}. Fix: the same val_interval.')
        lines.append((name, *(format_runs([run['mIoU'] for run in each], 1) for each in at)))
    return markdown_table(lines)


def search(results: dict) -> str:
    """What changes of a config gave on the validation set."""
    names = 'mIoU', 'mBIoU', 'mTrimapIoU_1px', 'mTrimapIoU_3px'
    return markdown_table([
        ('change', 'of the config', *names),
        *((row['row'], row['config'], *(
            format_runs([scores[name] for scores in row['runs']['val']['scores']], 1)
            for name in names)) for row in results['rows'])])


def environment(results: dict) -> str:
    """Where and with what it was measured, and the command; of a long one the beginning.

    Runs that an earlier command left finished have an environment of their own.
    """
    command = textwrap.shorten(results['command'], _LONGEST_COMMAND, placeholder=' ...')
    elsewhere = Counter(
        differences(where, results['environment']) for row in results.get('rows', ())
        for budget in row.get('runs', {}).values() for where in budget['environments'])
    runs = sum(elsewhere.values())
    earlier = ''.join(f'; {count} of {runs} runs by an earlier command, with {what}'
                      for what, count in elsewhere.items() if what)
    text = f"`{command}`, {environment_note(results['environment'])}{earlier}."
    return textwrap.fill(text, _COLUMNS, break_long_words=False, break_on_hyphens=False) + '\n'


KINDS: Dict[str, Callable[..., str]] = dict(
    suite=suite, repeated=repeated, runtimes=runtimes, scores=scores, budgets=budgets, curve=curve,
    search=search, environment=environment,
    # of a folder
    configs=lambda folder: markdown_table(cost_lines(folder)),
    recipes=lambda folder: markdown_table(recipe_lines(folder)),
    versions=lambda folder: markdown_table(version_lines(folder)))


def _read(path: Path) -> Union[dict, Path]:
    """A results file; each row of ``tools/benchmark.py`` carries what others say once.

    A folder is left to its kind of table.
    """
    if path.is_dir():
        return path
    results = json.loads(path.read_text(encoding='utf-8'))
    if isinstance(results, list):
        results = dict(command=results[0]['command'], environment=results[0]['environment'],
                       rows=results)
    return results


def fill(text: str, root: Path) -> str:
    """A page with its tables written anew.

    Args:
        text (str): Of the page, Markdown.
        root (Path): The repository's root.

    Returns:
        str: the page; nothing changes outside the comments.

    Raises:
        ValueError: if a comment names a kind that there is not.
        FileNotFoundError: if the JSON is not there.
    """
    def table(block: re.Match) -> str:
        if block['kind'] not in KINDS:
            raise ValueError(
                f'{block["begin"].strip()}: kind {block["kind"]!r} must be one of {list(KINDS)}. '
                'Fix: correct the comment.')
        options = [_read(root / option) if option.endswith('.json') else option
                   for option in block['options'].split()]
        return (block['begin'] + KINDS[block['kind']](_read(root / block['file']), *options)
                + block['end'])

    return _BLOCK.sub(table, text)
