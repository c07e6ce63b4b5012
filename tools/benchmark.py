"""Measure what segmentors cost, side by side: parameters, multiply-adds, latency and memory.

Each figure stands beside its ratio to the baseline's, for the whole model and for its backbone,
neck, decode head and, in training, auxiliary head.
"""
import argparse
import shlex
import sys
import warnings
from functools import partial
from pathlib import Path

from rich.console import Console

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import (
    check_file,
    find_config,
    positive,
    read_config,
    silence_host_warnings,
    usable_device,
)
from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.cli.segmentor import SEED
from mmseg_nrd.apps.cost.candidate import AMP, Settings
from mmseg_nrd.apps.cost.environment import describe_environment, environment_note
from mmseg_nrd.apps.cost.figure import draw_suite
from mmseg_nrd.apps.cost.memory import keep_freed_memory
from mmseg_nrd.apps.cost.report import format_suite, terminal_tables
from mmseg_nrd.apps.cost.suite import check_names, measure
from mmseg_nrd.apps.export.onnx_file import silence_exporters
from mmseg_nrd.apps.export.runners import RUNTIMES
from mmseg_nrd.apps.export.runtime_report import format_runtimes, runtime_tables
from mmseg_nrd.apps.export.runtimes import check_runtimes, measure_runtimes


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, fromfile_prefix_chars='@',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    # A blank line of @FILE is no config.
    parser.convert_arg_line_to_args = lambda line: [line.strip()] if line.strip() else []
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help='a path; from any folder, one of ours by its path (configs/...) or '
                        "its file name, or an upstream config's name such as mmseg::deeplabv3plus/"
                        'deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py; @FILE reads them '
                        'from a file, one a line')
    parser.add_argument('--baseline', metavar='NAME',
                        help='the config that the ratios are to (default: the first)')
    parser.add_argument('--shape', nargs=2, type=positive, metavar=('H', 'W'),
                        help="size of the images (default: each config's own)")
    parser.add_argument('--batch', type=positive, metavar='N',
                        help='images at a time (default 1, and 2 in training)')
    parser.add_argument('--device', type=usable_device, choices=('cpu', 'cuda'),
                        default='cpu',
                        help='where to run (default cpu)')
    parser.add_argument('--amp', choices=AMP, help='run under autocast')
    parser.add_argument('--channels-last', action='store_true',
                        help='weights and images in channels-last memory')
    parser.add_argument('--fuse', action='store_true',
                        help='take norms into the convolutions before them, at inference')
    parser.add_argument('--compile', action='store_true',
                        help="torch.compile for each part's forward pass")
    parser.add_argument('--train-step', action='store_true',
                        help='measure forward and backward too')
    parser.add_argument('--runtime', action='append', choices=list(RUNTIMES), default=[],
                        help='measure whole models in this runtime instead of their parts; give '
                        'it once for each')
    parser.add_argument('--rounds', type=positive, default=9,
                        help='turns of each step (default 9)')
    parser.add_argument('--keep-freed-memory', action='store_true',
                        help='let the process keep the memory it frees, as a tuned server does')
    parser.add_argument('--json', type=Path, metavar='F', help='write all figures')
    parser.add_argument('--markdown', type=Path, metavar='F', help='write the tables')
    parser.add_argument('--plot', type=Path, metavar='F',
                        help='draw latency against multiply-adds, a dot for each model')
    return parser.parse_args([
        f'@{find_config(argument[1:])}' if argument.startswith('@') else argument
        for argument in sys.argv[1:]])


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    settings = Settings(
        device=args.device, shape=args.shape and tuple(args.shape), batch=args.batch, amp=args.amp,
        channels_last=args.channels_last, fuse=args.fuse, compile=args.compile,
        train_step=args.train_step, rounds=args.rounds)
    try:
        baseline = check_names(args.configs, args.baseline)
        check_options(args)
        versions = check_runtimes(args.runtime, settings)
        for config in args.configs:
            check_found(config)
        for option in ('json', 'markdown', 'plot'):
            if getattr(args, option):
                check_file(getattr(args, option), f'--{option}')
    except (ImportError, OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    silence_exporters()
    warnings.filterwarnings('ignore', category=UserWarning, module='mmseg')
    environment = describe_environment(
        args.device, seed=SEED, rounds=args.rounds, amp=args.amp,
        channels_last=args.channels_last, fuse=args.fuse, compile=args.compile,
        keeps_freed_memory=args.keep_freed_memory and keep_freed_memory(), **versions)
    tell = partial(print, flush=True)
    rows = (measure_runtimes(args.configs, args.runtime, settings, baseline, tell) if args.runtime
            else measure(args.configs, settings, baseline, tell))
    write(args, rows, environment)
    sys.exit(any(row['error'] is not None for row in rows))


def check_options(args: argparse.Namespace) -> None:
    """Refuse, with --runtime, what only parts of models have."""
    fixes = dict(compile='--runtime compile instead')
    for name in ('channels_last', 'fuse', 'compile', 'train_step', 'plot'):
        if args.runtime and getattr(args, name):
            raise ValueError(
                f'--{name.replace("_", "-")} with --runtime {args.runtime[0]}: runtimes are '
                'measured on whole models at inference, in tables. Fix: '
                f'{fixes.get(name, "leave one of the two out")}.')


def check_found(config: str) -> None:
    """Refuse what is not there; what else is wrong with a config is its row's error."""
    try:
        read_config(config)
    except Exception as error:
        if isinstance(error, FileNotFoundError):
            raise


def write(args: argparse.Namespace, rows: list, environment: dict) -> None:
    """Tables on the terminal, and the files that were asked for."""
    as_markdown, as_tables = ((format_runtimes, runtime_tables) if args.runtime
                              else (format_suite, terminal_tables))
    command = shlex.join(['python', *sys.argv])
    for path in filter(None, (args.plot, args.markdown)):
        path.parent.mkdir(parents=True, exist_ok=True)
    if args.json:
        write_json(args.json, [dict(row, command=command, environment=environment)
                               for row in rows])
    if args.plot:
        draw_suite(rows, args.plot)
    if args.markdown:
        args.markdown.write_text('\n'.join(
            ['# What segmentors cost', '', f'    {command}', '', as_markdown(rows),
             environment_note(environment), '']), encoding='utf-8')
    console = Console()
    # Narrower than this the figures would break across lines.
    console.width = max(console.width, 180)
    for table in as_tables(rows):
        console.print(table)


if __name__ == '__main__':
    main()
