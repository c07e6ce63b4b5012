"""Tables of the docs, from JSON and configs by way of comments."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.docs.config_tables import cost_lines, recipe_lines
from benchmarks.docs.tables import fill

ROOT = Path(__file__).parents[2]
BEGIN = '<!-- table: '

def row(config, step, *environments):
    run = dict(iterations=7, miou=[50., 52.], more=[dict(mBIoU=30.)] * 2,
               validated=[[dict(iteration=at, mIoU=at + seed) for at in (3, 7)]
                          for seed in (0., 2.)],
               environments=environments)
    return dict(config=config, runs=dict(iters=run),
                seconds_per_iteration=dict(median=step, iqr=step / 10, runs=10),
                cost=dict(parameters=2_500_000, multiply_adds=3_000_000_000,
                          head_multiply_adds=500_000_000))


@pytest.mark.parametrize('kind, expected', [
    ('scores', ['| config | mIoU | mBIoU | M parameters | GMAC | GMAC of the head | '
                's / iteration, ratio |', '| --- | --- | --- | --- | --- | --- | --- |',
                '| nrd | 51.00 ± 1.41 | 30.00 ± 0.00 | 2.50 | 3.000 | 0.500 | 1 |',
                '| fcn | 51.00 ± 1.41 | 30.00 ± 0.00 | 2.50 | 3.000 | 0.500 | 2.50 ± 0.50 |']),
    ('curve', ['| config | 3 iterations | 7 iterations |', '| --- | --- | --- |',
               '| nrd | 4.0 ± 1.4 | 8.0 ± 1.4 |', '| fcn | 4.0 ± 1.4 | 8.0 ± 1.4 |']),
    ('environment', ['`python tools/compare.py`, measured with threads 2; 1 of 4 runs by an '
                     'earlier command, with threads', '1.'])])
def test_a_table_replaces_what_stood_between_its_comments(kind, expected, tmp_path):
    two, one = dict(threads=2), dict(threads=1)
    (tmp_path / 'results.json').write_text(json.dumps(dict(
        command='python tools/compare.py', environment=two,
        rows=[row('nrd_a_b', 0.2, two, two), row('fcn_a_b', 0.5, two, one)])))
    pages = ['before', f'{BEGIN}results.json {kind} -->', '<!-- end of table -->', 'after\n']
    assert fill('\n'.join([*pages[:2], 'old', *pages[2:]]), tmp_path) == '\n'.join(
        [*pages[:2], *expected, *pages[2:]])


def test_runtimes_stand_side_by_side_with_how_far_two_runs_are_apart(tmp_path):
    def of(name, runtime, median, ratio=None, error=None, sizes='open'):
        return dict(name=name, runtime=runtime, error=error, seconds=dict(median=median),
                    ratio=ratio and dict(seconds=ratio), sizes=sizes, command='',
                    environment={})

    one = [of('a_x', 'torch', 0.2, 1.), of('a_x', 'compile', None, error='TypeError: no\nmore'),
           of('b_x', 'torch', 0.1, 0.5), of('b_x', 'compile', 0.04, sizes='fixed')]
    two = [of('a_x', 'torch', 0.21), of('a_x', 'compile', None, error='TypeError: no'),
           of('b_x', 'torch', 0.1), of('b_x', 'compile', 0.03)]
    for name, rows in (('one', one), ('two', two)):
        (tmp_path / f'{name}.json').write_text(json.dumps(rows))
    page = f'{BEGIN}one.json runtimes two.json -->\n<!-- end of table -->\n'
    assert fill(page, tmp_path).splitlines()[1:-1] == [
        '| ms [ratio to a] | torch | compile | two runs apart, at most |',
        '| --- | --- | --- | --- |',
        '| a | 200.0 [1.00] | ERROR: TypeError: no | 5% |',
        '| b (files of one size) | 100.0 [0.50] | 40.0 | 25% |']


def test_a_search_has_a_row_for_each_change(tmp_path):
    names = 'mIoU', 'mBIoU', 'mTrimapIoU_1px', 'mTrimapIoU_3px'
    scores = [dict.fromkeys(names, value) for value in (40., 42.)]
    rows = [dict(row=row, config='nrd', runs=dict(val=dict(scores=scores[:seeds])))
            for row, seeds in (('base', 1), ('other', 2))]
    (tmp_path / 'x.json').write_text(json.dumps(dict(rows=rows)))
    page = f'{BEGIN}x.json search -->\n<!-- end of table -->\n'
    assert fill(page, tmp_path).splitlines()[3:-1] == [
        '| base | nrd | 40.0 | 40.0 | 40.0 | 40.0 |',
        '| other | nrd | 41.0 ± 1.4 | 41.0 ± 1.4 | 41.0 ± 1.4 | 41.0 ± 1.4 |']


def test_curves_of_other_iterations_are_not_put_into_one_table(tmp_path):
    rows = [row('nrd_a_b', 0.2), row('fcn_a_b', 0.5)]
    rows[1]['runs']['iters']['validated'][1].pop(0)  # of one seed
    (tmp_path / 'x.json').write_text(json.dumps(dict(command='', environment={}, rows=rows)))
    with pytest.raises(ValueError, match='fcn_a_b.*7 iterations'):
        fill(f'{BEGIN}x.json curve -->\n<!-- end of table -->\n', tmp_path)


@pytest.mark.parametrize('kind, words', [
    ('score', "'score'.*scores"),
    ('suite training', "'training'.*inference")])
def test_what_there_is_not_is_refused(kind, words, tmp_path):
    row = dict(name='a', error='ImportError: needs mmdet', modes={}, baseline='a', command='x',
               environment={})
    (tmp_path / 'x.json').write_text(json.dumps([row]))
    page = f'{BEGIN}x.json suite -->\n<!-- end of table -->\n'
    assert '| a |  | ERROR: ImportError: needs mmdet |  |  |  |  |  |\n' in fill(page, tmp_path)
    with pytest.raises(ValueError, match=words):
        fill(page.replace('suite', kind), tmp_path)


def test_an_unknown_schedule_is_not_left_out(tmp_path):
    with pytest.raises(ValueError, match='must be a folder of configs. Fix: correct'):
        cost_lines(tmp_path)
    config = tmp_path / 'a_4xb4-84k_x.py'
    body = '''
model = dict(data_preprocessor=dict(size=(512, 1024)))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, weight_decay=5e-4))
param_scheduler = [dict(type='MultiStepLR', gamma=0.1, milestones=[10, 20])]
train_cfg = dict(max_iters=84000)
'''
    config.write_text(body)
    assert recipe_lines(tmp_path)[1][1:] == (
        'SGD', '0.01', '0.0005', 'x 0.1 at 10 and 20', '84000', '16', '512 x 1024')
    config.write_text(body.replace('MultiStepLR', 'CosineAnnealingLR'))
    with pytest.raises(ValueError, match=r'CosineAnnealingLR has no wording yet. Fix: add'):
        recipe_lines(tmp_path)
