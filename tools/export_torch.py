"""Write a segmentor as a file of torch.export, and check it against the model.

`torch.export.load(FILE).module()` is a function of pixels as cv2 reads them, uint8, (B, 3, H, W),
any batch, height and width. It returns logits, float32, (B, classes, H, W), or with --labels
labels, int64, (B, H, W). If the two differ by more than 1e-3 on any of the sizes, no file is left
and the exit status is 1.
"""
import argparse
import sys
import warnings

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from mmseg_nrd.apps.cli.quiet import silence_host_warnings
from mmseg_nrd.apps.export.command import add_export_arguments, export_file
from mmseg_nrd.apps.export.torch_file import read_program, write_program

ENDING = '.pt2'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_export_arguments(parser, ENDING)
    args = parser.parse_args()
    silence_host_warnings()
    warnings.filterwarnings('ignore', category=UserWarning, module='mmseg')
    try:
        agrees = export_file(args, ENDING, write_program, read_program)
    except (ImportError, OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    sys.exit(not agrees)


if __name__ == '__main__':
    main()
