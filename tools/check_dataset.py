"""Read all images and labels of a config's data sets, and list what training would stumble over.

Counts classes, sizes and ignored pixels as well. The exit status is 1 if there are errors.
"""
import argparse
import functools
import os
import sys
import time
from pathlib import Path
from typing import Iterable, Iterator

from rich.console import Console
from rich.progress import track

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.check_data.report import as_dict, class_table, summary_lines
from mmseg_nrd.apps.check_data.survey import survey_data
from mmseg_nrd.apps.cli import add_cfg_options, check_file, read_config, silence_host_warnings
from mmseg_nrd.apps.cli.json_files import write_json

SPLITS = ('train', 'val', 'test')
SECONDS = 10  # between two lines of progress


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help="a path, or an upstream config's name such as mmseg::"
                        'deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py')
    parser.add_argument('--split', nargs='+', choices=SPLITS, default=['train', 'val'],
                        help='which data to read (default: train val)')
    parser.add_argument('--limit', type=int, metavar='N',
                        help='read the first N images of each data set only')
    parser.add_argument('--workers', type=int, default=os.cpu_count() or 1, metavar='N',
                        help='threads that read (default: one for each core); 1 for loading steps '
                        'of your own that threads cannot share')
    parser.add_argument('--json', type=Path, metavar='F', help='write all that was found')
    add_cfg_options(parser)
    args = parser.parse_args()
    if args.limit is not None and args.limit < 1:
        parser.error(f'--limit {args.limit}: must be at least 1')
    return args


def show(found: Iterable, count: int, split: str) -> Iterator:
    """Show how many samples of a split were read: a bar, or without a terminal a line at times."""
    console = Console(stderr=True)
    console.print(f'reading {split}: {count} samples')
    if console.is_terminal:
        yield from track(found, description=split, total=count, console=console, transient=True)
        return
    told = time.monotonic()
    for number, each in enumerate(found, 1):
        yield each
        if time.monotonic() - told > SECONDS:
            told = time.monotonic()
            console.print(f'reading {split}: {number} of {count}')


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    console = Console()
    surveys = []
    try:
        if args.json:
            check_file(args.json, '--json')
        print(f'listing the data of {args.config}', file=sys.stderr)
        cfg = read_config(args.config, args.cfg_options)
        for split in args.split:
            survey = survey_data(cfg, split, args.workers, args.limit,
                                 functools.partial(show, split=split))
            surveys.append(survey)
            if survey.labelled:
                console.print(class_table(survey))
            print('\n'.join(summary_lines(survey)), flush=True)
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: nothing was written')
    if args.json:
        write_json(args.json, dict(
            config=args.config, splits=[as_dict(survey) for survey in surveys]))
    sys.exit(any(survey.errors for survey in surveys))


if __name__ == '__main__':
    main()
