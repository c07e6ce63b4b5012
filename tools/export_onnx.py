"""Write a segmentor as an ONNX file, and check it against the model with onnxruntime.

Input `images`: pixels as cv2 reads them, uint8, (B, 3, H, W), any batch, height and width. Output
`logits`, float32, (B, classes, H, W), or with --labels `labels`, int64, (B, H, W). If the two
differ by more than 1e-3 on any of the sizes, no file is left and the exit status is 1.
"""
import argparse
import logging
import sys
import warnings
from functools import partial

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from mmseg_nrd.apps.cli.quiet import silence_host_warnings
from mmseg_nrd.apps.export.command import add_export_arguments, export_file
from mmseg_nrd.apps.export.onnx_file import OPSET, check_opset, read_onnx, write_onnx

ENDING = '.onnx'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_export_arguments(parser, ENDING)
    parser.add_argument('--opset', type=int, default=OPSET,
                        help=f'version of the operator set (default {OPSET})')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    warnings.filterwarnings('ignore', category=UserWarning, module='mmseg')
    # What the exporters say of themselves: a deprecated call, operators of torchvision that torch
    # goes without, what is not folded, and versions that write_onnx refuses.
    warnings.filterwarnings('ignore', category=FutureWarning, message='.*LeafSpec')
    for name in ('torch.onnx', 'onnxscript'):
        logging.getLogger(name).setLevel(logging.ERROR)
    write = partial(write_onnx, output='labels' if args.labels else 'logits', opset=args.opset)
    try:
        check_opset(args.opset)
        agrees = export_file(args, ENDING, write, read_onnx)
    except (ImportError, OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    sys.exit(not agrees)


if __name__ == '__main__':
    main()
