from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmseg_nrd.apps.compare.comparison import Entry
from mmseg_nrd.apps.compare.report import summarise, thin, write_report
from mmseg_nrd.apps.compare.training import Outcome
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.timing import Timing


def outcome(miou: float = 30., length: int = 3, **more) -> Outcome:
    scores = dict(aAcc=50., mIoU=miou, mAcc=40., **more.pop('scores', {}))
    return Outcome(Path(str(miou)), 1., np.arange(length), scores=scores, **more)


def test_a_report_says_what_was_resumed_and_what_was_measured_elsewhere(tmp_path):
    now, before = dict(commit='new', torch='2'), dict(commit='old', torch='2')
    outcomes = [outcome(30., 250, resumed=2, environment=now, scores=dict(mBIoU=1., extra=2.)),
                outcome(32., 250, environment=before, scores=dict(mBIoU=2.))]
    entry = Entry('nrd', Cost(10, 100, 5, 50), Timing(1., 0., 3), dict(iters=250, time=250),
                  # The same runs again, as the first config's are.
                  dict(iters=outcomes, time=outcomes), before)
    report, results = write_report(
        [entry], 'mIoU', tmp_path, 'compare', {'x.png': 'what'}, (4, 8), now)
    text = report.read_text()
    assert '- interrupted and taken up again: nrd, 250 iterations, seed 0 (2x). ' in text
    assert ('- by an earlier command, with commit old: s / iteration; nrd, 250 iterations, seed 1\n'
            in text)
    assert text.count('seed 0') == text.count('seed 1') == 1
    assert '![what](x.png)' in text
    # The scores that every run has, without IoUMetric's lesser ones.
    assert '| nrd | 250 | 31.00 ± 1.41 | 1.50 ± 0.71 | 1.0 ± 0.0 |' in text
    row = json.loads(results.read_text())['rows'][0]
    assert row['environment'] == before
    run = row['runs']['iters']
    assert run['miou'] == [30., 32.] and run['more'] == [dict(mBIoU=1.), dict(mBIoU=2.)]
    assert run['environments'] == [now, before]
    assert run['resumed'] == [2, 0]
    assert len(run['curves'][1]['loss']) == len(run['curves'][1]['iteration']) == 100


def test_a_report_of_one_go_says_nothing_of_it(tmp_path):
    here = dict(commit='new')
    entry = Entry('nrd', Cost(10, 100, 5, 50), Timing(1., 0., 3), dict(iters=3),
                  dict(iters=[outcome(environment=here)]), here)
    text = write_report([entry], 'mAcc', tmp_path, 'compare', {}, (4, 8), here)[0].read_text()
    assert 'interrupted' not in text and 'earlier command' not in text and 'against' not in text
    assert '| config | iterations | mAcc | mIoU | training s |' in text


@pytest.mark.parametrize('length, points', [(1, 100), (7, 3), (100, 100), (250, 100), (3, 1)])
def test_thinned_blocks_cover_every_iteration_once(length, points):
    losses = np.random.default_rng(length).random(length)
    thinned = thin(losses, points)
    ends = [0, *thinned['iteration']]
    assert len(thinned['loss']) == min(points, length) and ends[-1] == length
    sizes = np.diff(ends)
    assert sizes.min() >= 1 and sizes.max() - sizes.min() <= 1
    assert np.dot(sizes, thinned['loss']) == pytest.approx(losses.sum())
    assert thinned['loss'][0] == pytest.approx(losses[:ends[1]].mean())


def entry(name: str, head: int, seconds: float, **mious) -> Entry:
    outcomes = {budget: [outcome(miou) for miou in values]
                for budget, values in mious.items()}
    return Entry(name, Cost(10, 100, 5, head), Timing(seconds, 0., 3), outcomes=outcomes)


def test_the_first_is_compared_with_each_other():
    text = summarise([entry('nrd_r18', 20, 1., iters=[30., 32.], time=[31.]),
                      entry('fcn_r18', 80, 4., iters=[31., 32.], time=[21.]),
                      entry('psp_r18', 10, .5, iters=[29., 29.], time=[30.5])], 'mIoU')
    assert text.splitlines() == [
        "nrd against fcn: -0.50 ± 1.58 mIoU at equal iterations (within the seeds' spread), "
        '+10.00 mIoU at equal time in training steps (one seed: spread unknown); '
        "0.25 of its decode head's multiply-adds, 0.25 of its seconds an iteration.",
        'nrd against psp: +2.00 ± 1.41 mIoU at equal iterations, '
        '+0.50 mIoU at equal time in training steps (one seed: spread unknown); '
        "2.00 of its decode head's multiply-adds, 2.00 of its seconds an iteration."]
