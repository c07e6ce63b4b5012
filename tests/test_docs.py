"""The tables of the docs are those of the committed JSON."""
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.docs.tables import fill

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / 'benchmarks' / 'results'
_BLOCKS = re.compile(r'<!-- table: .*?<!-- end of table -->', re.DOTALL)


PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]


@pytest.mark.parametrize('page', PAGES, ids=lambda path: path.stem)
def test_tables_are_those_of_the_json(page):
    text = page.read_text()
    assert fill(text, ROOT) == text, 'run make tables'
    # Figures of ours that no command writes would not be noticed when they change.
    for table in re.findall(r'(?:^\|.*\n)+', re.sub(_BLOCKS, '', text), re.MULTILINE):
        header = table.split('\n')[0]
        assert 'in the paper' in header or not re.search(r'\d\.\d\d', table), table


@pytest.mark.parametrize('folder', ['speed', 'speed-full', 'speed-kept-memory'])
def test_the_page_names_the_commit_of_its_figures(folder):
    results = json.loads((RESULTS / folder / 'results.json').read_text())
    text = ' '.join((ROOT / 'docs' / 'speed.md').read_text().split())
    assert results['environment']['commit'] in text
    for name in ('python', 'torch', 'mmseg', 'mmengine', 'mmcv', 'numpy'):
        assert f"{name} {results['environment'][name]}" in text


@pytest.mark.parametrize('suite', ['decoders', 'real-time-suite'])
def test_two_runs_of_a_suite_agree(suite):
    first, second = ({(row['name'], mode, part): figures['ratio']['seconds']
                      for row in json.loads((RESULTS / suite / file).read_text())
                      for mode, measured in row['modes'].items()
                      for part, figures in measured['parts'].items() if part == 'whole'}
                     for file in ('results.json', 'again.json'))
    assert len(first) >= 12 and first.keys() == second.keys()
    assert second == pytest.approx(first, rel=0.15)
