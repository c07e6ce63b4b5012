"""The Makefile's targets do something, and help names them."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / 'Makefile').read_text().replace('\\\n', '')
TARGETS = set(re.findall(r'^([a-z-]+):', MAKEFILE, re.MULTILINE))


def test_a_folder_of_the_same_name_does_not_stand_in_for_a_target():
    assert set(re.search(r'^\.PHONY: (.*)', MAKEFILE, re.MULTILINE)[1].split()) == TARGETS
    assert 'docs' in TARGETS and (ROOT / 'docs').is_dir()
