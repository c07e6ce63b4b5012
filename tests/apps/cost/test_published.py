"""Accuracy that metafiles state."""
from __future__ import annotations

import pytest

from mmseg_nrd.apps.cost.published import published_score

METAFILE = '''
Models:
- {Config: configs/a/one.py, Results: {Dataset: Town, Metrics: {mIoU: '12.5', mIoU(ms+flip): 13}}}
- {Config: configs/a/two.py, Results: [{Dataset: Town, Metrics: {Dice: 50}}]}
- {Config: configs/a/three.py}
- {Config: configs/a/four.py, Results: {Dataset: Town, Metrics: {mIoU in the paper: 14}}}
'''


@pytest.mark.parametrize('name', ['metafile.yml', 'metafile.yaml'])
def test_the_single_scale_miou_of_that_config(tmp_path, name):
    assert published_score(tmp_path / 'one.py') is None
    (tmp_path / name).write_text(METAFILE)
    assert [published_score(tmp_path / f'{each}.py')
            for each in ('one', 'two', 'three', 'four', 'five')] == [
                dict(dataset='Town', miou=12.5), None, None, dict(dataset='Town', miou=14), None]
