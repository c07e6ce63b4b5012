from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmseg_nrd.apps.compare.runs import (
    claim_runs,
    forget_runs,
    load_costs,
    load_outcome,
    run_folder,
    save_costs,
    save_outcome,
    trained_runs,
)
from mmseg_nrd.apps.compare.training import Outcome
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.timing import Timing


def configs(**changes) -> dict:
    return {'nrd': Config(dict(lr=0.1, steps=[dict(end=3), dict(end=(4, 5))], **changes))}


def outcome(folder: Path) -> Outcome:
    return Outcome(folder / 'iter_3.pth', 4.5, np.array([3., 1.5, .1], np.float32), 2,
                   dict(torch='2', threads=1), dict(mIoU=31.25, mBIoU=7.),
                   [np.eye(3, 5, dtype=np.uint8), np.full((2, 2), 255, np.uint8)],
                   [dict(iteration=2, mIoU=9.)])


def test_an_outcome_comes_back_as_it_was(tmp_path):
    folder = run_folder(tmp_path, 'nrd', 3, 1)
    folder.mkdir(parents=True)
    (folder / 'resume.pth').write_bytes(b'large')
    assert load_outcome(folder) is None and trained_runs(tmp_path) == []
    written = outcome(folder)
    save_outcome(folder, written)
    read = load_outcome(folder)
    for name in ('scores', 'seconds', 'checkpoint', 'resumed', 'environment', 'validated'):
        assert getattr(read, name) == getattr(written, name)
    assert read.losses.dtype == np.float32 and (read.losses == written.losses).all()
    assert len(read.predictions) == 2
    for own, other in zip(read.predictions, written.predictions):
        assert own.dtype == other.dtype and (own == other).all()
    assert trained_runs(tmp_path) == [folder]
    assert sorted(path.name for path in folder.iterdir()) == ['outcome.json', 'outcome.npz']


@pytest.mark.parametrize('now, samples, words', [
    (dict(new=None), 3, 'new was not set and is None'),
    (dict(steps=[dict(end=3), dict(end=(4, 6))]), 3, r'steps\.1\.end\.1 was 5 and is 6'),
    (dict(steps=[]), 3, r'steps\.0\.end was 3 and is not set; .*; 1 more differ'),
    ({}, 2, r'pictured samples was \[0, 1, 2\] and is \[0, 1\]'),
])
def test_only_another_config_is_refused_and_nothing_is_written(now, samples, words, tmp_path):
    claim_runs(configs(), tmp_path, range(3))
    claim_runs(configs(), tmp_path, [0, 1, 2])
    record = tmp_path / 'runs' / 'nrd' / 'config.json'
    before = record.read_text()
    other = dict(new=Config(dict(lr=1.)), **configs())
    other['nrd'].update(now)
    with pytest.raises(ValueError, match=f'{words}.*--fresh'):
        claim_runs(other, tmp_path, range(samples))
    assert record.read_text() == before
    assert not (tmp_path / 'runs' / 'new').exists()


def test_a_fresh_start_deletes_the_runs_of_these_configs_alone(tmp_path):
    for name in ('nrd', 'fcn'):
        claim_runs({name: Config(dict(lr=1.))}, tmp_path, [])
    save_costs({}, tmp_path, {}, {}, {})
    kept = [tmp_path / 'runs' / 'fcn' / 'config.json', tmp_path / 'report.md',
            tmp_path / 'runs' / 'notes.txt']
    for path in kept[1:]:
        path.write_text('mine')
    forget_runs(configs(), tmp_path)
    assert sorted(path for path in tmp_path.rglob('*') if path.is_file()) == sorted(kept)
    forget_runs(configs(), tmp_path)


def test_costs_come_back_for_the_same_configs_only(tmp_path):
    measured = ({'nrd': Cost(1, 2, 3, 4)}, {'nrd': Timing(.5, .1, 10)}, dict(torch='2'))
    assert load_costs(configs(), tmp_path) is None
    save_costs(configs(), tmp_path, *measured)
    assert load_costs(configs(), tmp_path) == measured
    assert load_costs({**configs(), 'fcn': Config(dict(lr=1.))}, tmp_path) is None
    assert load_costs(configs(more=1), tmp_path) is None
