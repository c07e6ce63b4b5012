"""Images are labelled and painted through the command line, wrong arguments are named."""
from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmseg.apis import inference_model, init_model
from mmseg.datasets import CityscapesDataset
from PIL import Image
from street_scene_configs import CONFIGS, NRD

from mmseg_nrd.apps.predict import Predictor
from mmseg_nrd.apps.street_scenes import render_street_scene

GUN = CONFIGS / 'gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
SMALL = {NRD: {'model.decode_head.channels': 16}, GUN: {}}
OPTIONS = {NRD: ['--cfg-options', 'model.decode_head.channels=16'], GUN: []}
PALETTE = np.array(CityscapesDataset.METAINFO['palette'])


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp('weights')
    for config in (NRD, GUN):
        torch.manual_seed(0)
        state = init_model(str(config), device='cpu', cfg_options=SMALL[config]).state_dict()
        torch.save(dict(meta=dict(dataset_meta=CityscapesDataset.METAINFO), state_dict=state),
                   folder / config.name)
    return {config: folder / config.name for config in (NRD, GUN)}


def images_of(tree):
    return sorted(tree.glob('leftImg8bit/val/*/*.png'))


def made(out, folder):
    return sorted(str(path.relative_to(out / folder)) for path in (out / folder).rglob('*.*'))


@pytest.mark.parametrize('config', [NRD, GUN], ids=['nrd', 'gun'])
def test_a_folder_is_labelled_and_painted(config, call, weights, street_scenes, tmp_path):
    said = call('predict', street_scenes / 'leftImg8bit' / 'val', '--config', config,
                '--checkpoint', weights[config], '--out', tmp_path, '--opacity', 1,
                '--device', 'cpu', *OPTIONS[config])
    assert f'3 of 3 images in {tmp_path}' in said
    images = images_of(street_scenes)
    names = [image.name for image in images]
    assert made(tmp_path, 'labels') == made(tmp_path, 'overlays') == names
    model = init_model(str(config), str(weights[config]), 'cpu', SMALL[config])
    for image in images:
        expected = inference_model(model, str(image)).pred_sem_seg.data[0].numpy()
        with Image.open(tmp_path / 'labels' / image.name) as labels:
            assert labels.mode == 'P' and np.array_equal(np.array(labels), expected)
        with Image.open(tmp_path / 'overlays' / image.name) as overlay:
            assert np.array_equal(np.array(overlay)[:128, :256], PALETTE[expected])


def test_unreadable_images_are_left_out_and_the_others_done(
        tool, weights, street_scenes, tmp_path):
    first, second, _ = images_of(street_scenes)
    for name, content in {'a/x.png': first.read_bytes(), 'b/x.png': second.read_bytes(),
                          'b/empty.jpg': b'', 'c/text.png': b'no image'}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    output = tool('predict', tmp_path, '--config', NRD, '--checkpoint', weights[NRD],
                  '--out', tmp_path / 'out', '--device', 'cpu', '--tile', 96, 128, *OPTIONS[NRD],
                  status=1)
    assert f"left out: {tmp_path / 'b' / 'empty.jpg'}: " in output
    assert f"left out: {tmp_path / 'c' / 'text.png'}: " in output
    assert f"2 of 4 images in {tmp_path / 'out'}; 2 could not be read\n" in output
    # What is done, the two above, progress and the end: no word of the host.
    assert len(output.splitlines()) == 5
    for folder in ('labels', 'overlays'):
        assert made(tmp_path / 'out', folder) == ['a/x.png', 'b/x.png']


