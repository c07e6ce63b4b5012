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


def recipe(target: str) -> str:
    """What ``target`` needs, and what it runs."""
    return re.search(rf'^{target}:(.*\n(?:\t.*\n)*)', MAKEFILE, re.MULTILINE)[1]


def test_docs_are_tables_and_the_site_and_ci_rewrites_no_file():
    assert recipe('docs').split() == ['tables', '$(MAKE)', 'docs-site']
    assert 'make_docs.py' in recipe('tables') and 'make_docs.py' not in recipe('docs-site')
    # With --quiet MkDocs counts no warnings, and --strict does nothing.
    assert '--strict' in recipe('docs-site') and '--quiet' not in recipe('docs-site')
    ci = (ROOT / '.ci' / 'run').read_text() + (ROOT / '.github/workflows/ci.yml').read_text()
    assert set(re.findall(r'make ([a-z-]+)$', ci, re.MULTILINE)) == {
        'lint', 'docs-site', 'test', 'test-slow'}
