"""Measure GUN's frame rate beside ERFNet's and ICNet's, and what its guidance costs."""
import argparse
import copy
import shlex
import sys
import warnings
from pathlib import Path

import torch
from mmengine.hub import get_config

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from mmseg_nrd.benchmark.environment import describe_environment
from mmseg_nrd.benchmark.memory import keep_freed_memory
from mmseg_nrd.benchmark.real_time import BILINEAR, ERFNET, GUN, ICNET, race_frames
from mmseg_nrd.benchmark.speed_report import format_rows, race_rows, write_results
from mmseg_nrd.engine import add_cfg_options, read_config, silence_host_warnings

OURS = Path(__file__).parents[1] / 'configs/gun/gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py'
RIVALS = {ERFNET: 'mmseg::erfnet/erfnet_fcn_4xb4-160k_cityscapes-512x1024.py',
          ICNET: 'mmseg::icnet/icnet_r50-d8_4xb2-160k_cityscapes-832x832.py'}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for results.json and report.md')
    parser.add_argument('--rounds', type=int, default=9, help='turns of each (default 9)')
    parser.add_argument('--divide', type=int, default=1,
                        help='divide the sides of all frames by this (default 1: GUN and ICNet '
                        'see 1024 x 2048, ERFNet 512 x 1024, as in the GUN paper)')
    add_cfg_options(parser, "override settings of GUN's config")
    parser.add_argument('--keep-freed-memory', action='store_true',
                        help='let the process keep the memory it frees')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.rounds < 1 or not 1 <= args.divide <= 8:
        sys.exit(f'error: --rounds {args.rounds} --divide {args.divide}: rounds must be at least '
                 '1, divide 1 to 8. Fix: change them.')
    silence_host_warnings()
    warnings.filterwarnings('ignore', category=UserWarning, module='mmseg')
    try:
        cfg = read_config(str(OURS), args.cfg_options)
    except ValueError as error:
        sys.exit(f'error: {error}')
    environment = describe_environment(
        keeps_freed_memory=args.keep_freed_memory and keep_freed_memory())
    plain = copy.deepcopy(cfg.model)
    plain.decode_head.guidance = None
    full, half = ((1024 // args.divide, 2048 // args.divide),
                  (512 // args.divide, 1024 // args.divide))
    models = {GUN: (cfg.model, full), BILINEAR: (plain, full)}
    for name, size in ((ERFNET, half), (ICNET, full)):
        models[name] = (get_config(RIVALS[name]).model, size)
    rows = race_rows([race_frames(models, args.rounds)])
    print(write_results(
        args.out, 'Frames of GUN and of networks made for speed', shlex.join(['python', *sys.argv]),
        environment, rows, [format_rows(rows, 'GUN')]))


if __name__ == '__main__':
    torch.manual_seed(0)
    main()
