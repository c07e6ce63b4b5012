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
    with pytest.raises(ValueError, match="mode 'training': must be one of .*inference.*Fix: "):
        fill(page('results.json suite training'), tmp_path)
    assert '`python tools/benchmark.py`, measured with threads 2.' in fill(
        page('results.json environment'), tmp_path)






def test_an_unknown_kind_is_refused(root):
    with pytest.raises(ValueError, match="kind 'score' must be one of .*scores"):
        fill(page('results.json score'), root)
