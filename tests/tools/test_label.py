"""tools/label.py on a model whose labels are known: which of blue, green and red is the most."""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import onnx
import pytest
from background import start_tool
from onnx import TensorProto, helper
from street_scene_configs import ROOT

PALETTE = [[250, 0, 0], [0, 250, 0], [0, 0, 250]]
RUNTIMES = [pytest.param(name, marks=pytest.mark.skipif(
    importlib.util.find_spec(name) is None, reason='not installed'))
    for name in ('onnxruntime', 'openvino')]
# What a machine without them would say.
ALONE = """
import runpy, sys
for name in ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmseg', 'mmseg_nrd'):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture(scope='module')
def export(tmp_path_factory):
    """A file of the pixels themselves as logits, or of the first channel as the only logit."""

    def make(**changes):
        about = dict(dict(output='logits', channels=3, channel_order='BGR', mean=None, std=None,
                          classes=list('abc'), palette=PALETTE), **changes)
        nodes = [helper.make_node('Cast', ['images'], ['logits'], to=TensorProto.FLOAT)]
        shape, kind = ('n', 3, 'h', 'w'), TensorProto.FLOAT
        weights = []
        if 'threshold' in about:
            nodes = [helper.make_node('Gather', ['images', 'first'], ['blue'], axis=1),
                     helper.make_node('Cast', ['blue'], ['logits'], to=TensorProto.FLOAT)]
            weights, shape = [helper.make_tensor('first', TensorProto.INT64, [1], [0])], (
                'n', 1, 'h', 'w')
        if about['output'] == 'labels':
            nodes += [helper.make_node('ArgMax', ['logits'], ['labels'], axis=1, keepdims=0)]
            shape, kind = ('n', 'h', 'w'), TensorProto.INT64
        graph = helper.make_graph(
            nodes, 'pixels',
            [helper.make_tensor_value_info('images', TensorProto.UINT8, ('n', 3, 'h', 'w'))],
            [helper.make_tensor_value_info(about['output'], kind, shape)], weights)
        path = tmp_path_factory.mktemp('model') / 'model.onnx'
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 20)],
                                    ir_version=10), path)
        path.with_name('model.onnx.json').write_text(json.dumps(about))
        return path

    return make


def frames_of(path) -> list:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        frames.append(read[1])
    return frames


def write_video(path, frames):
    codec = {'.mp4': 'mp4v', '.avi': 'MJPG'}[path.suffix]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 10, frames[0].shape[1::-1])
    for frame in frames:
        video.write(frame)
    video.release()
    return path


def plain_frames(count, size=(48, 64)):
    """Grey, with a block in a colour of the palette that is another one each frame."""
    frames = []
    for number in range(count):
        frame = np.full((*size, 3), 60, np.uint8)
        frame[8:-8, 8:-8] = PALETTE[number % 3][::-1]
        frames.append(frame)
    return frames


@pytest.mark.parametrize('runtime', RUNTIMES)
@pytest.mark.parametrize('changes', [
    {}, dict(output='labels'), dict(channel_order='RGB'), dict(threshold=100.)],
    ids=['logits', 'labels', 'rgb', 'one logit'])
def test_labels_are_those_of_the_file(call, export, tmp_path, runtime, changes):
    image = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    folder = tmp_path / 'images'
    (folder / 'deep').mkdir(parents=True)
    cv2.imwrite(str(folder / 'deep' / 'a.png'), image)
    said = call('label', export(**changes), folder, '--out', tmp_path / 'out', '--runtime',
                runtime, '--opacity', 1)
    assert runtime in said and '1 frames' in said
    expected = {'channel_order': image[..., ::-1].argmax(axis=2),
                'threshold': image[..., 0] > 100}.get(
        next(iter(changes), ''), image.argmax(axis=2))
    labels = cv2.imread(str(tmp_path / 'out' / 'labels' / 'deep' / 'a.png'), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(labels, expected)
    overlay = cv2.imread(str(tmp_path / 'out' / 'overlays' / 'deep' / 'a.png'))
    assert np.array_equal(overlay, np.array(PALETTE, np.uint8)[expected.astype(int), ::-1])


@pytest.mark.parametrize('about, size', [({}, ['--size', 8, 12]), (dict(size=[8, 12]), [])])
def test_another_size_and_names_that_meet(call, export, tmp_path, about, size):
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, 30:, 2] = 255
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    cv2.imwrite(str(tmp_path / 'a.bmp'), image)
    for name in ('b.png', '._a.png'):  # some systems leave the latter beside an a.png
        (tmp_path / name).write_bytes(b'no image')
    said = call('label', export(**about), tmp_path, '--out', tmp_path / 'out', *size, status=1)
    assert '1 could not be read' in said
    found = sorted((tmp_path / 'out' / 'labels').iterdir())
    assert [path.name for path in found] == ['a.bmp.png', 'a.png.png']
    # Enlarged again, without labels that were in neither half.
    assert np.array_equal(cv2.imread(str(found[0]), 0), image[..., 2] // 255 * 2)


@pytest.mark.parametrize('ending', ['.mp4', '.avi'])
def test_a_video_keeps_its_frames_rate_and_order(call, export, tmp_path, ending):
    video = write_video(tmp_path / f'in{ending}', plain_frames(10))
    said = call('label', export(), video, '--out', tmp_path / 'new' / f'out{ending}',
                '--opacity', 1)
    assert '10 frames' in said and all(
        stage in said for stage in ('reading', 'labelling', 'writing'))
    labelled = frames_of(tmp_path / 'new' / f'out{ending}')
    assert len(labelled) == 10
    capture = cv2.VideoCapture(str(tmp_path / 'new' / f'out{ending}'))
    assert capture.get(cv2.CAP_PROP_FPS) == 10
    for number, frame in enumerate(labelled):
        # Logits are BGR: label 0 is where blue is the most, painted in the palette's first colour.
        expected = np.array(PALETTE[2 - number % 3][::-1])
        assert np.abs(frame[24, 32].astype(int) - expected).max() < 30


def test_broken_frames_are_counted_and_the_others_labelled(call, export, tmp_path):
    video = write_video(tmp_path / 'in.avi', plain_frames(12))
    content = bytearray(video.read_bytes())
    starts = [at for at in range(len(content)) if content[at:at + 4] == b'00dc']
    for number in (4, 5, 7):
        content[starts[number] + 8:starts[number + 1] - 16] = bytes(
            starts[number + 1] - starts[number] - 24)
    video.write_bytes(content)
    said = call('label', export(), video, '--out', tmp_path / 'out.mp4', status=1)
    assert '9 frames' in said and '3 could not be read' in said
    assert len(frames_of(tmp_path / 'out.mp4')) == 9
    video.write_bytes(content[:starts[9]])
    said = call('label', export(), video, '--out', tmp_path / 'out.mp4', status=1)
    assert '5 frames' in said and 'could not be read' in said


class Camera:
    """As cv2.VideoCapture: frames, and what it says of itself; None is one it cannot read."""

    def __init__(self, frames, rate=25., count=-1.):
        self.frames, self.properties = iter(frames), {
            cv2.CAP_PROP_FPS: rate, cv2.CAP_PROP_FRAME_COUNT: count}

    def __call__(self, source):
        return self

    def isOpened(self):  # noqa: N802  (OpenCV's name)
        return True

    def get(self, name):
        return self.properties[name]

    def read(self):
        frame = next(self.frames, None)
        return frame is not None, frame


@pytest.fixture
def filmed(monkeypatch):
    """What label.py reads of such a camera, and what it leaves out."""
    monkeypatch.syspath_prepend(ROOT / 'tools')
    import label

    def run(source, camera):
        with monkeypatch.context() as patch:
            patch.setattr(label.cv2, 'VideoCapture', camera)
            video = label.Video(str(source))
        found = 0
        while video.read() is not None:
            found += 1
        return video.rate, found, video.unreadable

    return run


def test_what_a_container_says_of_its_length_ends_nothing(filmed, tmp_path):
    good, bad = np.zeros((2, 2, 3), np.uint8), None
    for name, count, expected in (
            ('a.mkv', -9e18, 1),        # says nothing
            ('a.mkv', 3., 1),           # too little
            ('a.mkv', 900., 1),         # too much, of a sound that goes on
            ('a.mp4', 7., 2)):          # exact: the last one is missing
        (tmp_path / name).touch()
        assert filmed(tmp_path / name, Camera([good] * 2 + [bad] + [good] * 3, 12., count)) == (
            12., 5, expected)
    # Broken for longer than a camera is waited for, of which a container says that more comes.
    (tmp_path / 'a.mov').touch()
    many = [good] + [bad] * 40 + [good]
    for name, count, found, left_out in (
            ('a.mov', 42., 2, 40), ('a.mkv', 42., 2, 40), ('a.mkv', 1e18, 1, 0)):
        assert filmed(tmp_path / name, Camera(many, 12., count)) == (12., found, left_out)
    # A camera that goes away has not lost what it never filmed.
    assert filmed(0, Camera([good, bad, good], 0.)) == (25., 2, 1)
    assert filmed(0, Camera([good], 90000.)) == (25., 1, 0)


@pytest.mark.parametrize('rate', [2, 50])
def test_a_video_of_a_camera_lasts_as_long_as_what_was_filmed(monkeypatch, tmp_path, rate):
    monkeypatch.syspath_prepend(ROOT / 'tools')
    import label
    now = [7.]
    monkeypatch.setattr(label.time, 'perf_counter', lambda: now[0])
    monkeypatch.setattr(label.cv2, 'VideoCapture', Camera([]))
    writer = label.Writer(tmp_path / 'a.avi', label.Video('0'))
    for _ in range(2 * rate):
        now[0] += 1 / rate
        writer.write(np.zeros((16, 16, 3), np.uint8))
    monkeypatch.undo()
    writer.release()
    assert abs(len(frames_of(tmp_path / 'a.avi')) / 25 - (2 - 1 / rate)) < 0.1


def test_a_full_disk_is_an_error(export, tmp_path):
    video = write_video(tmp_path / 'in.avi', plain_frames(60, (240, 320)))
    for ending in ('.mp4', '.avi'):
        done = subprocess.run(
            ['bash', '-c', 'ulimit -f 16; "$@"', '-', sys.executable, ROOT / 'tools' / 'label.py',
             export(), video, '--out', tmp_path / f'out{ending}'], capture_output=True, text=True)
        assert done.returncode == 1 and f'out{ending}: is not whole' in done.stderr, done.stderr


@pytest.mark.parametrize('ending', ['.mp4', '.avi'])
def test_odd_sides_lose_nothing(call, export, tmp_path, ending):
    video = write_video(tmp_path / 'in.mp4', plain_frames(2, (48, 64)))
    import label
    frame = np.zeros((49, 65, 3), np.uint8)
    frame[-1], frame[:, -1] = 250, 250
    writer = label.Writer(tmp_path / f'out{ending}', label.Video(str(video)))
    writer.write(frame)
    with pytest.raises(ValueError, match='48, 64.*50, 66'):
        writer.write(frame[:48, :64])
    writer.release()
    written, = frames_of(tmp_path / f'out{ending}')
    assert written.shape == (50, 66, 3) and written[48, 5:60].min() > 150
    assert written[5:44, 64].min() > 150


def test_what_was_made_is_not_labelled_again(call, export, tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 4, 3), np.uint8))
    for _ in range(2):
        assert '1 frames' in call('label', export(), tmp_path, '--out', tmp_path / 'out')
    assert len(list((tmp_path / 'out').rglob('*.png'))) == 2


def test_it_runs_where_there_is_neither_torch_nor_mmseg(export, tmp_path):
    video = write_video(tmp_path / 'in.mp4', plain_frames(3))
    # Alone in its folder, as it is copied to a device.
    script = shutil.copy(ROOT / 'tools' / 'label.py', tmp_path)
    done = subprocess.run(
        [sys.executable, '-c', ALONE, script, export(), video, '--out', tmp_path / 'out.mp4'],
        capture_output=True, text=True, cwd=tmp_path, env={
            key: value for key, value in os.environ.items() if key != 'PYTHONPATH'})
    assert done.returncode == 0, done.stderr
    assert len(frames_of(tmp_path / 'out.mp4')) == 3


def test_ctrl_c_leaves_a_video_that_plays(export, tmp_path):
    video = write_video(tmp_path / 'in.avi', plain_frames(600, (240, 320)))
    out = tmp_path / 'out.avi'
    # Enlarged, so that it takes seconds.
    run = start_tool('label', export(), video, '--out', out, '--size', 600, 800)
    while not out.exists() or out.stat().st_size < 50_000:
        assert run.poll() is None, run.stdout.read()
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[0]
    assert run.returncode == 130 and 'interrupted' in said and 'Traceback' not in said
    assert 1 < len(frames_of(out)) < 600


def test_what_cannot_be_done_is_said_before_anything_is_written(call, export, tmp_path):
    video = write_video(tmp_path / 'in.mp4', plain_frames(2))
    model = export()
    lonely = shutil.copy(model, tmp_path / 'lonely.onnx')
    poor = shutil.copy(model, tmp_path / 'poor.onnx')
    (tmp_path / 'poor.onnx.json').write_text('{"channels": 3, "output": "labels"}')
    (tmp_path / 'text.mp4').write_text('no video')
    (tmp_path / 'mine' / 'labels').mkdir(parents=True)
    (tmp_path / 'mine' / 'labels' / 'a.png').touch()
    image, before = tmp_path / 'a.png', video.read_bytes()
    cv2.imwrite(str(image), np.zeros((4, 4, 3), np.uint8))
    for option, value in (('--threads', [0]), ('--size', [0, 5]), ('--opacity', [2])):
        assert option in call('label', model, video, '--out', tmp_path / 'o.mp4', option, *value,
                              status=2)
    for arguments, named in (
            ((lonely, video, '--out', tmp_path / 'o.mp4'), 'lonely.onnx.json'),
            ((poor, video, '--out', tmp_path / 'o.mp4'), 'lacks channel_order, classes, palette'),
            ((model, tmp_path, '--out', tmp_path), 'another folder'),
            ((model, image, '--out', tmp_path / 'mine'), 'no overlays'),
            ((model, video, '--out', tmp_path / 'o.mkv'), 'o.mkv'),
            ((model, video, '--out', video), 'another file'),
            ((video, video, '--out', tmp_path / 'o.mp4'), 'ONNX'),
            ((model, image, '--out', tmp_path / 'o.mp4'), 'folder'),
            ((model, tmp_path / 'nowhere', '--out', tmp_path / 'o'), 'nowhere'),
            ((model, tmp_path / 'text.mp4', '--out', tmp_path / 'o.mp4'), 'text.mp4'),
            ((model, 99, '--out', tmp_path / 'o.mp4'), '99'),
            ((export(size=[8, 12]), image, '--out', tmp_path / 'o', '--size', 4, 4), '8 x 12 only'),
            ((export(channels=4), video, '--out', tmp_path / 'o.mp4'), '4 channels'),
            ((export(classes=['x'] * 257), video, '--out', tmp_path / 'o.mp4'), '257 classes')):
        said = call('label', *arguments, status=1)
        assert 'error: ' in said and named in said and 'Traceback' not in said
    assert not list(tmp_path.glob('o*')) and video.read_bytes() == before
