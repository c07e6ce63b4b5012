"""What the two exporting command lines share."""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Callable, Sequence, Tuple

from mmengine.config import Config
from torch import Tensor
from torch.export import ExportedProgram

from mmseg_nrd.apps.cli import find_config
from mmseg_nrd.apps.cli.configs import add_cfg_options
from mmseg_nrd.apps.cli.folders import check_folder
from mmseg_nrd.apps.cost.size import image_size

from .check import MOST, check, check_shapes, shapes_around, tolerance
from .loading import load_segmentor
from .segmentor import ExportableSegmentor
from .trace import trace


def add_export_arguments(parser: argparse.ArgumentParser, ending: str) -> None:
    """Add what both formats need.

    Args:
        parser (ArgumentParser): The command line.
        ending (str): Of the file's name, with its dot.
    """
    parser.add_argument('config', type=find_config,
                        help="a path, or an upstream config's name (mmseg::...)")
    parser.add_argument('checkpoint', nargs='?',
                        help='path or URL of its checkpoint (default: random weights)')
    parser.add_argument('--out', type=Path, required=True, metavar=f'FILE{ending}',
                        help='file to write, or to replace; its folder is made')
    parser.add_argument('--labels', action='store_true',
                        help='yield labels, (B, H, W) of int64, instead of logits')
    parser.add_argument('--shape', nargs=2, type=int, metavar=('H', 'W'),
                        help='size of the images to trace and to check with; others run as well '
                        "(default: the config's own)")
    parser.add_argument('--check-shapes', nargs='+', type=_shape, metavar='BxHxW',
                        help='check with these batches instead, such as 1x512x1024 2x385x513')
    parser.add_argument('--tolerance', type=_positive, default=MOST, metavar='T',
                        help=f'let logits differ by so much (default {MOST}), though never by more '
                        'than 1e-4 of the largest')
    add_cfg_options(parser)


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f'{text}: must be above 0. Fix: {MOST}.')
    return value


def _shape(text: str) -> Tuple[int, int, int]:
    sides = text.split('x')
    if len(sides) != 3 or not all(side.isdigit() for side in sides):
        raise argparse.ArgumentTypeError(f'{text!r}: must be images x height x width, such as '
                                         '2x385x513')
    batch, height, width = map(int, sides)
    return batch, height, width


def export_file(args: argparse.Namespace, ending: str,
                write: Callable[[ExportedProgram, Path], None],
                read: Callable[[Path], Callable[[Tensor], Tensor]]) -> bool:
    """Trace a model, write it to a file, run that beside the model, and say what came out.

    Args:
        args (Namespace): Of :func:`add_export_arguments`.
        ending (str): That the file must have.
        write (Callable): Writes a program to a path.
        read (Callable): Makes a function of the file at a path.

    Returns:
        bool: whether the two agree. If not, no file is left.

    Raises:
        ImportError, OSError, ValueError: with a sentence for the user.
    """
    _check_out(args.out, ending)
    asked = [(1, *args.shape)] if args.shape else []
    check_shapes([*asked, *(args.check_shapes or ())])
    segmentor, cfg = load_segmentor(args.config, args.checkpoint, args.cfg_options)
    model = ExportableSegmentor(segmentor, args.labels)
    _say_what_is_left_out(args, cfg)
    size = tuple(args.shape or image_size(cfg))
    shapes = args.check_shapes or shapes_around(size)
    check_shapes([(1, *size), *shapes])
    program = trace(model, size)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name there is never a file that has not been checked.
    unfinished = args.out.with_name(f'unfinished-{args.out.name}')
    try:
        write(program, unfinished)
        agrees = _compare(model, read(unfinished), shapes, args.tolerance)
        if agrees:
            unfinished.replace(args.out)
    finally:
        unfinished.unlink(missing_ok=True)
    if agrees:
        print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')
    else:
        print(f'{args.out}: not written. Fix: if the difference is next to nothing for logits as '
              'large as these, pass a --tolerance above it.')
    return agrees


def _check_out(out: Path, ending: str) -> None:
    if out.suffix != ending:
        raise ValueError(f'--out {out}: must end in {ending}. Fix: --out {out.with_suffix(ending)}')
    if out.is_dir():
        raise IsADirectoryError(f'--out {out}: is a folder. Fix: name a file in it.')
    check_folder(out.parent, 'the folder of --out')


def _say_what_is_left_out(args: argparse.Namespace, cfg: Config) -> None:
    if args.checkpoint is None:
        print('warning: no checkpoint was given, so the weights are random: enough to time the '
              'file, not to label with it')
    test_cfg = cfg.model.get('test_cfg') or {}
    if test_cfg.get('mode') == 'slide':
        print(f"test_cfg.mode='slide': the file computes one window ({test_cfg.get('crop_size')}); "
              'sliding it over larger images is left to the caller')


def _compare(model: ExportableSegmentor, run: Callable[[Tensor], Tensor],
             shapes: Sequence[Tuple[int, int, int]], most: float) -> bool:
    agrees = []
    for (batch, height, width), difference, scale in check(model, run, shapes):
        agrees.append(difference <= tolerance(scale, most))
        verdict = '' if agrees[-1] else f', above {tolerance(scale, most):.1e}: FAILED'
        print(f'{batch} x 3 x {height} x {width}: maximum difference {difference:.1e}, of logits '
              f'up to {scale:.1e}{verdict}')
    return all(agrees)
