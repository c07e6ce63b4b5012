"""The options that MMSeg's command lines have in common, and checks of what they name."""
from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from pathlib import Path

import torch
from mmengine.config import DictAction


class _KeyValueAction(DictAction):
    """mmengine's, with argparse's own errors in place of tracebacks."""

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
    """Add ``--cfg-options``; its help says ``what`` they do."""
    parser.add_argument(
        '--cfg-options', nargs='+', action=_KeyValueAction, metavar='KEY=VALUE', help=what)


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``tools/train.py`` and ``tools/test.py`` share: ``--work-dir`` and so on."""
    parser.add_argument('--work-dir', help='folder for logs, checkpoints and results')
    add_cfg_options(parser)
    parser.add_argument(
        '--verbose', action='store_true', help='show on the screen what else is in the log file '
        'only: the environment, the whole config, hooks and options of each parameter; '
        "log_level='DEBUG' in the config does so too")
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
        help='job launcher')
    # torch.distributed.launch passes it in either spelling.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def positive(text: str) -> int:
    """A whole number from 1 on; argparse says what else it got."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r}: must be 1 or more. Fix: such as 512.')
    return int(text)


def usable_device(text: str) -> str:
    """A device such as cpu that torch can use here; argparse says what else it got."""
    try:
        torch.empty(1, device=text)
    # Which of the two it is depends on how torch was built.
    except (AssertionError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(
            f'{text!r}: cannot be used ({str(error).splitlines()[0]}). Fix: cpu.') from error
    return text


def check_folder(folder: Path, option: str) -> None:
    """Refuse a folder that cannot be made or written to, before hours are spent on its contents.

    It is tried, and what was made for that is removed again: other arguments may be wrong. The
    ValueError names the ``option`` that named the folder.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f'{option} {folder}: cannot be made or written to ({error.strerror}); must be a folder '
            'for new files. Fix: name another one.') from error
    finally:
        for path in missing:
            # It was not made, or another program has put something into it since.
            with contextlib.suppress(OSError):
                path.rmdir()


def check_file(path: Path, option: str) -> None:
    """Refuse a file that cannot be written, as early; the error names the ``option``."""
    if path.is_dir():
        raise IsADirectoryError(f'{option} {path}: is a folder. Fix: name a file in it.')
    # What is there and no file, as a pipe, is written in place.
    if path.is_file() or not path.exists():
        check_folder(path.parent, f'the folder of {option}')
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(f'{option} {path}: cannot be written to. Fix: name another file.')
