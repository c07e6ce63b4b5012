from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmseg.evaluation import IoUMetric

from mmseg_nrd.apps.compare import comparison
from mmseg_nrd.apps.compare.comparison import check_budget, compare, load_configs
from mmseg_nrd.apps.compare.metric import choose_metric
from mmseg_nrd.apps.compare.pictures import PICTURES, draw_pictures
from mmseg_nrd.apps.compare.report import write_report
from mmseg_nrd.apps.compare.training import Outcome
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.timing import Timing

ONE_LOGIT = {'model.decode_head.out_channels': 1, 'model.decode_head.threshold': 0.5,
             'model.decode_head.loss_decode': dict(type='CrossEntropyLoss', use_sigmoid=True)}


@pytest.mark.slow
def test_models_of_all_kinds_are_compared_by_a_score_of_all(toy, tmp_path):
    configs = dict(grey=toy(1, **ONE_LOGIT),
                   six=toy(6, **{'model.decode_head.ignore_index': 0,
                                 'test_evaluator.iou_metrics': ['mDice']}))
    metric = choose_metric(configs, 'aAcc')
    entries = compare(configs, tmp_path, samples=[0], iterations=1)
    results = write_report(entries, metric, tmp_path, '', PICTURES, (32, 48), {})[1]
    results = json.loads(results.read_text())
    assert results['metric'] == 'aAcc'
    for row in results['rows']:
        score, = row['runs']['iters']['aacc']
        assert 0 < score <= 100
    assert '| config | iterations | aAcc |' in (tmp_path / 'report.md').read_text()
    draw_pictures(entries, metric, configs['six'], [0], tmp_path)
    for picture in PICTURES:
        assert cv2.imread(str(tmp_path / picture)).std() > 20


@pytest.mark.parametrize('budget', ['both', 'time'])
def test_equal_time_and_progress(budget, toy, tmp_path, monkeypatch, capsys):
    trained = []

    def train(cfg, tell, save_every):
        trained.append((Path(cfg.work_dir).parts[-3:], cfg.randomness.seed))
        Path(cfg.work_dir).mkdir(parents=True)
        for done in range(cfg.train_cfg.max_iters):
            tell(done + 1, 0.5)
        # The clocks of the trainings, which do not count here, are equal.
        return Outcome(Path(cfg.work_dir, 'end'), done + 1., np.zeros(2))

    monkeypatch.setattr(comparison, 'train', train)
    monkeypatch.setattr(comparison, 'evaluate', lambda cfg, outcome, samples: replace(
        outcome, scores=dict(mIoU=float(cfg.randomness.seed))))
    monkeypatch.setattr(comparison, 'measure_steps', lambda configs: (
        {name: Cost(1, 2, 3, 4) for name in configs},
        {name: Timing(seconds, 0., 10) for name, seconds in zip(configs, [3., 1.])}))
    first, second = compare(dict(a=toy(), b=toy()), tmp_path, iterations=10, seeds=2,
                            budget=budget)
    assert (first.iterations['time'], second.iterations['time']) == (10, 30)
    assert first.scores('time', 'mIoU') == second.scores('time', 'mIoU') == [0., 1.]
    # In turns, and what is the same in both budgets is one run.
    assert len(trained) == len(set(trained)) == (6 if budget == 'both' else 4)
    assert [place[0] for place, _ in trained[:4]] == ['a', 'b', 'a', 'b']
    # Without a terminal too there is a line at once, and one for all that follows.
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith('timing') and 'a, b' in said[0]
    assert said[1].startswith('training a, 10 iterations, seed 0; 0 of ')
    assert said[1].endswith(' left') and len(said) == 1 + 2 * len(trained)


def test_a_training_outlives_what_fails_after_it(toy, tmp_path, monkeypatch, capsys):
    configs = dict(toy=toy())

    def fail(*_):
        raise RuntimeError('of the metric')
    with monkeypatch.context() as broken, pytest.raises(RuntimeError, match='of the metric'):
        broken.setattr(IoUMetric, 'compute_metrics', fail)
        compare(configs, tmp_path, iterations=1, samples=[0])
    # Neither is trained again, nor, once it is tested, tested again.
    capsys.readouterr()
    monkeypatch.setattr(comparison, 'train', None)
    entry, = compare(configs, tmp_path, iterations=1, samples=[0])
    assert '; 0 of 1 runs trained' not in capsys.readouterr().out
    monkeypatch.setattr(comparison, 'evaluate', None)
    again, = compare(configs, tmp_path, iterations=1, samples=[0])
    assert entry.scores('iters', 'mIoU') == again.scores('iters', 'mIoU')
    assert len(again.outcomes['iters'][0].losses) == 1
    assert again.step == entry.step


def test_validation_reaches_the_results_and_is_not_left_out_unnoticed(toy, tmp_path):
    plain = toy()
    config = toy(val_dataloader=plain.test_dataloader, val_cfg=dict(type='ValLoop'),
                 val_evaluator=plain.test_evaluator)
    entries = compare(dict(toy=config), tmp_path / 'a', samples=[0], iterations=2, validate=True)
    results = write_report(entries, 'mIoU', tmp_path / 'a', '', {}, (32, 48), {})[1]
    run = json.loads(results.read_text())['rows'][0]['runs']['iters']
    # Validated and tested on the same images, with the same weights.
    assert [(each['iteration'], each['mIoU']) for each in run['validated'][0]] == [
        (2, run['miou'][0])]
    compare(dict(toy=config), tmp_path / 'b', samples=[0], iterations=2)
    for folder, validate in (('a', False), ('b', True)):
        with pytest.raises(ValueError, match='--validate was '):
            compare(dict(toy=config), tmp_path / folder, samples=[0], iterations=2,
                    validate=validate)


@pytest.mark.parametrize('options, words', [
    (dict(val_cfg=dict(type='ValLoop')), 'val_dataloader, val_evaluator must be set'),
    (dict(test_evaluator=None), 'test_evaluator must be set'),
    (dict(train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=1, _delete_=True)), 'epochs'),
    (dict(param_scheduler=[dict(type='StepLR', step_size=2)]), 'param_scheduler.type'),
    ({'model.data_preprocessor.size': None}, 'data_preprocessor.size'),
    (dict(load_from='/no/such.pth'), 'no/such.pth'),
    ({'test_dataloader.dataset.data_root': '/no/such'}, '/no/such'),
])
def test_what_cannot_be_compared_is_refused(options, words, toy_file):
    with pytest.raises((OSError, ValueError), match=words):
        load_configs([toy_file('a', **options)], validate='val_cfg' in options)


@pytest.mark.parametrize('key, value, words', [
    ('indices', 2, r'None, a on .*2\.npy'), ('indices', [0, 1, 3], r'3\.npy.*, a on .*2\.npy'),
    ('metainfo.classes', ('low', 'top'), 'top')])
def test_configs_with_other_test_sets_are_refused(key, value, words, toy_file):
    with pytest.raises(ValueError, match=f'b.py: is tested on .*{words}.*Fix: '):
        load_configs([toy_file('a'), toy_file('b', **{f'test_dataloader.dataset.{key}': value})])


@pytest.mark.parametrize('name, value', [
    ('seeds', 0), ('iterations', 0), ('budget', 'steps'), ('save_every', -1.),
    ('save_every', float('nan'))])
def test_a_budget_that_cannot_be_kept_is_refused(name, value):
    right = dict(seeds=1, iterations=None, budget='iters', save_every=0.)
    check_budget(**right)
    with pytest.raises(ValueError, match=f'{name}=.*Fix: '):
        check_budget(**{**right, name: value})
