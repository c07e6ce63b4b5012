"""What is said of versions agrees: requirements, noxfile.py, setup.py and what was run."""
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


PINS = re.compile(r'^([\w-]+)==([\w.]+)', re.MULTILINE)


def pins(name: str) -> dict:
    return dict(PINS.findall((ROOT / 'requirements' / name).read_text()))


def recorded(session: str) -> dict:
    """What the tests were last run on in a session."""
    path = ROOT / 'benchmarks' / 'results' / 'versions' / f'{session}.json'
    return json.loads(path.read_text())['environment']


@pytest.mark.parametrize('session, file', [('oldest', 'oldest.txt'), ('forks', 'forks.txt')])
def test_what_was_tested_are_the_versions_of_the_requirements(session, file):
    hosts = {name: version for name, version in pins(file).items() if name != 'yapf'}
    tested = ' '.join(map(str, recorded(session).values()))
    assert len(hosts) >= 2 and all(f' {version}' in f' {tested}' for version in hosts.values())


@pytest.mark.parametrize('session', ['full_mmcv', 'full_mmcv_2_0'])
def test_a_full_mmcv_was_tested_with_the_pinned_versions(session):
    pinned, tested = pins('constraints.txt'), recorded(session)
    assert tested['torch'].split('+')[0] == pinned['torch']
    for key, name in (('mmengine', 'mmengine'), ('mmseg', 'mmsegmentation')):
        assert tested[key] == f'{name} {pinned[name]}'
    assert tested['mmcv'].endswith(', compiled')


def test_nothing_older_than_tested_is_asked_for():
    floors = dict(re.findall(r"'([\w-]+)>=([\w.]+)", (ROOT / 'setup.py').read_text()))
    oldest = pins('oldest.txt')
    assert {name: oldest[name] for name in floors} == floors and len(floors) == 3
