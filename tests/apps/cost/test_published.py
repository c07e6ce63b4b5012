"""Accuracy that metafiles state."""
from __future__ import annotations

from pathlib import Path

import mmseg
import pytest

from mmseg_nrd.apps.cost.published import published_score

METAFILE = '''
Models:
- {Config: configs/a/one.py, Results: {Dataset: Town, Metrics: {mIoU: '12.5', mIoU(ms+flip): 13}}}
- {Config: configs/a/two.py, Results: [{Dataset: Town, Metrics: {Dice: 50}}]}
- {Config: configs/a/three.py}
'''


@pytest.mark.parametrize('name', ['metafile.yml', 'metafile.yaml'])
def test_the_single_scale_miou_of_that_config(tmp_path, name):
    assert published_score(tmp_path / 'one.py') is None
    (tmp_path / name).write_text(METAFILE)
    assert [published_score(tmp_path / f'{each}.py') for each in ('one', 'two', 'three', 'four')
            ] == [dict(dataset='Town', miou=12.5), None, None, None]


def test_metafiles_of_ours_and_of_upstream_are_found():
    upstream = Path(mmseg.__path__[0]) / '.mim' / 'configs'
    configs = Path(__file__).parents[3] / 'configs'
    scores = [published_score(configs / folder / name) for folder, name in (
        ('nrd', 'nrd_r50_4xb4-84k_cityscapes-512x1024.py'),
        ('nrd', 'nrd_r50_width8_4xb4-84k_cityscapes-512x1024.py'),
        ('gun', 'gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py'),
        (upstream / 'fcn', 'fcn_r50-d8_4xb2-80k_cityscapes-512x1024.py'))]
    assert scores == [dict(dataset='Cityscapes', miou=79.8), None,
                      dict(dataset='Cityscapes test', miou=70.4),
                      dict(dataset='Cityscapes', miou=73.61)]
