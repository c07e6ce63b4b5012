"""Every tool that takes --cfg-options refuses what is no KEY=VALUE, as argparse refuses."""
from __future__ import annotations

import pytest


@pytest.mark.parametrize('name', [
    'check_dataset', 'compare', 'export', 'predict', 'test', 'train'])
def test_an_option_without_a_value(name, call):
    said = call(name, '--cfg-options', 'a=1', 'foo', status=2)
    assert "'foo': must be KEY=VALUE" in said


@pytest.mark.parametrize('option, rule', [
    ('=5', 'KEY=VALUE'), ('a=[1,2', 'brackets'), ('a=(1,[2)', 'brackets')])
def test_other_options_that_cannot_be_read(option, rule, call):
    said = call('train', '--cfg-options', option, status=2)
    assert f'{option!r}: must' in said and rule in said
