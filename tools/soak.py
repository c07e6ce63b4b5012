"""Train for long and watch memory, open files, threads and worker processes.

Writes OUT/results.json and OUT/plot.png. The exit status is 1 if after the warm-up memory grows by
more than --max-growth, or if any file, thread or worker comes on top.
"""
import argparse
import json
import shlex
import sys
from pathlib import Path

from mmengine.runner import Runner

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from mmseg_nrd.benchmark.environment import describe_environment
from mmseg_nrd.benchmark.soak import MAX_GROWTH, ResourceHook, growth, leaks, summary
from mmseg_nrd.benchmark.soak_figure import draw_soak
from mmseg_nrd.datasets.checks import check_data
from mmseg_nrd.datasets.pipelines import load_checked_annotations
from mmseg_nrd.engine import (
    add_config_arguments,
    check_config,
    check_has,
    config_errors_in_a_sentence,
    data_errors_in_a_sentence,
    load_config,
    silence_host_warnings,
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for results.json and plot.png')
    parser.add_argument('--iters', type=int, default=2000, help='default: 2000')
    parser.add_argument('--val-interval', type=int, default=250, metavar='N',
                        help='validate and write a checkpoint every N iterations (default: 250)')
    parser.add_argument('--warm-up', type=int, default=500, metavar='N',
                        help='leave the first N iterations out of the growth (default: 500)')
    parser.add_argument('--interval', type=int, default=20, metavar='N',
                        help='look every N iterations (default: 20)')
    parser.add_argument('--max-growth', type=float, default=MAX_GROWTH, metavar='MB',
                        help='memory may grow by so much in 1000 iterations '
                        f'(default: {MAX_GROWTH:g})')
    add_config_arguments(parser)
    return parser.parse_args()


def prepare_config(args: argparse.Namespace):
    cfg = load_config(args)
    check_config(cfg, 'train', 'val')
    check_has(cfg, 'default_hooks.checkpoint')
    cfg.train_cfg.update(max_iters=args.iters, val_interval=args.val_interval)
    cfg.default_hooks.checkpoint.update(interval=args.val_interval, max_keep_ckpts=1)
    for split in ('train', 'val'):
        loader = cfg[f'{split}_dataloader']
        workers, persist = loader.get('num_workers', 0), loader.get('persistent_workers', False)
        if workers < 1 or not persist:
            raise ValueError(
                f'{split}_dataloader: num_workers={workers}, persistent_workers={persist}: must '
                'be at least 1, and True, so that a leak of workers would show. Fix: set them.')
    check_data(cfg, 'train', 'val')
    load_checked_annotations(cfg, 'train', 'val')
    return cfg


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    try:
        hook = ResourceHook(args.interval)
        if args.warm_up + 3 * args.interval > args.iters:
            raise ValueError(f'--iters {args.iters} --warm-up {args.warm_up} --interval '
                             f'{args.interval}: must leave three looks after the warm-up. '
                             'Fix: train longer.')
        args.out.mkdir(parents=True, exist_ok=True)
        cfg = prepare_config(args)
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    with config_errors_in_a_sentence(cfg), data_errors_in_a_sentence():
        runner = Runner.from_cfg(cfg)
        runner.register_hook(hook)
        runner.train()
    grown = growth(hook.samples, args.warm_up)
    results = dict(
        command=shlex.join(['python', *sys.argv]), environment=describe_environment(),
        warm_up=args.warm_up, val_interval=args.val_interval, growth=grown, samples=hook.samples)
    (args.out / 'results.json').write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')
    draw_soak(results, args.out / 'plot.png')
    for line in summary(results, args.max_growth):
        print('  '.join(f'{cell:<26}' for cell in line).rstrip())
    sys.exit('\n'.join(f'error: {leak}' for leak in leaks(grown, args.max_growth)) or 0)


if __name__ == '__main__':
    main()
