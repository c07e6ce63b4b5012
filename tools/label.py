"""Label images, a video or a camera with an exported file; needs neither torch nor MMSegmentation.

    python label.py MODEL.onnx street.mp4 --out labelled.mp4
    python label.py MODEL.onnx 0 --out camera.avi          # a camera, until Ctrl-C
    python label.py MODEL.onnx street.jpg --out OUT        # or a folder of images

tools/export.py writes MODEL.onnx, and MODEL.onnx.json beside it. This file stands alone: copy it
along with the two. It wants numpy, OpenCV, and onnxruntime or openvino.

A video or a camera gives a video in the colours of the classes: .mp4 (mp4v) or .avi (MJPG). While
one frame is labelled, the next is read and the one before is written. What cannot be read is
counted and left out; the exit status is then 1. Images give OUT/overlays/NAME.png and
OUT/labels/NAME.png, which holds class numbers.
"""
import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# What FFmpeg says of a broken frame fills the screen; it is counted here.
os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
import cv2  # noqa: E402
import numpy as np  # noqa: E402

CODECS = {'.mp4': 'mp4v', '.avi': 'MJPG'}
IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.ppm', '.tif', '.tiff', '.webp')
VIDEO_SUFFIXES = ('.3gp', '.avi', '.flv', '.gif', '.m4v', '.mjpeg', '.mkv', '.mov', '.mp4', '.mpeg',
                  '.mpg', '.ts', '.webm', '.wmv')
USUAL_RATE = 25.  # of cameras and files that name none, or none that could be meant
# Reads that may fail in a row before a camera is taken to be gone, or a video to have ended where
# its container does not say that more is to come.
MOST_FAILURES = 30
MOST_FRAMES = 10_000_000  # more are not believed


class Clock:
    """Seconds that each stage took, and frames that came through."""

    def __init__(self):
        self.seconds, self.frames, self.start = {}, 0, time.perf_counter()

    def timed(self, stage, function):
        """The function, its seconds added to those of a stage."""
        self.seconds[stage] = 0.

        def run(*arguments):
            start = time.perf_counter()
            result = function(*arguments)
            self.seconds[stage] += time.perf_counter() - start
            return result
        return run

    def __str__(self):
        frames = max(self.frames, 1)
        stages = ', '.join(f'{stage} {1e3 * seconds / frames:.1f} ms'
                           for stage, seconds in self.seconds.items())
        rate = self.frames / (time.perf_counter() - self.start)
        return f'{self.frames} frames, {rate:.1f} a second ({stages})'


