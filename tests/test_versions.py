"""What is said of versions agrees: requirements, noxfile.py, setup.py and docs/versions.md."""
from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOXFILE = (ROOT / 'noxfile.py').read_text()
PAGE = (ROOT / 'docs' / 'versions.md').read_text()
SESSIONS = [node.name for node in ast.parse(NOXFILE).body
            if isinstance(node, ast.FunctionDef) and node.decorator_list]
PINS = re.compile(r'^([\w-]+)==([\w.]+)', re.MULTILINE)


def pins(name: str) -> dict:
    return dict(PINS.findall((ROOT / 'requirements' / name).read_text()))


def row(session: str) -> str:
    """The line of the page's table that is about a session."""
    return re.search(rf'^\| `{session}` \|.*', PAGE, re.MULTILINE)[0]


@pytest.mark.parametrize('session, file', [('oldest', 'oldest.txt'), ('forks', 'forks.txt')])
def test_the_table_has_the_versions_of_the_requirements(session, file):
    hosts = {name: version for name, version in pins(file).items() if name != 'yapf'}
    assert len(hosts) >= 2 and all(version in row(session) for version in hosts.values())


def test_the_table_has_the_pinned_versions():
    pinned = pins('constraints.txt')
    for name in ('torch', 'mmengine', 'mmsegmentation', 'mmcv-lite'):
        assert pinned[name] in row('pinned')


def test_every_session_has_its_row():
    assert SESSIONS == ['pinned', 'oldest', 'forks', 'full_mmcv'] and all(map(row, SESSIONS))


def test_nothing_older_than_tested_is_asked_for():
    floors = dict(re.findall(r"'([\w-]+)>=([\w.]+)", (ROOT / 'setup.py').read_text()))
    oldest = pins('oldest.txt')
    assert {name: oldest[name] for name in floors} == floors and len(floors) == 3
