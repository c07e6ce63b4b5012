"""Train a segmentor: MMSeg's tools/train.py on a host that mmseg_nrd has prepared."""
import argparse
import sys

import mmseg_nrd  # noqa: F401  (prepares the host; MMSeg is imported after it)

# isort: split
from mmengine.device import get_device
from mmengine.runner import Runner
from mmseg.registry import RUNNERS

from mmseg_nrd.apps.cli import (
    add_config_arguments,
    load_config,
    prepare_distributed_cpu,
    prepare_resume,
    print_once,
    shorten_console,
    silence_host_warnings,
)
from mmseg_nrd.apps.cli.configs import type_name
from mmseg_nrd.apps.cli.data_checks import check_data
from mmseg_nrd.compat import CheckpointError
from mmseg_nrd.hooks import CheckpointFitHook


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train a segmentor')
    parser.add_argument('config', help="a path, a file name of ours, or mmseg:: and MMSeg's")
    parser.add_argument(
        '--resume', action='store_true',
        help='go on from the newest whole checkpoint in the work folder')
    parser.add_argument(
        '--amp', action='store_true', help='automatic mixed precision (needs a GPU)')
    add_config_arguments(parser)
    return parser.parse_args()


def enable_amp(cfg) -> None:
    kind = type_name(cfg.optim_wrapper) or 'OptimWrapper'
    if kind == 'AmpOptimWrapper':
        return
    if kind != 'OptimWrapper':
        raise ValueError(
            f'--amp with optim_wrapper.type={kind!r}: only OptimWrapper can be switched. '
            'Fix: set AmpOptimWrapper or your own wrapper in the config.')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.loss_scale = 'dynamic'


def describe(config: str, cfg) -> str:
    length = cfg.get('train_cfg') or {}
    length = ', '.join(f'{key}={length[key]}' for key in ('max_iters', 'max_epochs')
                       if key in length)
    return (f'training {config} on {get_device()}, {length}; logs and checkpoints in '
            f'{cfg.work_dir}')


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    try:
        cfg = load_config(args)
        shorten_console(cfg, args.verbose)
        print_once(cfg, describe(args.config, cfg))
        if args.amp:
            enable_amp(cfg)
        check_data(cfg, 'train', 'val')
        for note in prepare_resume(cfg) if args.resume else ():
            print_once(cfg, f'warning: {note}')
        prepare_distributed_cpu(cfg)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f'error: {error}')
    cfg.resume = args.resume
    try:
        runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
        runner.register_hook(CheckpointFitHook('same' if args.resume else 'some'))
        runner.train()
    except (CheckpointError, FloatingPointError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