class Video:
    """Frames of a video file, or of a camera: a number, or a device such as /dev/video0."""

    def __init__(self, source):
        self.name = source
        self.is_camera = not Path(source).is_file()
        self.capture = cv2.VideoCapture(int(source) if source.isdecimal() and self.is_camera
                                        else source)
        if not self.capture.isOpened():
            what = 'camera' if self.is_camera else 'video'
            raise ValueError(f'{source}: cannot be opened as a {what}. Fix: name an image, a '
                             'folder of images, a video that OpenCV reads, or the number of a '
                             'camera.')
        rate = self.capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 1 <= rate <= 240 else USUAL_RATE
        count = int(self.capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.declared = 0 if self.is_camera or not 0 < count <= MOST_FRAMES else count
        # Others tell a guess, from the duration, or count what an editor has hidden.
        self.is_counted = Path(source).suffix.lower() in CODECS
        self.found = self.skipped = 0

    def read(self):
        """The next frame, (H, W, 3), uint8, BGR, or None after the last."""
        to_come = self.declared - self.found - self.skipped
        for failures in range(max(MOST_FAILURES, to_come)):
            found, frame = self.capture.read()
            if found:
                self.found += 1
                self.skipped += failures
                return frame
        return None

    @property
    def unreadable(self):
        """Frames that were left out: those before others, and what a file has less than it says."""
        return max(self.skipped, self.declared - self.found if self.is_counted else 0)


class Writer:
    """Writes a video of the size of its first frame.

    Of a camera frames are repeated or left out, by the clock: the video lasts as long as what was
    filmed.
    """

    def __init__(self, path, video):
        self.path, self.file = Path(path), None
        self.rate, self.is_live = video.rate, video.is_camera
        self.written = 0
        if self.path.suffix.lower() not in CODECS:
            raise ValueError(f'--out {path}: must end in {" or ".join(CODECS)} for a video. '
                             f'Fix: --out {self.path.with_suffix(".mp4")}')
        if self.path.exists() and Path(video.name).exists() and self.path.samefile(video.name):
            raise ValueError(f'--out {path}: is what is read; must be another file. Fix: --out '
                             f'{self.path.with_stem(self.path.stem + "_labelled")}')
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, frame):
        # Codecs know no odd sides: they would cut the last row or column off.
        frame = cv2.copyMakeBorder(frame, 0, frame.shape[0] % 2, 0, frame.shape[1] % 2,
                                   cv2.BORDER_REPLICATE)
        if self.file is None:
            codec = cv2.VideoWriter_fourcc(*CODECS[self.path.suffix.lower()])
            self.size, self.start = frame.shape, time.perf_counter()
            self.file = cv2.VideoWriter(str(self.path), codec, self.rate, frame.shape[1::-1])
            if not self.file.isOpened():
                raise OSError(f'--out {self.path}: cannot be written. Fix: choose another folder, '
                              'or the other ending of .mp4 and .avi.')
        if frame.shape != self.size:
            raise ValueError(f'a frame of {frame.shape[:2]} after others of {self.size[:2]}: must '
                             'be as large as those. Fix: cut the video where its size changes.')
        due = round((time.perf_counter() - self.start) * self.rate) + 1
        for _ in range(due - self.written if self.is_live else 1):
            self.file.write(frame)
            self.written += 1

    def release(self):
        """Finish the file, and see that it is there: OpenCV says nothing of a full disk."""
        if self.file is None:
            return
        self.file.release()
        again = cv2.VideoCapture(str(self.path))
        again.set(cv2.CAP_PROP_POS_FRAMES, self.written - 1)
        if again.get(cv2.CAP_PROP_FRAME_COUNT) < self.written or not again.read()[0]:
            raise OSError(f'--out {self.path}: is not whole: its {self.written} frames cannot be '
                          'read back. Fix: make room on the disk, or choose another folder.')


def label_video(video, label, paint, writer, quiet=False):
    """Read, label and write a video, the three side by side.

    ``label`` makes labels (H, W) of a frame, ``paint`` a picture of both. Returns the clock, and
    whether it was interrupted; the video is whole either way.
    """
    clock, interrupted = Clock(), False
    shows = not quiet and sys.stderr.isatty()
    read = clock.timed('reading', video.read)
    label = clock.timed('labelling', label)
    write = clock.timed('writing', lambda frame, labels: writer.write(paint(frame, labels)))
    try:
        with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as painter:
            ahead, behind, told = reader.submit(read), None, 0.
            while (frame := ahead.result()) is not None:
                ahead = reader.submit(read)
                labels = label(frame)
                if behind is not None:
                    behind.result()
                behind = painter.submit(write, frame, labels)
                clock.frames += 1
                if shows and time.perf_counter() - told > 0.5:
                    told = time.perf_counter()
                    print(f'\r{clock}', end='', file=sys.stderr, flush=True)
            if behind is not None:
                behind.result()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        # What was begun is finished by now, so the file plays.
        writer.release()
    if shows:
        print(file=sys.stderr)
    if not clock.frames and not interrupted:
        raise ValueError(f'{video.name}: not one frame could be read. Fix: play it to see '
                         'whether it is whole.')
    return clock, interrupted


