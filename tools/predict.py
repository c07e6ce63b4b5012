"""Label images, a video or a camera, and paint what was found.

    python tools/predict.py street.jpg more_streets/ 'night/**/*.png' \\
        --config CONFIG --checkpoint CHECKPOINT --out OUT
    python tools/predict.py street.mp4 --config CONFIG --checkpoint CHECKPOINT --out labelled.mp4

writes OUT/overlays/*.png, each image in the colours of its classes with a legend, and
OUT/labels/*.png, class numbers with a palette. An image that cannot be read is reported and left
out; the exit status is then 1. Links to folders are followed, hidden files and folders left out.
Of a video, or of a camera by its number, a video in the colours of the classes is written, .mp4 or
.avi, until it ends or Ctrl-C.
"""
import argparse
import sys
from pathlib import Path

from label import (
    Video,
    Writer,
    check_own_labels,
    is_stream,
    label_video,
    opacity,
    painter,
    report,
)
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import (
    add_cfg_options,
    check_folder,
    read_config,
    silence_host_warnings,
    usable_device,
)
from mmseg_nrd.apps.predict import (
    Predictor,
    UnreadableImageError,
    draw_overlay,
    find_images,
    output_names,
    save_labels,
    save_picture,
)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'images', nargs='+', metavar='IMAGE|FOLDER|GLOB',
        help='images; folders, searched at any depth; patterns in quotes, ** for any folders; or '
        'one video, or the number of a camera')
    parser.add_argument('--config', required=True,
                        help="a path, a file name of ours, or mmseg:: and MMSeg's")
    parser.add_argument('--checkpoint', required=True, help='path or URL of the checkpoint')
    parser.add_argument('--out', required=True, type=Path,
                        help='folder to write to; for a video, a video')
    parser.add_argument(
        '--device', type=usable_device,
        help="such as cpu or cuda:1; the machine's own by default")
    parser.add_argument('--tta', action='store_true', help="the config's test-time augmentation")
    parser.add_argument(
        '--tile', type=int, nargs=2, metavar=('H', 'W'),
        help='label images in tiles, at their own resolution: memory for the network then '
        'depends on the tile alone. Multiples of 32, such as 512 1024')
    parser.add_argument(
        '--overlap', type=int, metavar='N',
        help="pixels that tiles share, a multiple of 32; by default a quarter of a tile's shorter "
        'side, rounded down to one')
    parser.add_argument(
        '--opacity', type=opacity, default=0.5, metavar='A',
        help='of the colours in the overlays, 0 to 1; 0.5 by default')
    parser.add_argument('--quiet', action='store_true', help='show no progress')
    add_cfg_options(parser)
    return parser


def make_predictor(args: argparse.Namespace) -> Predictor:
    return Predictor(read_config(args.config, args.cfg_options), args.checkpoint, args.device,
                     args.tta, args.tile and tuple(args.tile), args.overlap)


def prepare(args: argparse.Namespace) -> tuple:
    """The predictor, the images and their names in OUT."""
    folders = [args.out / 'labels', args.out / 'overlays']
    images = find_images(args.images, leave_out=folders)
    check_own_labels(args.out)
    for folder in folders:
        check_folder(folder, '--out')
    if not args.quiet:
        print(f'labelling {len(images)} images with {args.checkpoint}', flush=True)
    return make_predictor(args), images, output_names(images)


def predict(predictor: Predictor, images: list, names: list, args: argparse.Namespace) -> int:
    """Label each image and write what was found; returns how many could not be read."""
    unreadable = 0
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=args.quiet) as bars:
        task = bars.add_task('', total=len(images))
        for number, (path, name) in enumerate(zip(images, names)):
            bars.update(task, description=path.name, completed=number)
            try:
                image = predictor.read(path)
            except UnreadableImageError as error:
                console.print(f'left out: {error}', markup=False, highlight=False, soft_wrap=True)
                unreadable += 1
                continue
            labels = predictor.label(image, lambda done, of, number=number: bars.update(
                task, completed=number + done / of))
            save_picture(args.out / 'overlays' / f'{name}.png', draw_overlay(
                image, labels, predictor.classes, predictor.palette, args.opacity))
            save_labels(args.out / 'labels' / f'{name}.png', labels, predictor.palette)
        bars.update(task, description='done', completed=len(images))
    return unreadable


def predict_stream(args: argparse.Namespace, video: Video, writer: Writer,
                   predictor: Predictor) -> int:
    """Label a video or a camera; returns the exit status."""
    clock, interrupted = label_video(
        video, predictor.label, painter(predictor.palette, args.opacity), writer, args.quiet)
    return report(clock, args.out, video.unreadable, interrupted)


def main() -> int:
    parser = make_parser()
    args = parser.parse_args()
    silence_host_warnings()
    streams = [source for source in args.images if is_stream(source)]
    if streams:
        if len(args.images) > 1:
            parser.error(f'{streams[0]} beside {len(args.images) - 1} more: a video must be the '
                         'only source. Fix: one command for each video.')
        try:
            video = Video(streams[0])
            stream = video, Writer(args.out, video), make_predictor(args)
        except (OSError, ValueError) as error:
            parser.error(str(error))
        try:
            return predict_stream(args, *stream)
        except (OSError, ValueError) as error:
            sys.exit(f'error: {error}')
    try:
        predictor, images, names = prepare(args)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        unreadable = predict(predictor, images, names, args)
    except OSError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print(f'interrupted: what was finished is in {args.out}', file=sys.stderr)
        return 130
    print(f'{len(images) - unreadable} of {len(images)} images in {args.out}'
          + (f'; {unreadable} could not be read' if unreadable else ''))
    return 1 if unreadable else 0


if __name__ == '__main__':
    sys.exit(main())
