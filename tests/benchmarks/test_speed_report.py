"""What the tables and curves of races say."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from benchmarks.speed.race import Race
from benchmarks.speed.report import draw_growth, format_rows, race_rows, write_results

RESULTS = Path(__file__).parents[2] / 'benchmarks' / 'results'
DECODE = Race('decode step', 'K=19, 16 x 32 places', 'inference',
              {'NRD': [0.001, 0.001, 0.002], 'authors': [0.05, 0.05, 0.05]},
              {'NRD': 2_000_000, 'authors': 50_000_000}, {'authors': 1 / 30})
HEAD = Race('whole head, fp32', 'K=19, 512 x 1024', 'inference',
            {'NRD': [0.1, 0.1], 'DeepLabV3+': [0.5, 0.4], 'its convolutions': [0.1, 0.08]},
            {'NRD': 30_000_000, 'DeepLabV3+': 60_000_000, 'its convolutions': 30_000_000},
            {'DeepLabV3+': 0.25})


def test_one_row_for_each_rival():
    rows = race_rows([DECODE, HEAD])
    assert [row['against'] for row in rows] == ['authors', 'DeepLabV3+', 'its convolutions']
    assert rows[0]['share'] == 0.02 and rows[0]['worst_share'] == 0.04
    assert rows[0]['memory_share'] == 0.04
    assert [row['asked'] for row in rows] == [1 / 30, 0.25, None]
    assert rows[1]['seconds']['NRD']['turns'] == [0.1, 0.1]


def test_the_table_reads_the_same_from_json():
    rows = race_rows([DECODE, HEAD])
    table = format_rows(json.loads(json.dumps(rows)))
    assert table == format_rows(rows)
    assert table.splitlines()[2] == (
        '| decode step | K=19, 16 x 32 places | inference | 1.00 | 2 | authors | 50.0 | '
        '1/50 (1/50 to 1/33) | 1/25 | 1/30 | 1/25 |')
    assert '| 100.00 | 30 | DeepLabV3+ | 450.0 | 0.23 (0.21 to 0.24) | 0.25 | 0.25 | 0.50 |' \
        in table


def test_a_step_without_rivals_has_a_row_too():
    rows = race_rows([Race('labels', 'K=150, 4096 x 8192', 'inference', {'NRD': [60.]},
                           {'NRD': 7 * 10**9})])
    assert format_rows(rows).splitlines()[2] == (
        '| labels | K=150, 4096 x 8192 | inference | 60000.00 | 7000 |  |  |  |  |  |  |')


@pytest.mark.parametrize('folder', ['speed', 'speed-full'])
def test_files_are_laid_out_as_the_committed_ones(tmp_path, folder):
    results = json.loads((RESULTS / folder / 'results.json').read_text())
    report = write_results(tmp_path / 'new' / folder, **results)
    for name in ('results.json', 'report.md'):
        assert (tmp_path / 'new' / folder / name).read_text() == (
            RESULTS / folder / name).read_text()
    assert report == (RESULTS / folder / 'report.md').read_text()


def test_growth_is_drawn(tmp_path):
    def grown(case, seconds):
        return Race('growth, fp32', case, 'inference',
                    {'NRD': [seconds], 'DeepLabV3+': [4 * seconds]},
                    {'NRD': 10**6, 'DeepLabV3+': 4 * 10**6})
    sizes = race_rows([grown(f'K=19, {side} x {2 * side}', side / 1000) for side in (256, 512)])
    classes = race_rows([grown(f'K={k}, 512 x 1024', k / 1000) for k in (2, 150)])
    path = tmp_path / 'growth.png'
    draw_growth(sizes, classes, path)
    picture = cv2.imread(str(path))
    assert picture.shape[0] > 300 and picture.std() > 5