class Model:
    """An exported file and what stands in the JSON beside it."""

    def __init__(self, path, runtime=None, threads=None):
        if Path(path).suffix != '.onnx':
            raise ValueError(f'{path}: must be an ONNX file. Fix: export the model to FILE.onnx.')
        beside = Path(f'{path}.json')
        for file in (Path(path), beside):
            if not file.is_file():
                raise FileNotFoundError(f'{file}: no such file. Fix: export the model again with '
                                        'tools/export.py, and keep its two files together.')
        self.about = json.loads(beside.read_text(encoding='utf-8'))
        missing = {'output', 'channels', 'channel_order', 'classes', 'palette'} - set(self.about)
        if missing:
            raise ValueError(f'{beside}: lacks {", ".join(sorted(missing))}. Fix: export the model '
                             'again with tools/export.py.')
        if self.about['channels'] != 3:
            raise ValueError(f"{path}: takes images of {self.about['channels']} channels; must "
                             'be 3. Fix: run it by hand, as docs/export.md says.')
        if len(self.about['classes']) > 256:
            raise ValueError(f"{path}: has {len(self.about['classes'])} classes; must be 256 at "
                             'most, as label images hold a byte a pixel. Fix: run it by hand, as '
                             'docs/export.md says.')
        self.runtime, self._run = open_file(str(path), runtime, threads)
        self.palette = np.array(self.about['palette'], np.uint8)

    def label(self, frame):
        """Labels (H, W), uint8, of a frame (H, W, 3), uint8, BGR."""
        if self.about['channel_order'] == 'RGB':
            frame = frame[..., ::-1]
        images = np.ascontiguousarray(frame.transpose(2, 0, 1)[None])
        found = self._run(images)[0]
        if self.about['output'] == 'logits':
            found = (found[0] > self.about['threshold'] if len(found) == 1
                     else found.argmax(axis=0))
        return found.astype(np.uint8)


def open_file(path, runtime=None, threads=None):
    """The runtime's name, and a function of images (1, 3, H, W), uint8; the first that is there."""
    missing = []
    for name in [runtime] if runtime else ['onnxruntime', 'openvino']:
        try:
            return name, OPENERS[name](path, threads)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            missing.append(name)
    raise ValueError(f'{" and ".join(missing)}: not installed. Fix: pip install {missing[0]}')


def open_with_openvino(path, threads):
    import openvino
    # Else openvino may compute in bfloat16, where the processor knows it.
    options = {'INFERENCE_PRECISION_HINT': 'f32', 'PERFORMANCE_HINT': 'LATENCY'}
    if threads:
        options['INFERENCE_NUM_THREADS'] = threads
    compiled = openvino.Core().compile_model(path, 'CPU', options)
    return lambda images: compiled(images)[0]


