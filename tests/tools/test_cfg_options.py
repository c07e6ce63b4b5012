"""Every tool that takes --cfg-options refuses what is no KEY=VALUE, as argparse refuses."""
from __future__ import annotations

import re

import pytest
from street_scene_configs import ROOT

# Those that add the option, by whichever of the three functions.
TOOLS = sorted(path.stem for path in (ROOT / 'tools').glob('*.py') if re.search(
    r'add_(cfg_options|config_arguments|export_arguments)\(|--cfg-options', path.read_text()))


def test_the_tools_are_found():
    assert len(TOOLS) == 7 and {'predict', 'train', 'compare', 'export_torch'} <= set(TOOLS)


@pytest.mark.parametrize('name', TOOLS)
def test_an_option_without_a_value(name, call):
    assert call(name, '--cfg-options', 'a=1', 'foo') == (
        "error: argument --cfg-options: 'foo': must be KEY=VALUE. Fix: "
        'model.decode_head.patch_size=4, or quotes around what has spaces in it.')


@pytest.mark.parametrize('option, message', [
    ('=5', 'must be KEY=VALUE. Fix: '), ('a=[1,2', 'must have as many brackets closed as opened'),
    ('a=(1,[2)', 'must have as many brackets closed as opened')])
def test_other_options_that_cannot_be_read(option, message, call):
    assert call('train', '--cfg-options', option).startswith(
        f'error: argument --cfg-options: {option!r}: {message}')

