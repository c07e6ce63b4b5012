"""Images are labelled and painted through the command line, wrong arguments say what is wrong."""
from __future__ import annotations

import runpy
import sys

import numpy as np
import pytest
import torch
from mmseg.apis import inference_model, init_model
from mmseg.datasets import CityscapesDataset
from PIL import Image
from street_scene_configs import CONFIGS, NRD, ROOT

from mmseg_nrd.apps.predict.predictor import Predictor

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


@pytest.fixture
def main(monkeypatch, capsys):
    """Run the tool in this process; returns its exit status and what it printed."""

    def run(*arguments) -> tuple:
        monkeypatch.setattr(sys, 'argv', ['predict.py', *map(str, arguments)])
        try:
            status = runpy.run_path(str(ROOT / 'tools' / 'predict.py'), run_name='tool')['main']()
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def images_of(tree):
    return sorted(tree.glob('leftImg8bit/val/*/*.png'))


def made(out, folder):
    return sorted(str(path.relative_to(out / folder)) for path in (out / folder).rglob('*.*'))


@pytest.mark.parametrize('config', [NRD, GUN], ids=['nrd', 'gun'])
def test_a_folder_is_labelled_and_painted(config, main, weights, street_scenes, tmp_path):
    status, output = main(street_scenes / 'leftImg8bit' / 'val', '--config', config,
                          '--checkpoint', weights[config], '--out', tmp_path, '--opacity', 1,
                          '--device', 'cpu', *OPTIONS[config])
    assert status == 0 and f'3 of 3 images in {tmp_path}' in output
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
    assert f"left out: {tmp_path / 'b' / 'empty.jpg'}: the file is empty\n" in output
    assert f"left out: {tmp_path / 'c' / 'text.png'}: no image, damaged" in output
    assert f"2 of 4 images in {tmp_path / 'out'}; 2 could not be read\n" in output
    assert 'Traceback' not in output
    for folder in ('labels', 'overlays'):
        assert made(tmp_path / 'out', folder) == ['a/x.png', 'b/x.png']


def test_test_time_augmentation_in_tiles(main, weights, street_scenes, tmp_path):
    status, _ = main(images_of(street_scenes)[0], '--config', NRD, '--checkpoint', weights[NRD],
                     '--out', tmp_path, '--tta', '--tile', 128, 192, '--overlap', 64, '--quiet',
                     *OPTIONS[NRD])
    assert status == 0
    with Image.open(tmp_path / 'labels' / images_of(street_scenes)[0].name) as labels:
        assert labels.size == (256, 128)


@pytest.mark.parametrize('wrong, message', [
    (dict(images='nowhere'), "'nowhere': no such file or folder"),
    (dict(images='empty'), 'no image in it'),
    (dict(config='nowhere.py'), "config 'nowhere.py': no such file. Fix: "),
    (dict(checkpoint='nowhere.pth'), "checkpoint 'nowhere.pth': no such file. Fix: "),
    (dict(checkpoint=GUN), 'parameters do not fit the config.\n  unknown: '),
    (dict(out='file'), 'is a file. Fix: name a folder.'),
    (dict(out='file/out'), 'is a file. Fix: name a folder.'),
    (dict(out='proc'), 'proc/labels: cannot be made or written to (No such file'),
    (dict(out='labelled'), 'labelled/labels is a file. Fix: name a folder.'),
    (dict(out='painted'), 'scene.png is a folder, where a file is to be. Fix: name'),
    (dict(tile=(500, 512)), 'height of a tile 500: must be a multiple of 32'),
    (dict(overlap=(32,)), 'overlap of 32 without tiles'),
    (dict(opacity=(1.5,)), 'argument --opacity: 1.5: must be 0 to 1'),
    (dict(device=('nowhere',)), 'argument --device: nowhere: this torch cannot use it'),
])
def test_wrong_arguments_end_with_a_sentence(
        wrong, message, main, weights, street_scenes, tmp_path, monkeypatch):
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'file').touch()
    (tmp_path / 'labelled').mkdir()
    (tmp_path / 'labelled' / 'labels').touch()
    (tmp_path / 'painted' / 'overlays' / 'scene.png').mkdir(parents=True)
    (tmp_path / 'proc').symlink_to('/proc')
    (tmp_path / 'scene.png').symlink_to(images_of(street_scenes)[0])
    before = sorted(tmp_path.rglob('*'))
    monkeypatch.chdir(tmp_path)
    right = dict(images='scene.png', config=NRD, checkpoint=NRD, out='out')
    given = {**right, **wrong}
    given['checkpoint'] = weights.get(given['checkpoint'], given['checkpoint'])
    options = [each for name in ('config', 'checkpoint', 'out')
               for each in (f'--{name}', given[name])]
    options += [each for name in ('tile', 'overlap', 'opacity', 'device') if name in wrong
                for each in (f'--{name}', *wrong[name])]
    status, output = main(given['images'], *options)
    assert status == 2
    assert message in output and 'predict.py: error: ' in output and 'Fix: ' in output
    assert sorted(tmp_path.rglob('*')) == before


def test_ctrl_c_is_a_sentence(main, weights, street_scenes, tmp_path, monkeypatch):
    first, second, _ = images_of(street_scenes)
    read = Predictor.read

    def interrupted(predictor, path):
        if path == second:
            raise KeyboardInterrupt
        return read(predictor, path)

    monkeypatch.setattr(Predictor, 'read', interrupted)
    status, output = main(first, second, '--config', NRD, '--checkpoint', weights[NRD], '--device',
                          'cpu', '--out', tmp_path, '--quiet', *OPTIONS[NRD])
    assert status == 130
    assert output.splitlines()[-1] == f'interrupted: what was finished is in {tmp_path}'
    assert made(tmp_path, 'labels') == made(tmp_path, 'overlays') == [first.name]


def test_a_plain_state_dict_takes_the_classes_of_the_config(
        main, weights, street_scenes, tmp_path):
    torch.save(torch.load(weights[GUN], weights_only=True)['state_dict'], tmp_path / 'plain.pth')
    status, _ = main(images_of(street_scenes)[0], '--config', GUN, '--out', tmp_path,
                     '--checkpoint', tmp_path / 'plain.pth', '--device', 'cpu')
    assert status == 0
    with Image.open(tmp_path / 'labels' / images_of(street_scenes)[0].name) as labels:
        assert labels.getpalette()[:57] == PALETTE.ravel().tolist()