def open_with_onnxruntime(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    return lambda images: session.run(None, {'images': images})[0]


OPENERS = {'openvino': open_with_openvino, 'onnxruntime': open_with_onnxruntime}


def at_size(label, size):
    """``label`` of frames resized to (H, W), its labels brought back to theirs."""
    def run(frame):
        labels = label(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_LINEAR))
        return cv2.resize(labels, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return run if size else label


def painter(palette, opacity):
    """A function that lays the RGB colours of labels over a frame, BGR."""
    colours = np.zeros((256, 3), np.uint8)
    colours[:len(palette)] = np.asarray(palette, np.uint8)[:, ::-1]
    return lambda frame, labels: cv2.addWeighted(frame, 1 - opacity, colours[labels], opacity, 0)


def is_stream(source):
    """Whether a source is a video, or a camera, rather than images."""
    path = Path(source)
    if not path.exists():
        return source.isdecimal()
    return path.is_char_device() or path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES


def check_own_labels(out):
    """Refuse to write where labels lie that are not by this: beside those there are overlays."""
    if any(Path(out, 'labels').glob('*')) and not Path(out, 'overlays').exists():
        raise ValueError(f'--out {out}: has labels and no overlays; they could be your own, and '
                         'would be replaced. Fix: another --out, or remove them.')


def find_images(source, out):
    """Images that a source is or holds, by what is made of each is called in ``out``."""
    path, made = Path(source), {Path(out, name).resolve() for name in ('labels', 'overlays')}
    images = [path] if path.is_file() else sorted(
        image for image in path.rglob('*') if image.suffix.lower() in IMAGE_SUFFIXES
        and not image.name.startswith('.') and not made & set(image.resolve().parents))
    if not images:
        raise ValueError(f'{source}: no such file, nor a folder with images '
                         f'({", ".join(IMAGE_SUFFIXES)}). Fix: name one.')
    if Path(out).suffix.lower() in CODECS:
        raise ValueError(f'--out {out}: must be a folder for images. '
                         f'Fix: --out {Path(out).with_suffix("")}')
    folder = path.parent if path.is_file() else path
    if path.is_dir() and path.resolve() == Path(out).resolve():
        raise ValueError(f'--out {out}: is the folder that is read, whose own labels could be '
                         f'replaced; must be another folder. Fix: --out {path / "labelled"}')
    check_own_labels(out)
    whole = [image.relative_to(folder) for image in images]
    bare = [name.with_suffix('') for name in whole]
    # x.jpg beside x.png: then all keep their suffix.
    return dict(zip(bare if len(set(bare)) == len(bare) else whole, images))


def label_images(images, label, paint, out):
    """Write overlays and labels of images; returns the clock, and how many were unreadable."""
    clock, unreadable = Clock(), 0
    label = clock.timed('labelling', label)
    for name, path in images.items():
        image = cv2.imread(str(path))
        if image is None:
            print(f'left out: {path}: OpenCV cannot read it', file=sys.stderr)
            unreadable += 1
            continue
        labels = label(image)
        for folder, picture in (('overlays', paint(image, labels)), ('labels', labels)):
            target = Path(out, folder, f'{name}.png')
            target.parent.mkdir(parents=True, exist_ok=True)
            if not cv2.imwrite(str(target), picture):
                raise OSError(f'{target}: cannot be written. Fix: choose another --out.')
        clock.frames += 1
    return clock, unreadable


def report(clock, out, unreadable, interrupted):
    """Say what was done; returns the exit status."""
    if interrupted:
        print(f'{clock}, in {out}; interrupted')
        return 130
    print(f'{clock}, in {out}' + (f'; {unreadable} could not be read' if unreadable else ''))
    return int(unreadable > 0)


def opacity(text):
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'{text}: must be 0 to 1. Fix: 0.5.')
    return value


def positive(text):
    """A whole number from 1 on; argparse says what else it got."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', metavar='MODEL.onnx')
    parser.add_argument('source', metavar='SOURCE',
                        help='an image, a folder of images, a video, or the number of a camera')
    parser.add_argument('--out', required=True,
                        help='a video, .mp4 or .avi; for images a folder')
    parser.add_argument('--runtime', choices=sorted(OPENERS),
                        help='default: onnxruntime where it is installed, else openvino')
    parser.add_argument('--threads', type=positive, help="of the runtime (default: its own choice)")
    parser.add_argument('--size', type=positive, nargs=2, metavar=('H', 'W'),
                        help='label at this size (default: that of the images, or of a file that '
                        'takes one size only)')
    parser.add_argument('--opacity', type=opacity, default=0.5, metavar='A',
                        help='of the colours, 0 to 1; 0.5 by default')
    parser.add_argument('--quiet', action='store_true', help='show no progress')
    return parser.parse_args()


def main():
    args = parse_args()
    interrupted = False
    try:
        video = Video(args.source) if is_stream(args.source) else None
        images = {} if video else find_images(args.source, args.out)
        writer = Writer(args.out, video) if video else None
        model = Model(args.model, args.runtime, args.threads)
        only = model.about.get('size')
        size = args.size or only
        if only and size != only:
            raise ValueError(f'--size {size[0]} {size[1]}: the file takes {only[0]} x {only[1]} '
                             'only. Fix: leave it out, or export without --fixed.')
        label, paint = at_size(model.label, size), painter(model.palette, args.opacity)
        if not video:
            clock, unreadable = label_images(images, label, paint, args.out)
        else:
            clock, interrupted = label_video(video, label, paint, writer, args.quiet)
            unreadable = video.unreadable
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print(f'interrupted: what was finished is in {args.out}', file=sys.stderr)
        return 130
    print(model.runtime, end=': ')
    return report(clock, args.out, unreadable, interrupted)


if __name__ == '__main__':
    sys.exit(main())
