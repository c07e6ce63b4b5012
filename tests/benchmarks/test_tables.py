"""Tables of the docs, from JSON by way of comments."""
from __future__ import annotations

import json

import pytest

from benchmarks.docs.tables import fill


def run(miou, seconds, boundary=()):
    return dict(iterations=7, miou=miou, train_seconds=seconds,
                environments=[dict(threads=2)] * len(miou),
                more=[dict(mBIoU=value) for value in boundary])


def row(config, step, time_budget=True):
    runs = dict(iters=run([50., 52.], [10., 12.], [30., 30.]))
    if time_budget:
        runs['time'] = run([40., 40.], [9., 9.], [20., 20.])
    return dict(config=config, runs=runs, seconds_per_iteration=dict(median=step, iqr=0., runs=3),
                cost=dict(parameters=2_500_000, multiply_adds=3_000_000_000, head_parameters=1,
                          head_multiply_adds=500_000_000))


@pytest.fixture
def root(tmp_path):
    (tmp_path / 'results.json').write_text(json.dumps(dict(
        command='python tools/compare.py', environment=dict(threads=2),
        rows=[row('nrd_a_b', 0.2), row('fcn_a_b', 0.5)])))
    return tmp_path


def page(directive, content='old\n'):
    return f'before\n<!-- table: {directive} -->\n{content}<!-- end of table -->\nafter\n'


@pytest.mark.parametrize('kind, expected', [
    ('scores', ['| config | mIoU | mBIoU | M parameters | GMAC | GMAC of the head | '
                's / iteration, ratio |', '| --- | --- | --- | --- | --- | --- | --- |',
                '| nrd | 51.00 ± 1.41 | 30.00 ± 0.00 | 2.50 | 3.000 | 0.500 | 1.00 |',
                '| fcn | 51.00 ± 1.41 | 30.00 ± 0.00 | 2.50 | 3.000 | 0.500 | 2.50 |']),
    ('budgets', ['| config | GMAC of the head | s / iteration | mIoU, 7 iterations each | '
                 'mIoU, the same training time |', '| --- | --- | --- | --- | --- |',
                 '| nrd | 0.500 | 0.200 | 51.00 ± 1.41 (11 s) | 40.00 ± 0.00 (9 s) |',
                 '| fcn | 0.500 | 0.500 | 51.00 ± 1.41 (11 s) | 40.00 ± 0.00 (9 s) |']),
    ('environment', ['`python tools/compare.py`, measured with threads 2.'])])
def test_a_table_replaces_what_stood_between_its_comments(root, kind, expected):
    directive = f'results.json {kind}'
    filled = fill(page(directive) + page(directive, ''), root)
    assert filled == page(directive, '\n'.join(expected) + '\n') * 2
    assert fill(filled, root) == filled


def test_runs_of_an_earlier_command_have_their_own_environment(root):
    results = json.loads((root / 'results.json').read_text())
    results['rows'][1]['runs']['iters']['environments'][0] = dict(threads=1)
    (root / 'results.json').write_text(json.dumps(results))
    assert ('measured with threads 2; 1 of 8 runs by an earlier command, with threads 1. '
            in ' '.join(fill(page('results.json environment'), root).split()))


def suite_row(name, **figures):
    return dict(dict(name=name, config=name, size=[32, 64], error=None, modes={}, baseline='nrd_a',
                     command='python tools/benchmark.py', environment=dict(threads=2)), **figures)


def test_a_suite_is_read_as_its_tool_writes_it(tmp_path):
    whole = dict(parameters=2_500_000, multiply_adds=3_000_000_000, peak_bytes=7_000_000,
                 seconds=dict(median=0.25, iqr=0.01), frames_per_second=4.)
    (tmp_path / 'results.json').write_text(json.dumps([
        suite_row('nrd_a', modes=dict(inference=dict(images=1, parts=dict(whole=whole))),
                  published=dict(dataset='Town', miou=79.8)),
        suite_row('fcn_a', error='ImportError: needs mmdet')]))
    assert fill(page('results.json suite inference'), tmp_path) == page(
        'results.json suite inference',
        '| [ratio to] nrd_a | image | parameters, M | multiply-adds, G | latency, ms (IQR) | '
        'images / s | peak memory, MB | mIoU, published |\n'
        '| --- | --- | --- | --- | --- | --- | --- | --- |\n'
        '| nrd | 1 x 32 x 64 | 2.50 | 3.00 | 250.0 (10.0) | 4.00 | 7 | 79.80 (Town) |\n'
        '| fcn |  | ERROR: ImportError: needs mmdet |  |  |  |  |  |\n')
    with pytest.raises(ValueError, match="'training'.*inference"):
        fill(page('results.json suite training'), tmp_path)
    assert '`python tools/benchmark.py`, measured with threads 2.' in fill(
        page('results.json environment'), tmp_path)


def test_two_runs_of_a_suite_stand_side_by_side(tmp_path):
    for name, ratios in (('one', (1, 0.5)), ('two', (1, 0.45))):
        (tmp_path / f'{name}.json').write_text(json.dumps([
            suite_row(model, modes=dict(inference=dict(parts=dict(whole=dict(
                ratio=dict(seconds=ratio))))))
            for model, ratio in zip(('nrd_a', 'fcn_a'), ratios)]))
    directive = 'one.json repeated two.json'
    assert fill(page(directive), tmp_path) == page(
        directive, '| time, ratio to nrd_a | one run | another | apart |\n'
        '| --- | --- | --- | --- |\n| nrd | 1.00 | 1.00 | 0% |\n| fcn | 0.50 | 0.45 | 10% |\n')


def test_a_long_command_is_cut(root):
    results = json.loads((root / 'results.json').read_text())
    results['command'] = ' '.join(['python', *['config.py'] * 40])
    (root / 'results.json').write_text(json.dumps(results))
    lines = fill(page('results.json environment'), root).split('\n')[2:4]
    assert lines[0].startswith('`python config.py config.py ')
    assert ' ...`, measured with' in lines[1] and max(map(len, lines)) <= 100


def test_text_without_comments_stays(root):
    assert fill('| a | 1.23 |\n', root) == '| a | 1.23 |\n'


def test_an_unknown_kind_is_refused(root):
    with pytest.raises(ValueError, match="'score'.*scores"):
        fill(page('results.json score'), root)


def test_a_missing_file_is_not_passed_over(root):
    with pytest.raises(FileNotFoundError):
        fill(page('nowhere.json scores'), root)
