"""The options that MMSeg's command lines have in common, and the config they make."""
from __future__ import annotations

import argparse
import os
from pathlib import Path

from mmengine.config import Config, DictAction

from .find_config import find_config


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--work-dir``, ``--cfg-options``, ``--launcher`` and ``--local-rank``."""
    parser.add_argument('--work-dir', help='folder for logs, checkpoints and results')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='override settings of the config: model.decode_head.patch_size=4; lists as '
        'key="[a,b]" or key=a,b, without spaces')
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
        help='job launcher')
    # torch.distributed.launch passes it in either spelling.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def load_config(args: argparse.Namespace) -> Config:
    """Read ``args.config`` and lay the common options over it.

    The work folder is the option's, else the config's, else ``work_dirs/<config name>``.

    Args:
        args (argparse.Namespace): With the options of :func:`add_config_arguments`, and
            ``config``, which becomes what :func:`find_config` finds by that name.

    Returns:
        Config: ready for mmengine's ``Runner.from_cfg``.

    Raises:
        FileNotFoundError: if there is no such config.
    """
    args.config = find_config(args.config)
    # mmengine's runner reads the rank from the environment only.
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    if not Path(args.config).is_file():
        raise FileNotFoundError(
            f'config {args.config!r}: no such file. Fix: pass the path of a config, for example '
            "one under this project's configs/.")
    cfg = Config.fromfile(args.config)
    cfg.launcher = args.launcher
    if args.cfg_options is not None:
        cfg.merge_from_dict(args.cfg_options)
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(args.config).stem))
    return cfg
