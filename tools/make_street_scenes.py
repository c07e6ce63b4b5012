#!/usr/bin/env python3
"""Render street scenes into a tree that MMSeg's stock dataset configs read.

    python tools/make_street_scenes.py data/cityscapes
    python tools/make_street_scenes.py data/ade/ADEChallengeData2016 --layout ade20k
    python tools/make_street_scenes.py street.mp4       # a video, to try labelling on
"""
from __future__ import annotations

import argparse
import sys

LAYOUT_NAMES = ('cityscapes', 'ade20k', 'pascal_context')


def make_parser() -> argparse.ArgumentParser:
    """The command line; defaults are those of ``write_street_scenes``."""
    parser = argparse.ArgumentParser(
        description='Render street scenes with labels of all 19 Cityscapes classes into a new '
        "folder that takes the place of the data_root in MMSeg's stock dataset configs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('out', metavar='OUT', help='folder to make; refused if it holds anything. '
                        'Or a video, .mp4 or .avi: its --size and --seed count')
    parser.add_argument('--layout', choices=LAYOUT_NAMES, default='cityscapes',
                        help='data set whose folders, file names and class numbers to imitate; '
                        'pascal_context serves both its 60 and its 59 class variant')
    parser.add_argument('--train', type=int, default=400, metavar='N',
                        help='number of training scenes')
    parser.add_argument('--val', type=int, default=100, metavar='M',
                        help='number of validation scenes')
    parser.add_argument('--size', type=int, nargs=2, default=(128, 256), metavar=('H', 'W'),
                        help='height and width in pixels, at least 32 and 64')
    parser.add_argument('--seed', type=int, default=0, metavar='S',
                        help='trees of different seeds share no scene, equal seeds share all')
    parser.add_argument('--quiet', action='store_true', help='show no progress bar')
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.out.lower().endswith(('.mp4', '.avi')):
        from mmseg_nrd.apps.street_scenes.video import write_street_video
        try:
            frames = write_street_video(options.out, tuple(options.size), seed=options.seed)
        except (ValueError, OSError) as error:
            parser.error(str(error))
        print(f'{frames} frames in {options.out}')
        return 0
    if not options.quiet:
        print(f'rendering {options.train} + {options.val} scenes into {options.out}',
              file=sys.stderr)
    from mmseg_nrd.apps.street_scenes.writer import (
        write_street_scenes,  # slow to import, not needed for --help
    )

    try:
        out = write_street_scenes(options.out, options.layout, options.train, options.val,
                                  tuple(options.size), options.seed, not options.quiet)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print('interrupted: nothing was written', file=sys.stderr)
        return 130
    print(f'{options.train} training and {options.val} validation scenes in {out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
