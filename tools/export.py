"""Write a segmentor as a file that runs without MMSegmentation, and check it against the model.

FILE.onnx is an ONNX file, checked with onnxruntime; FILE.pt2 one of torch.export, of which
`torch.export.load(FILE).module(check_guards=False)` is the function. Input `images`: pixels as the
config's loader reads them (of colour images: as cv2 does), uint8, (B, C, H, W), any batch, height
and width; with --fixed only one of each. Output `logits`, float32, (B, classes, H, W), or with
--labels `labels`, int64, (B, H, W). If the two differ on any of the sizes by more than --tolerance,
or than 1e-4 of the largest logit, no file is left and the exit status is 1.
"""
import argparse
import sys
import warnings

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import silence_host_warnings
from mmseg_nrd.apps.export.command import add_export_arguments, export_file
from mmseg_nrd.apps.export.onnx_file import silence_exporters


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_export_arguments(parser)
    args = parser.parse_args()
    silence_host_warnings()
    warnings.filterwarnings('ignore', category=UserWarning, module='mmseg')
    silence_exporters()
    try:
        export_file(args)
    except (ImportError, OSError, ValueError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
