"""The search on CamVid, without its trainings."""
from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import search
from mmseg_nrd.apps.cli import build, find_config, read_config


@pytest.mark.parametrize('name', search.ROWS)
def test_each_row_is_a_model_and_another_config_than_its_base(name):
    config, change = search.ROWS[name]
    path = find_config(search._CONFIG.format(config))
    cfg = read_config(path, {**change, 'model.backbone.init_cfg': None})
    assert build(cfg.model, 'cpu')
    assert (cfg.to_dict() != read_config(path, {'model.backbone.init_cfg': None}).to_dict()) == (
        bool(change))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command in ``tmp_path``, where the run of number n has n mIoU; the runs it trained."""
    trained = []

    def train(cfg):
        trained.append((cfg.train_cfg.val_interval, cfg.train_cfg.max_iters))
        (tmp_path / cfg.work_dir).mkdir(parents=True)
        return SimpleNamespace(validated=[dict(mIoU=float(len(trained)))],
                               losses=np.ones(3))

    def run(*rows, iters='3'):
        monkeypatch.setattr('sys.argv', ['search', *rows, '--iters', iters, '--out', str(tmp_path)])
        search.main()
        return {row['row']: [each['mIoU'] for each in row['runs']['val']['scores']]
                for row in json.loads((tmp_path / 'results.json').read_text())['rows']}

    monkeypatch.setattr(search, 'train', train)
    monkeypatch.setattr(search, 'init_default_scope', lambda scope: None)
    monkeypatch.setattr(search, 'check_data', lambda *arguments: None)
    run.trained = trained
    return run


def test_rows_of_earlier_commands_stay_and_finished_runs_are_not_repeated(run, tmp_path):
    assert run('dropout 0.1') == {'dropout 0.1': [1.]}
    assert run('base', '--seeds', '2') == {'base': [2., 3.], 'dropout 0.1': [1.]}
    assert run('base', '--seeds', '2') == {'base': [2., 3.], 'dropout 0.1': [1.]}
    assert run.trained == [(3, 3)] * 3
    shutil.rmtree(tmp_path / 'runs')
    assert run('loss at 1/4') == {'base': [2., 3.], 'loss at 1/4': [4.], 'dropout 0.1': [1.]}
    # One seed does not replace two.
    assert run('base', 'dropout 0.1') == {
        'base': [2., 3.], 'loss at 1/4': [4.], 'dropout 0.1': [6.]}


@pytest.mark.parametrize('lost', ['runs', 'results.json'])
def test_rows_of_another_search_are_not_mixed_in(lost, run, monkeypatch, tmp_path):
    run('dropout 0.1')
    with pytest.raises(SystemExit, match='3 iterations, not 4'):
        run('base', iters='4')
    (tmp_path / lost).rename(tmp_path / 'lost')
    change = {'model.decode_head.dropout_ratio': .2}
    monkeypatch.setitem(search.ROWS, 'dropout 0.1', ('nrd', change))
    with pytest.raises(SystemExit, match=r"\['dropout 0.1'\] were other changes"):
        run('base')
    assert len(run.trained) == 1
