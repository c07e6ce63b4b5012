from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmseg_nrd.apps.compare.comparison import Entry, check_budget
from mmseg_nrd.apps.compare.report import mean_and_spread, write_report
from mmseg_nrd.apps.compare.training import Outcome
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.report import short_names
from mmseg_nrd.apps.cost.timing import Timing


@pytest.mark.parametrize('names, expected', [
    (['nrd_r18_x', 'fcn_r18_x'], ['nrd', 'fcn']),
    (['nrd_r18_x', 'nrd_r50_x'], ['nrd_r18', 'nrd_r50']),
    (['a_x', 'b_y'], ['a_x', 'b_y']),
    (['x', 'a_x'], ['x', 'a_x']),
    (['a_b_x', 'b_x'], ['a_b', 'b']),
    (['alone_r18_x'], ['alone_r18_x']),
    (['nrd_r18_4xb2-80k_a', 'fcn_r50_1xb16-40k_b'], ['nrd_r18', 'fcn_r50']),
    (['nrd_r18_4xb2-80k_a', 'nrd_r18_1xb16-40k_a'], ['nrd_r18_4xb2-80k', 'nrd_r18_1xb16-40k']),
])
def test_short_names_stay_distinct(names, expected):
    assert short_names(names) == expected


@pytest.mark.parametrize('values, expected', [
    ([3.], (3., 0.)), ([1., 3.], (2., 2 ** 0.5)), ([2., 2., 2.], (2., 0.))])
def test_mean_and_sample_deviation(values, expected):
    assert mean_and_spread(values) == pytest.approx(expected)


def test_a_report_says_what_was_resumed_and_what_was_measured_elsewhere(tmp_path):
    now, before = dict(commit='new', torch='2'), dict(commit='old', torch='2')
    outcomes = [
        Outcome(30., 1., [], Path('a'), losses=np.arange(250.), resumed=2, environment=now),
        Outcome(32., 1., [], Path('b'), losses=np.arange(250.), environment=before)]
    entry = Entry('nrd', Cost(10, 100, 5, 50), Timing(1., 0., 3), dict(iters=250, time=250),
                  # The same runs again, as the first config's are.
                  dict(iters=outcomes, time=outcomes), before)
    report, results = write_report([entry], tmp_path, 'compare', {'x.png': 'what'}, (4, 8), now)
    text = report.read_text()
    assert '- interrupted and taken up again: nrd, 250 iterations, seed 0 (2x). ' in text
    assert ('- by an earlier command, with commit old: s / iteration; nrd, 250 iterations, seed 1\n'
            in text)
    assert text.count('seed 0') == text.count('seed 1') == 1
    assert '![what](x.png)' in text
    row = json.loads(results.read_text())['rows'][0]
    assert row['environment'] == before
    run = row['runs']['iters']
    assert run['environments'] == [now, before]
    assert run['resumed'] == [2, 0]
    assert len(run['curves'][1]['loss']) == len(run['curves'][1]['iteration']) == 100


def test_a_report_of_one_go_says_nothing_of_it(tmp_path):
    here = dict(commit='new')
    entry = Entry('nrd', Cost(10, 100, 5, 50), Timing(1., 0., 3), dict(iters=3), dict(iters=[
        Outcome(30., 1., [], Path('a'), losses=np.arange(3.), environment=here)]), here)
    text = write_report([entry], tmp_path, 'compare', {}, (4, 8), here)[0].read_text()
    assert 'interrupted' not in text and 'earlier command' not in text


@pytest.mark.parametrize('seconds', [-1., float('nan')])
def test_a_pause_between_saves_must_be_a_time(seconds):
    with pytest.raises(ValueError, match='save_every=.*must be seconds.*Fix: '):
        check_budget(1, None, 'iters', seconds)
    check_budget(1, None, 'iters', 0.)
