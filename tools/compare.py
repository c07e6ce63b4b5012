"""Train configs with the same budget, test them, and write a report and a picture."""
import argparse
import shlex
import sys
from pathlib import Path

from mmengine.config import DictAction

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from mmseg_nrd.benchmark import compare
from mmseg_nrd.benchmark.comparison import BUDGETS, check_budget, load_configs
from mmseg_nrd.benchmark.environment import describe_environment
from mmseg_nrd.benchmark.figure import draw_comparison
from mmseg_nrd.benchmark.memory import keep_freed_memory
from mmseg_nrd.benchmark.report import format_tables, summarise, write_report
from mmseg_nrd.benchmark.size import image_size
from mmseg_nrd.datasets.checks import check_data, count_images
from mmseg_nrd.engine import silence_host_warnings

PICTURED = 3
PICTURE = 'comparison.png'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help='configs; the first one is what the others are compared with')
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for the report; an earlier report there is replaced')
    parser.add_argument('--seeds', type=int, default=1, help='runs of each config (default 1)')
    parser.add_argument('--iters', type=int,
                        help="training iterations (default: the first config's)")
    parser.add_argument('--budget', choices=BUDGETS, default='iters',
                        help='what is equal: iterations (default), training time, or a table '
                        'for each')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override settings in all of the configs')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    environment = describe_environment(keeps_freed_memory=keep_freed_memory())
    try:
        configs = load_configs(args.configs, args.cfg_options)
        for cfg in configs.values():
            check_data(cfg, 'train', 'test')
        check_budget(args.seeds, args.iters, args.budget)
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    cfg = next(iter(configs.values()))
    samples = range(min(PICTURED, count_images(cfg, 'test')))
    try:
        entries = compare(configs, args.out, seeds=args.seeds, iterations=args.iters,
                          budget=args.budget, samples=samples)
    except KeyboardInterrupt:
        sys.exit('interrupted: no report was written')
    draw_comparison(entries, cfg, samples, args.out / PICTURE)
    report, results = write_report(
        entries, args.out, shlex.join(['python', *sys.argv]), PICTURE, image_size(cfg),
        environment)
    print(format_tables(entries))
    print(summarise(entries))
    print(f'report   {report}\nresults  {results}\npicture  {args.out / PICTURE}')


if __name__ == '__main__':
    main()
