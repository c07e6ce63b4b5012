"""Dumps stay off the screen unless they are asked for."""
from __future__ import annotations

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from mmseg_nrd.apps.cli import shorten_console


@pytest.mark.parametrize('level, verbose, shown', [
    ('INFO', False, False), ('INFO', True, True), ('DEBUG', False, True)])
def test_what_shows_all(level, verbose, shown, monkeypatch):
    before = Runner.build_logger
    monkeypatch.setattr(Runner, 'build_logger', before)
    shorten_console(Config(dict(log_level=level)), verbose)
    assert (Runner.build_logger is before) == shown
