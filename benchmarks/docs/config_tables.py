"""Tables of the docs that are read off a folder of configs."""
from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Dict, List, Sequence

from mmengine.config import Config

Lines = List[Sequence[str]]
_COST = re.compile(r'Cost: (\S+) G multiply-adds in the decode head, (\S+) G in all; (\S+) M '
                   r'parameters; (\d+ x \d+)\.')


def _configs(folder: Path) -> List[Path]:
    paths = sorted(folder.glob('*.py'))
    if not paths:
        raise ValueError(f'{folder}: must be a folder of configs. Fix: correct the comment.')
    return paths


def _link(path: Path) -> str:
    """As a page of docs/ links to it."""
    return f'[{path.stem}](../configs/{path.parent.name}/{path.name})'


def cost_lines(folder: Path) -> Lines:
    """What each config is, and what it costs, as its header says.

    Args:
        folder (Path): Of the configs.

    Returns:
        list: a header and a line for each config; without costs where no header has any.

    Raises:
        ValueError: if there is no config.
    """
    lines: Lines = [('config', 'what it is', 'GMAC of the head', 'GMAC', 'M parameters', 'input')]
    for path in _configs(folder):
        header = ast.get_docstring(ast.parse(path.read_text(encoding='utf-8'))) or ''
        cost = _COST.search(header)
        lines.append((_link(path), header.split('\n')[0].rstrip('.'),
                      *(cost.groups() if cost else [''] * 4)))
    if not any(line[2] for line in lines[1:]):
        return [line[:2] for line in lines]
    return lines


def _schedule(cfg: Config) -> str:
    """The learning rate over time, in words."""
    parts = []
    for stage in cfg.param_scheduler:
        if stage.type == 'LinearLR':
            parts.append(f'linear from {stage.start_factor:g} of it over {stage.end}')
        elif stage.type == 'PolyLR':
            parts.append(f'poly {stage.power:g} to {stage.eta_min:g}')
        elif stage.type == 'MultiStepLR':
            parts.append(f'x {stage.gamma:g} at {" and ".join(map(str, stage.milestones))}')
        else:
            raise ValueError(f'{cfg.filename}: scheduler {stage.type} has no wording yet. Fix: add '
                             'one to config_tables.py.')
    return ', '.join(parts)


def recipe_lines(folder: Path) -> Lines:
    """How the configs train; those that train alike share a line.

    Args:
        folder (Path): Of the configs.

    Returns:
        list: a header and a line for each recipe, which says 'all' if it is the only one.

    Raises:
        ValueError: if there is no config, or one has a schedule of an unknown kind.
    """
    sharing: Dict[tuple, List[str]] = {}
    for path in _configs(folder):
        cfg = Config.fromfile(path)
        optimizer = cfg.optim_wrapper.optimizer
        processes, images = map(int, re.search(r'_(\d+)xb(\d+)-', path.stem).groups())
        recipe = (optimizer.type, f'{optimizer.lr:g}', f'{optimizer.weight_decay:g}',
                  _schedule(cfg), str(cfg.train_cfg.max_iters), str(processes * images),
                  ' x '.join(map(str, cfg.model.data_preprocessor.size)))
        sharing.setdefault(recipe, []).append(_link(path))
    header = ('configs', 'optimizer', 'learning rate', 'weight decay', 'schedule', 'iterations',
              'batch', 'crop')
    return [header, *(('<br>'.join(links) if len(sharing) > 1 else 'all', *recipe)
                      for recipe, links in sharing.items())]
