"""Train configs with the same budget, test them, and write a report and pictures.

Interrupted or killed, the same command goes on where it was stopped.
"""
import argparse
import shlex
import sys
from pathlib import Path

from mmengine.logging import MMLogger

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import add_cfg_options
from mmseg_nrd.apps.cli.data_checks import count_images
from mmseg_nrd.apps.cli.quiet import silence_host_warnings
from mmseg_nrd.apps.compare.comparison import BUDGETS, check_budget, compare, load_configs
from mmseg_nrd.apps.compare.metric import choose_metric
from mmseg_nrd.apps.compare.pictures import PICTURES, draw_pictures
from mmseg_nrd.apps.compare.report import format_tables, summarise, write_report
from mmseg_nrd.apps.compare.runs import claim_runs, forget_runs, trained_runs
from mmseg_nrd.apps.cost.environment import describe_environment
from mmseg_nrd.apps.cost.memory import keep_freed_memory
from mmseg_nrd.apps.cost.multiply_adds import UncountableError
from mmseg_nrd.apps.cost.size import image_size
from mmseg_nrd.compat import CheckpointError

PICTURED = 3


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help='configs; the first one is what the others are compared with')
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for the report and the runs; an earlier report there is '
                        'replaced, finished runs are kept and not repeated')
    parser.add_argument('--fresh', action='store_true',
                        help='delete the runs of these configs in --out and start over')
    parser.add_argument('--seeds', type=int, default=1, help='runs of each config (default 1)')
    parser.add_argument('--iters', type=int,
                        help="training iterations (default: the first config's)")
    parser.add_argument('--budget', choices=BUDGETS, default='iters',
                        help='what is equal: iterations (default), training time, or a table '
                        'for each')
    parser.add_argument('--metric', help='the score to compare by, as the test evaluators report '
                        'it (default: mIoU)')
    parser.add_argument('--save-every', type=float, default=60., metavar='SECONDS',
                        help='of training, after which a run is saved: as much is repeated '
                        'after an interruption (default 60)')
    parser.add_argument('--validate', action='store_true',
                        help="validate at the configs' interval, scaled as their iterations are, "
                        'for curves of the score')
    add_cfg_options(parser, 'override settings in all of the configs')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    # Before there is a runner, mmengine would log a line for each parameter to the screen.
    MMLogger.get_instance('compare', log_level='ERROR')
    environment = describe_environment(keeps_freed_memory=keep_freed_memory())
    try:
        check_budget(args.seeds, args.iters, args.budget, args.save_every)
        configs = load_configs(args.configs, args.cfg_options, args.validate)
        print('trying each config on a test image, to see what its evaluator reports', flush=True)
        metric = choose_metric(configs, args.metric)
        cfg = next(iter(configs.values()))
        samples = range(min(PICTURED, *(count_images(each, 'test') for each in configs.values())))
        if args.fresh:
            forget_runs(configs, args.out)
        claim_runs(configs, args.out, samples, args.validate)
        if trained_runs(args.out):
            print(f'finished runs were found in {args.out / "runs"}: those that are asked for '
                  'again are not repeated; --fresh repeats them')
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    try:
        entries = compare(configs, args.out, seeds=args.seeds, iterations=args.iters,
                          budget=args.budget, samples=samples, save_every=args.save_every,
                          validate=args.validate, environment=environment)
    except KeyboardInterrupt:
        sys.exit('interrupted: no report was written; the same command goes on from here')
    except (CheckpointError, FloatingPointError, UncountableError) as error:
        sys.exit(f'error: {error}')
    report, results = write_report(
        entries, metric, args.out, shlex.join(['python', *sys.argv]), PICTURES, image_size(cfg),
        environment)
    print(format_tables(entries, metric))
    print(summarise(entries, metric))
    print(f'report   {report}\nresults  {results}', flush=True)
    draw_pictures(entries, metric, cfg, samples, args.out)
    for name in PICTURES:
        print(f'picture  {args.out / name}')


if __name__ == '__main__':
    main()
