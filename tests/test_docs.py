"""The tables of the docs are those of the committed JSON."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmseg_nrd.benchmark.speed_report import format_rows

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / 'benchmarks' / 'results'


@pytest.mark.parametrize('page, folder, ours, groups', [
    ('speed', 'speed', 'NRD', ('decode', 'head', 'model')),
    ('speed', 'speed-full', 'NRD', ('labels',)),
    ('speed', 'speed-kept-memory', 'NRD', ('decode', 'head', 'model')),
    ('gun', 'real-time', 'GUN', (None,)),
])
def test_tables_are_those_of_the_json(page, folder, ours, groups):
    text = (ROOT / 'docs' / f'{page}.md').read_text()
    results = json.loads((RESULTS / folder / 'results.json').read_text())
    for group in groups:
        rows = results['rows'] if group is None else results['rows'][group]
        assert len(rows) and format_rows(rows, ours) in text
    assert results['environment']['commit'] in text


@pytest.mark.parametrize('page', sorted((ROOT / 'docs').glob('*.md')), ids=lambda path: path.stem)
def test_pictures_of_a_page_are_there(page):
    linked = [part.split(')')[0] for part in page.read_text().split('](')[1:]]
    for link in linked:
        if '://' not in link:
            assert (page.parent / link.split('#')[0]).exists(), link
