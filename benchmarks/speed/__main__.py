"""Measure NRD's speed and memory: its decode step, its head, a whole model, and how they grow."""
import argparse
import shlex
import sys
from pathlib import Path

import torch

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from benchmarks.speed.races import (
    FLAGS,
    MODES,
    race_decode_step,
    race_heads,
    race_labels,
    race_models,
)
from benchmarks.speed.report import draw_growth, race_rows, write_results
from mmseg_nrd.apps.cli import read_config, silence_host_warnings
from mmseg_nrd.apps.cost.environment import describe_environment
from mmseg_nrd.apps.cost.memory import keep_freed_memory

OURS = 'configs/nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py'
STOCK = 'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py'
RESNET50 = (256, 512, 1024, 2048)
DECODE_CASES = ((19, (16, 32)), (150, (16, 16)), (19, (32, 64)))
HEAD_CASES = ((19, (512, 1024)), (150, (512, 512)))
LABEL_CASES = ((19, (512, 1024)), (150, (512, 512)), (150, (1024, 2048)))
SIZES = tuple((side, 2 * side) for side in (256, 512, 1024, 2048))
CLASSES = (2, 19, 59, 150, 400, 1000)
# Larger than what all logits fit in: labelled in blocks of rows alone.
LARGE = (150, (4096, 8192))
GROUPS = ('decode', 'head', 'model', 'labels', 'growth')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for results.json, report.md and growth.png')
    parser.add_argument('--groups', nargs='+', choices=GROUPS, default=GROUPS,
                        help='what to measure (default: all)')
    parser.add_argument('--rounds', type=int, default=9, help='turns of each step (default 9)')
    parser.add_argument('--max-side', type=int, default=8192,
                        help='leave out larger images (default 8192, the longer side)')
    parser.add_argument('--keep-freed-memory', action='store_true',
                        help='let the process keep the memory it frees, as a tuned server does; '
                        "without it glibc returns large blocks, as it does in MMSeg's tools")
    return parser.parse_args()


def plan(ours: dict, stock: dict, max_side: int) -> dict:
    """What to race, by group: functions of the number of turns."""
    heads = (ours.decode_head, stock.decode_head, RESNET50)

    def fits(size):
        return max(size) <= max_side

    def head(classes, size, mode='inference', flags='fp32', **more):
        return lambda rounds: race_heads(*heads, classes, size, mode, flags, rounds, **more)

    return dict(
        decode=[lambda rounds, case=case, mode=mode: race_decode_step(
            ours.decode_head, *case, mode, rounds) for case in DECODE_CASES for mode in MODES],
        head=[*(head(*case, flags=flags, parts=flags == FLAGS[0])
                for case in HEAD_CASES for flags in FLAGS if fits(case[1])),
              *(head(*case, mode='training') for case in HEAD_CASES if fits(case[1]))],
        model=[lambda rounds, flags=flags: race_models(
            ours, stock, tuple(min(side, max_side) for side in (512, 1024)), flags, rounds)
            for flags in FLAGS],
        labels=[*(lambda rounds, case=case: race_labels(ours, *case, rounds)
                  for case in LABEL_CASES if fits(case[1])),
                *([lambda rounds: race_labels(ours, *LARGE, rounds, alone=True)]
                  if fits(LARGE[1]) else [])],
        growth=[*(head(19, size, what='growth') for size in SIZES if fits(size)),
                *(head(classes, SIZES[1 if fits(SIZES[1]) else 0], what='growth')
                  for classes in CLASSES)])


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    environment = describe_environment(
        keeps_freed_memory=args.keep_freed_memory and keep_freed_memory())
    races = plan(read_config(OURS).model, read_config(STOCK).model, args.max_side)
    rows = {group: [] for group in args.groups}
    for group in args.groups:
        for number, run in enumerate(races[group], start=1):
            print(f'{group}: race {number} of {len(races[group])}', flush=True)
            rows[group] += race_rows([run(args.rounds)])
    print(write_results(args.out, shlex.join(['python', *sys.argv]), environment, rows))
    if 'growth' in rows:
        count = len(rows['growth']) - len(CLASSES)
        draw_growth(rows['growth'][:count], rows['growth'][count:], args.out / 'growth.png')


if __name__ == '__main__':
    torch.manual_seed(0)
    main()
