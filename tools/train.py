"""Train a segmentor: MMSeg's tools/train.py on a host that mmseg_nrd has mended."""
import argparse
import sys

from mmengine.runner import Runner
from mmseg.registry import RUNNERS

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from mmseg_nrd.apps.cli.configs import add_config_arguments, load_config
from mmseg_nrd.apps.cli.data_checks import check_data
from mmseg_nrd.apps.cli.distributed import prepare_distributed_cpu
from mmseg_nrd.apps.cli.quiet import silence_host_warnings
from mmseg_nrd.apps.cli.resume import prepare_resume
from mmseg_nrd.compat import CheckpointError
from mmseg_nrd.hooks.checkpoint_fit import CheckpointFitHook


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train a segmentor')
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        '--resume', action='store_true',
        help='go on from the newest whole checkpoint in the work folder')
    parser.add_argument(
        '--amp', action='store_true', help='automatic mixed precision (needs a GPU)')
    add_config_arguments(parser)
    return parser.parse_args()


def enable_amp(cfg) -> None:
    kind = cfg.optim_wrapper.get('type', 'OptimWrapper')
    if kind == 'AmpOptimWrapper':
        return
    if kind != 'OptimWrapper':
        raise ValueError(
            f'--amp with optim_wrapper.type={kind!r}: only OptimWrapper can be switched. '
            'Fix: set AmpOptimWrapper or your own wrapper in the config.')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.loss_scale = 'dynamic'


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    try:
        cfg = load_config(args)
        if args.amp:
            enable_amp(cfg)
        check_data(cfg, 'train', 'val')
        for note in prepare_resume(cfg) if args.resume else ():
            print(f'warning: {note}', file=sys.stderr)
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
