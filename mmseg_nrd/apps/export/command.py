"""The exporting command line: one model, one file, checked before it gets its name."""
from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Callable, Sequence, Tuple

from torch import Tensor
from torch.export import ExportedProgram

from mmseg_nrd.apps.cli import (
    add_cfg_options,
    check_file,
    load_segmentor,
    positive,
    read_config,
)
from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.cost.size import image_size
from mmseg_nrd.compat import whole_file

from .about import describe
from .check import MOST, Shape, check, shapes_around, tolerance
from .onnx_file import OPSET, check_opset, read_onnx, write_onnx
from .segmentor import ExportableSegmentor
from .trace import read_program, trace, write_program

Format = Tuple[Callable[[ExportedProgram, Path], None], Callable[[Path], Callable]]


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all that :func:`export_file` reads."""
    parser.add_argument('config', help="a path, or an upstream config's name (mmseg::...)")
    parser.add_argument('checkpoint', nargs='?',
                        help='path or URL of its checkpoint (default: random weights)')
    parser.add_argument('--out', type=Path, required=True, metavar='FILE',
                        help='file to write, or to replace: FILE.onnx for ONNX, FILE.pt2 for '
                        'torch.export; its folder is made')
    parser.add_argument('--labels', action='store_true',
                        help='yield labels, (B, H, W) of int64, instead of logits')
    parser.add_argument('--shape', nargs=2, type=positive, metavar=('H', 'W'),
                        help='size of the images to trace and to check with; others run as well '
                        "(default: the config's own)")
    parser.add_argument('--fixed', action='store_true',
                        help='only for single images of the size of --shape: for models that '
                        'cannot be written for any, such as those with adaptive pooling')
    parser.add_argument('--check-shapes', nargs='+', type=_shape, metavar='BxHxW',
                        help='check with these batches instead, such as 1x512x1024 2x385x513')
    parser.add_argument('--tolerance', type=_positive, metavar='T',
                        help=f'let logits differ by so much (default {MOST}), though never by more '
                        'than 1e-4 of the largest')
    parser.add_argument('--opset', type=int,
                        help=f"version of ONNX's operator set (default {OPSET})")
    parser.add_argument('--fp16', action='store_true',
                        help='store the weights of an ONNX file in half precision: half the size, '
                        'computed in float32; logits may then differ by 1e-2 of the largest')
    add_cfg_options(parser)


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f'{text}: must be above 0. Fix: {MOST}.')
    return value


def _shape(text: str) -> Shape:
    sides = text.split('x')
    if len(sides) != 3:
        raise argparse.ArgumentTypeError(f'{text!r}: must be images x height x width. Fix: such '
                                         'as 2x385x513.')
    batch, height, width = map(positive, sides)
    return batch, height, width


def export_file(args: argparse.Namespace) -> None:
    """Trace a model, write it to a file, run that beside the model, and print how they compare.

    Raises:
        ImportError: if a package is missing or too old.
        OSError, ValueError: if an argument cannot be used, the model cannot be written, or the
            file differs from it. Then no file is left, and an older one stays.
    """
    write, read = _format(args)
    if args.fixed and args.check_shapes:
        raise ValueError('--check-shapes with --fixed: the file takes the size of --shape alone. '
                         'Fix: leave one of the two out.')
    check_file(args.out, '--out')
    cfg = read_config(args.config, args.cfg_options)
    segmentor, saved = load_segmentor(cfg, args.checkpoint, 'cpu')
    model = ExportableSegmentor(segmentor, args.labels)
    about = describe(model, cfg, saved)
    size = tuple(args.shape or image_size(cfg))
    if args.fixed:
        about['size'] = list(size)
    print(f'tracing {args.config} at {size[0]} x {size[1]}', flush=True)
    if args.checkpoint is None:
        print('warning: no checkpoint was given, so the weights are random: enough to time the '
              'file, not to label with it')
    test_cfg = cfg.model.get('test_cfg') or {}
    if test_cfg.get('mode') == 'slide':
        print(f"warning: test_cfg.mode='slide': the file computes one window "
              f"({test_cfg.get('crop_size')}); sliding it over larger images is left to the caller")
    program = trace(model, size, fixed_batch=1 if args.fixed else None)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name there is never a file that has not been checked.
    print(f'writing {args.out}, then running it beside the model', flush=True)
    with whole_file(args.out) as unfinished:
        write(program, unfinished)
        shapes = shapes_around(size)[:1 if args.fixed else None]
        _compare(model, read(unfinished), args.check_shapes or shapes,
                 partial(tolerance, most=args.tolerance, fp16=args.fp16))
    write_json(Path(f'{args.out}.json'), about)
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB; {args.out}.json names its classes')


def _format(args: argparse.Namespace) -> Format:
    """How to write and to read a file of this ending."""
    if args.out.suffix == '.onnx':
        opset = OPSET if args.opset is None else args.opset
        check_opset(opset)
        return partial(write_onnx, output='labels' if args.labels else 'logits',
                       opset=opset, fp16=args.fp16), read_onnx
    if args.out.suffix != '.pt2':
        raise ValueError(f'--out {args.out}: must end in .onnx or .pt2, which chooses the format. '
                         f'Fix: --out {args.out.with_suffix(".onnx")}')
    for option, value in (('--opset', args.opset), ('--fp16', args.fp16 or None)):
        if value is not None:
            raise ValueError(f'{option} {value}: is for ONNX only. Fix: --out '
                             f'{args.out.with_suffix(".onnx")}, or leave it out.')
    return write_program, read_program


def _compare(model: ExportableSegmentor, run: Callable[[Tensor], Tensor],
             shapes: Sequence[Shape], bound: Callable[[float], float]) -> None:
    def run_or_tell(images: Tensor) -> Tensor:
        try:
            return run(images)
        except Exception as error:
            raise ValueError(f'the file cannot run images of {tuple(images.shape)}, and was not '
                             f'kept: {error}. Fix: where their size is the reason, --fixed writes '
                             'a file for one size.') from error

    agrees = []
    for (batch, height, width), difference, scale in check(model, run_or_tell, shapes):
        agrees.append(difference <= bound(scale))
        verdict = '' if agrees[-1] else f', above {bound(scale):.1e}: FAILED'
        print(f'{batch} x {model.channels} x {height} x {width}: maximum difference '
              f'{difference:.1e}, of logits up to {scale:.1e}{verdict}')
    if not all(agrees):
        raise ValueError('the file differs from the model, and was not kept. Fix: if the '
                         'difference is next to nothing for logits as large as these, pass a '
                         '--tolerance above it.')