@pytest.mark.parametrize('wrong, message', [
    (dict(images='nowhere'), "'nowhere': no such file"),
    (dict(config='nowhere.py'), "config 'nowhere.py': no such file"),
    (dict(out='file'), '--out file/labels: cannot be made'),
    (dict(out='labelled'), '--out labelled/labels: cannot be made'),
    (dict(out='mine'), '--out mine: has labels and no overlays'),
    (dict(overlap=(32,)), 'overlap of 32 without tiles'),
    (dict(device=('cuda:99',)), "'cuda:99': cannot be used"),
    (dict(opacity=(1.5,)), 'argument --opacity: 1.5: must be 0 to 1'),
])
def test_wrong_arguments_are_named_before_anything_is_written(
        wrong, message, call, weights, street_scenes, tmp_path, monkeypatch):
    (tmp_path / 'file').touch()
    (tmp_path / 'mine' / 'labels').mkdir(parents=True)
    (tmp_path / 'mine' / 'labels' / 'scene.png').touch()
    (tmp_path / 'labelled').mkdir()
    (tmp_path / 'labelled' / 'labels').touch()
    (tmp_path / 'scene.png').symlink_to(images_of(street_scenes)[0])
    before = sorted(tmp_path.rglob('*'))
    monkeypatch.chdir(tmp_path)
    given = {**dict(images='scene.png', config=NRD, checkpoint=weights[NRD], out='out'), **wrong}
    options = [each for name in ('config', 'checkpoint', 'out')
               for each in (f'--{name}', given[name])]
    options += [each for name in ('overlap', 'opacity', 'device') if name in wrong
                for each in (f'--{name}', *wrong[name])]
    assert message in call('predict', given['images'], *options, *OPTIONS[NRD], status=2)
    assert sorted(tmp_path.rglob('*')) == before


@pytest.mark.parametrize('error, status, words', [
    (KeyboardInterrupt, 130, 'interrupted: what was finished is in '),
    (OSError(28, 'No space left on device'), 1, 'error: [Errno 28] No space left on device')])
def test_what_was_finished_stays(
        error, status, words, call, weights, street_scenes, tmp_path, monkeypatch):
    first, second, _ = images_of(street_scenes)
    read = Predictor.read

    def interrupted(predictor, path):
        if path == second:
            raise error
        return read(predictor, path)

    monkeypatch.setattr(Predictor, 'read', interrupted)
    said = call('predict', first, second, '--config', NRD, '--checkpoint', weights[NRD],
                '--out', tmp_path, '--quiet', *OPTIONS[NRD], status=status)
    assert said.startswith(words) and len(said.splitlines()) == 1
    assert made(tmp_path, 'labels') == made(tmp_path, 'overlays') == [first.name]


def test_a_video_is_labelled_frame_by_frame(call, weights, tmp_path):
    video, out = tmp_path / 'in.avi', tmp_path / 'new' / 'out.mp4'
    written = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 32))
    for seed in range(3):
        written.write(render_street_scene(seed, (32, 64))[0])
    written.release()
    said = call('predict', video, '--config', NRD, '--checkpoint', weights[NRD], '--out', out,
                '--opacity', 1, '--device', 'cpu', '--quiet', *OPTIONS[NRD])
    assert '3 frames' in said and 'labelling' in said
    model = init_model(str(NRD), str(weights[NRD]), 'cpu', SMALL[NRD])
    frames, labelled = (cv2.VideoCapture(str(path)) for path in (video, out))
    assert labelled.get(cv2.CAP_PROP_FRAME_COUNT) == 3
    for _ in range(3):
        expected = inference_model(model, frames.read()[1]).pred_sem_seg.data[0].numpy()
        # A video rounds colours off, most where they change.
        away = np.abs(labelled.read()[1][..., ::-1].astype(int) - PALETTE[expected]).max(axis=2)
        assert np.median(away) < 20


def test_a_video_that_cannot_be_labelled(call, weights, tmp_path):
    (tmp_path / 'text.mp4').write_text('no video')
    for sources, options, named in (
            (['text.mp4'], [], 'text.mp4'), (['text.mp4', 'a.png'], [], 'only source')):
        said = call('predict', *(tmp_path / source for source in sources), '--config', NRD,
                    '--checkpoint', weights[NRD], '--out', tmp_path / 'o.mp4', '--device', 'cpu',
                    *options, *OPTIONS[NRD], status=2)
        assert 'error: ' in said and named in said
    assert [path.name for path in tmp_path.iterdir()] == ['text.mp4']
