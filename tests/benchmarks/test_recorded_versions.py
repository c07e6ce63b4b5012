"""Counts of a run of the tests, against one whose outcome is known."""
from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.docs.versions import host_distributions, read_junit, version_lines

TESTS = '''
import pytest

@pytest.fixture
def torn():
    yield
    raise OSError

def test_passes(): pass
def test_fails(): assert False
def test_fails_twice(torn): assert False
def test_fails_afterwards(torn): pass
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.parametrize('x', range(3))
def test_many(x): assert x < 2
'''


def test_counts(tmp_path):
    (tmp_path / 'test_x.py').write_text(TESTS)
    subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
                    '--junit-xml=junit.xml'], cwd=tmp_path, check=False, capture_output=True)
    result = read_junit(tmp_path / 'junit.xml')
    assert (result['passed'], result['failed'], result['skipped']) == (3, 4, 1)
    assert result['failures'] == [f'test_x::test_{name}' for name in (
        'fails', 'fails_afterwards', 'fails_twice', 'many[2]')]
    assert 0 < result['seconds'] < 60


def test_the_host_is_named_by_its_distributions():
    found = host_distributions()
    assert found['mmseg'].split()[0] in ('mmsegmentation', 'onedl-mmsegmentation')
    assert found['mmcv'].endswith((', compiled', ', no ops'))


def test_lines_hold_what_was_recorded(tmp_path):
    where = dict(python='3.11', torch='2', mmengine='a 1', mmseg='b 2', mmcv='c 3', numpy='1',
                 commit='abc')
    (tmp_path / 'x.json').write_text(json.dumps(dict(
        name='x', environment=where, passed=5, failed=0, skipped=2)))
    header, line = version_lines(tmp_path)
    assert len(header) == len(line)
    assert line == ('`x`', '3.11', '2', 'a 1', 'b 2', 'c 3', '1', '5', '0', '2', 'abc')
