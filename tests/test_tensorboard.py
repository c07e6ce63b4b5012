"""The one line of docs/getting-started.md sends losses and scores to TensorBoard."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from mmengine.config import Config, DictAction
from mmengine.visualization import TensorboardVisBackend
from mmseg.registry import VISUALIZERS

pytest.importorskip('tensorboard', reason='needs the docs extra: make docs-site')
ROOT = Path(__file__).parents[1]
TEXT = (ROOT / 'docs' / 'getting-started.md').read_text()
OPTION = re.search(r'--cfg-options (\S*vis_backends\S+)', TEXT)[1]
CONFIGS = ['configs/street_scenes/nrd_r18_1xb8-300_street-scenes-128x256.py',
           'configs/nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py',
           'configs/gun/gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py',
           'configs/swap/nrd_swin-tiny_8xb2-160k_ade20k-512x512.py']


def events(folder: Path) -> dict:
    """Values by name, as tensorboard reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    files = list(folder.rglob('events.out.tfevents*'))
    assert len(files) == 1, files
    read = EventAccumulator(str(files[0]))
    read.Reload()
    return {name: [event.value for event in read.Scalars(name)] for name in read.Tags()['scalars']}


@pytest.mark.parametrize('config', CONFIGS)
def test_the_option_reaches_the_visualizer_of_any_config(config, tmp_path):
    cfg = Config.fromfile(ROOT / config)
    key, value = OPTION.split('=')
    cfg.merge_from_dict({key: DictAction._parse_iterable(value)})
    visualizer = VISUALIZERS.build(dict(
        cfg.visualizer, name=tmp_path.name, save_dir=str(tmp_path)))
    backend, = visualizer._vis_backends.values()
    assert isinstance(backend, TensorboardVisBackend)
    visualizer.add_scalars(dict(loss=0.5), step=3)
    visualizer.close()
    assert events(tmp_path) == dict(loss=[0.5])


def test_both_backends_from_a_config(tmp_path):
    line = re.search(r'^visualizer = dict\(vis_backends.*', TEXT, re.MULTILINE)[0]
    config = tmp_path / 'config.py'
    config.write_text(f'_base_ = {str(ROOT / CONFIGS[0])!r}\n{line}\n')
    visualizer = VISUALIZERS.build(dict(
        Config.fromfile(config).visualizer, name=tmp_path.name, save_dir=str(tmp_path / 'run')))
    assert set(visualizer._vis_backends) == {'LocalVisBackend', 'TensorboardVisBackend'}
