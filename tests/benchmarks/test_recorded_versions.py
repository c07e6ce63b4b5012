"""Counts of a run of the tests, against one whose outcome is known."""
from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.docs.versions import host_distributions, read_junit

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
                    '--junit-xml=junit.xml'], cwd=tmp_path, check=False, capture_output=True,
                   env={**os.environ, 'PYTEST_DISABLE_PLUGIN_AUTOLOAD': '1'})
    result = read_junit(tmp_path / 'junit.xml')
    assert (result['passed'], result['failed'], result['skipped']) == (3, 4, 1)
    assert result['failures'] == [f'test_x::test_{name}' for name in (
        'fails', 'fails_afterwards', 'fails_twice', 'many[2]')]
    assert 0 < result['seconds'] < 60


def test_the_host_is_named_by_its_distributions():
    found = host_distributions()
    assert found['mmseg'].split()[0] in ('mmsegmentation', 'onedl-mmsegmentation')
    assert found['mmcv'].endswith((', compiled', ', no ops'))
