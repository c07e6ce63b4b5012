"""The files that hosts and tools read say the same as the package."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import mmseg_nrd

ROOT = Path(__file__).parents[1]
FORMS = sorted(path for path in (ROOT / '.github' / 'ISSUE_TEMPLATE').glob('*.yml')
               if path.name != 'config.yml')


def read(path) -> dict:
    return yaml.safe_load((ROOT / path).read_text())


def test_the_citation_is_of_this_version():
    citation = read('CITATION.cff')
    assert citation['cff-version'] == '1.2.0'
    assert citation['version'] == mmseg_nrd.__version__
    assert {'title', 'message', 'authors'} <= set(citation)
    urls = [paper['url'] for paper in citation['references']]
    readme = (ROOT / 'README.md').read_text() + (ROOT / 'docs' / 'gun.md').read_text()
    assert len(urls) == 2 and all(url in readme for url in urls)


def test_the_changelog_begins_with_this_version():
    first = re.search('^## (.*)', (ROOT / 'CHANGELOG.md').read_text(), re.MULTILINE)[1]
    assert first.startswith(mmseg_nrd.__version__)


def test_pre_commit_runs_the_ruff_of_the_constraints():
    pinned = re.search('^ruff==(.*)', (ROOT / 'requirements/constraints.txt').read_text(),
                       re.MULTILINE)[1]
    ruff = read('.pre-commit-config.yaml')['repos'][0]
    assert (ruff['rev'], ruff['hooks']) == (f'v{pinned}', [dict(id='ruff-check')])


def test_badges_name_what_is_tested_and_the_license():
    said = dict(re.findall(r'badge/(\w+)-(.+?)-blue', (ROOT / 'README.md').read_text()))
    pinned = dict(line.split('==') for line in
                  (ROOT / 'requirements/constraints.txt').read_text().split() if '==' in line)
    assert {name: said.pop(name) for name in ('torch', 'mmsegmentation')} == {
        name: pinned[name] for name in ('torch', 'mmsegmentation')}
    # A badge doubles its hyphens.
    assert said.pop('license').replace('--', '-') == read('CITATION.cff')['license']
    job = read('.github/workflows/ci.yml')['jobs']['test']
    assert [said.pop('Python')] == [step['with']['python-version'] for step in job['steps']
                                    if 'setup-python' in step.get('uses', '')]
    assert not said


def test_ci_looks_for_known_vulnerabilities_of_all_that_it_installs():
    steps = read('.github/workflows/ci.yml')['jobs']['audit']['steps']
    assert 'pip-audit --strict --disable-pip --no-deps -r requirements/constraints.txt' in [
        step.get('run') for step in steps]
    # pip-audit resolves nothing with these options, so each line must be pinned.
    lines = (ROOT / 'requirements/constraints.txt').read_text().splitlines()
    assert all(re.fullmatch(r'[\w.-]+==[\w.]+', line) for line in lines if line[:1] != '#')


@pytest.mark.parametrize('path', FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_whole(path):
    form = read(path)
    assert len(FORMS) == 2 and {'name', 'description', 'body'} <= set(form)
    asked = [field for field in form['body'] if field['type'] != 'markdown']
    assert len({field['id'] for field in asked}) == len(asked) > 2
    assert all(field['attributes']['label'] for field in asked)


def pages(nav) -> list:
    if isinstance(nav, str):
        return [nav]
    return [page for part in (nav.values() if isinstance(nav, dict) else nav)
            for page in pages(part)]


def test_every_page_is_in_the_navigation_of_the_site():
    named = [page for page in pages(read('mkdocs.yml')['nav'])
             if not page.startswith('repository/')]
    there = [str(path.relative_to(ROOT / 'docs')) for path in (ROOT / 'docs').rglob('*.md')]
    assert sorted(named) == sorted(there)


def test_every_folder_of_the_package_has_an_api_page():
    for path in (ROOT / 'mmseg_nrd').glob('*/__init__.py'):
        page = ROOT / 'docs' / 'api' / f'{path.parent.name}.md'
        assert f'\n::: mmseg_nrd.{path.parent.name}\n' in page.read_text()


PROSE = [path for folder in ('.', '.github', 'docs', 'docs/api', 'tests/data')
         for path in sorted((ROOT / folder).glob('*.md'))]


def too_long(text: str) -> list:
    """Lines of prose with more than 100 characters; tables, code and links alone are none."""
    prose = re.sub(r'^```.*?^```$', '', text, flags=re.MULTILINE | re.DOTALL)
    return [line for line in prose.split('\n')
            if len(line) > 100 and ' ' in line and not line.startswith(('|', '<!-- table: '))]


@pytest.mark.parametrize('path', PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_prose_are_no_longer_than_those_of_code(path):
    assert too_long(path.read_text(encoding='utf-8')) == []


def test_what_is_too_long_is_found():
    line = 'µ ' * 50
    assert too_long(f'{line}\n{line}b\n') == [f'{line}b']
    assert not too_long(f'| {line}|\n```\n{line}b\n```\n[a](https://{"a" * 100})\n')
