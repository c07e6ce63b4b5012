"""What breaks a release: versions that disagree, and lines that pip-audit does not read."""
from __future__ import annotations

import re
from pathlib import Path

import yaml

import mmseg_nrd

ROOT = Path(__file__).parents[1]
CONSTRAINTS = (ROOT / 'requirements' / 'constraints.txt').read_text()


def test_citation_and_changelog_are_of_this_version():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    assert citation['version'] == mmseg_nrd.__version__
    first = re.search('^## (.*)', (ROOT / 'CHANGELOG.md').read_text(), re.MULTILINE)[1]
    assert first.startswith(mmseg_nrd.__version__)


def test_every_constraint_is_pinned():
    # With --no-deps pip-audit resolves nothing.
    lines = [line for line in CONSTRAINTS.splitlines() if line[:1] != '#']
    assert lines and all(re.fullmatch(r'[\w.-]+==[\w.]+', line) for line in lines)


def test_pre_commit_runs_the_ruff_of_the_constraints():
    ruff = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text())['repos'][0]
    assert f"ruff=={ruff['rev'].lstrip('v')}" in CONSTRAINTS.splitlines()
