"""Accuracy that metafiles state."""
from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.utils import get_installed_path

from mmseg_nrd.benchmark.published import published_score

METAFILE = '''
Models:
- Config: configs/a/one.py
  Results: {Dataset: Town, Metrics: {mIoU: 12.5, mIoU(ms+flip): 13}}
- Config: configs/a/two.py
  Results:
  - {Dataset: Town, Metrics: {Dice: 50}}
  - {Dataset: Village, Metrics: {mIoU: '14'}}
- Config: configs/a/three.py
- {Config: configs/a/four.py, Results: []}
'''


@pytest.mark.parametrize('name', ['metafile.yml', 'metafile.yaml'])
def test_the_single_scale_miou_of_that_config(tmp_path, name):
    (tmp_path / name).write_text(METAFILE)
    scores = {each: published_score(tmp_path / f'{each}.py')
              for each in ('one', 'two', 'three', 'four', 'five')}
    assert scores == dict(one=dict(dataset='Town', miou=12.5), three=None, four=None, five=None,
                          two=dict(dataset='Village', miou=14.))


def test_a_folder_without_a_metafile(tmp_path):
    assert published_score(tmp_path / 'one.py') is None


def test_upstreams_metafiles_are_found():
    upstream = Path(get_installed_path('mmsegmentation')) / '.mim' / 'configs'
    path = upstream / 'fcn' / 'fcn_r50-d8_4xb2-80k_cityscapes-512x1024.py'
    assert published_score(path) == dict(dataset='Cityscapes', miou=73.61)
