"""Turn a config of MMSegmentation into one with NRD or guided upsampling.

The encoder is built and read, the head chosen after it, and the result tried, before a short config
is written that has the old one for its base. Needs no data, no weights and no GPU.
"""
import argparse
import sys
import warnings

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import silence_host_warnings
from mmseg_nrd.apps.swap import add_swap_arguments, swap_head


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_swap_arguments(parser)
    args = parser.parse_args()
    silence_host_warnings()
    warnings.filterwarnings('ignore', category=UserWarning, module='mmseg')
    try:
        swap_head(args)
    except (ImportError, OSError, ValueError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
