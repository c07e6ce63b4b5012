"""The options that MMSeg's command lines have in common, and the config they make."""
from __future__ import annotations

import argparse
import os
import traceback
from pathlib import Path
from typing import Optional

from mmengine.config import Config, DictAction

from mmseg_nrd.compat import find_checkpoint

from .find_config import find_config


class _KeyValueAction(DictAction):
    """mmengine's, which ends in a traceback where argparse would end in a sentence."""

    def __call__(self, parser, namespace, values, option_string=None):
        for pair in values:
            key, equals, _ = pair.partition('=')
            if not (key and equals):
                raise argparse.ArgumentError(
                    self, f'{pair!r}: must be KEY=VALUE. Fix: model.decode_head.patch_size=4, or '
                    'quotes around what has spaces in it.')
            try:
                super().__call__(parser, namespace, [pair], option_string)
            except AssertionError as error:
                raise argparse.ArgumentError(
                    self, f'{pair!r}: must have as many brackets closed as opened. '
                    'Fix: key="[a,b]".') from error


def add_cfg_options(
        parser: argparse.ArgumentParser,
        what: str = 'override settings of the config: model.decode_head.patch_size=4; lists as '
        'key="[a,b]" or key=a,b, without spaces') -> None:
    """Add ``--cfg-options``.

    Args:
        parser (ArgumentParser): The command line.
        what (str): Its help. Defaults to one for a single config.
    """
    parser.add_argument(
        '--cfg-options', nargs='+', action=_KeyValueAction, metavar='KEY=VALUE', help=what)


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--work-dir``, ``--cfg-options``, ``--launcher`` and ``--local-rank``."""
    parser.add_argument('--work-dir', help='folder for logs, checkpoints and results')
    add_cfg_options(parser)
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
        help='job launcher')
    # torch.distributed.launch passes it in either spelling.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def _tell(error: BaseException) -> str:
    """Kind and text of an error, the first cause behind it, and the line that raised it."""
    first = error
    while first.__cause__ or first.__context__:
        first = first.__cause__ or first.__context__
    # mmengine's text of an import goes on with a list of folders.
    text = '; because of '.join(
        f"{type(each).__name__}: {str(each).split(', the current sys.path is')[0].strip()}"
        for each in dict.fromkeys([error, first]))
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f'{text} (`{last.line}`, {last.filename}:{last.lineno})'


def read_config(path: str, options: Optional[dict] = None) -> Config:
    """Read a config, found by :func:`find_config`, and lay ``--cfg-options`` over it.

    Raises:
        FileNotFoundError: if there is no such config.
        ValueError: if it, a base or a custom import cannot be read, or the options do not fit it.
    """
    path = find_config(path)
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'config {path!r}: no such file. Fix: pass the path of a config, for example '
            "one under this project's configs/.")
    try:
        cfg = Config.fromfile(path)
    except Exception as error:  # a config is a program
        raise ValueError(f'config {path}: cannot be read: {_tell(error)}. Fix: correct it, its '
                         '_base_ or its custom_imports.') from error
    try:
        cfg.merge_from_dict(options or {})
    except Exception as error:  # mmengine's own differ by the type of what is overridden
        raise ValueError(f'--cfg-options for {path}: {_tell(error)}. Fix: name keys as the config '
                         'has them, items of lists by their number.') from error
    return cfg


def check_tta(cfg: Config) -> None:
    """Say what is missing for ``--tta``.

    Raises:
        ValueError: if the config has no test-time augmentation.
    """
    missing = [key for key in ('tta_pipeline', 'tta_model') if key not in cfg]
    if missing:
        raise ValueError(
            f"--tta, but the config has no {' and no '.join(missing)}. "
            'Fix: define them, as mmseg::_base_/datasets/cityscapes.py does.')


def check_checkpoint(source: str) -> None:
    """Say that a checkpoint is not there, before anything is built.

    Raises:
        CheckpointError: if ``source`` is on this machine and no file.
    """
    find_checkpoint(source)


def load_config(args: argparse.Namespace) -> Config:
    """Read ``args.config`` and lay the common options over it.

    The work folder is the option's, else the config's, else ``work_dirs/<config name>``.

    Args:
        args (argparse.Namespace): With ``config`` and the options of
            :func:`add_config_arguments`.

    Returns:
        Config: ready for mmengine's ``Runner.from_cfg``.

    Raises:
        FileNotFoundError: if there is no such config.
    """
    # mmengine's runner reads the rank from the environment only.
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args.config, args.cfg_options)
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(args.config).stem))
    return cfg
