"""The site's hooks. `make docs-site` builds the site with warnings, dead links too, as errors."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip('mkdocs', reason='needs the docs extra: make docs-site')
pytest.importorskip('latex2mathml', reason='needs the docs extra: make docs-site')
HOOKS = Path(__file__).parents[1] / 'docs' / 'hooks'


def hook(name: str):
    spec = importlib.util.spec_from_file_location(name, HOOKS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


links, formulas = hook('links'), hook('formulas')


@pytest.mark.parametrize('page, link, expected', [
    ('docs/gun.md', 'speed.md#the-whole-head', 'speed.md#the-whole-head'),
    ('docs/gun.md', '../README.md#install', 'repository/README.md#install'),
    ('docs/api/ops.md', '../../LICENSE', '../repository/LICENSE.md'),
    ('docs/gun.md', 'figures/draw.py', 'repository/docs/figures/draw.py.md'),
    ('docs/gun.md', '../.github/workflows/ci.yml', 'repository/github/workflows/ci.yml.md'),
    ('README.md', 'docs/gun.md', '../gun.md'),
    ('tests/data/README.md', '../../docs/gun.md', '../../../gun.md'),
    # Left as they are: MkDocs then says that they lead nowhere.
    ('docs/gun.md', '../nowhere.md', '../nowhere.md'),
    ('docs/gun.md', '../../outside.md', '../../outside.md'),
    ('docs/gun.md', 'https://arxiv.org/abs/1', 'https://arxiv.org/abs/1'),
])
def test_links_follow_their_files(page, link, expected):
    text = 'a [b]({0}), ![c]({0})'
    assert links.rewrite(text.format(link), page) == text.format(expected)


def test_what_a_linked_page_links_to_comes_along():
    found = list(links.reached(['docs/claims.md']))
    assert {'tests/test_recipes.py', 'README.md', 'LICENSE'} <= set(found)
    assert len(set(found)) == len(found) and 'docs/claims.md' not in found


def test_formulas_become_mathml():
    def page(content):
        return formulas.on_page_content(content, page=None, config=None, files=None)

    inline = page(r'<p>so <span class="arithmatex">\(a &lt; b_1\)</span>.</p>')
    assert inline.startswith('<p>so <math') and inline.endswith('</math>.</p>')
    assert '<msub><mi>b</mi><mn>1</mn></msub>' in inline and '&#x0003C;' in inline
    assert 'display="block"' in page('<div class="arithmatex">\\[x\\]</div>')


def test_sections_and_roles_of_docstrings():
    griffe = pytest.importorskip('griffe')
    text = 'One :func:`~a.b`, :class:`C`.\n\nExample:\n    >>> f()[0](1)\n'
    function = griffe.Function('f', docstring=griffe.Docstring(text))
    hook('docstrings').Docstrings().on_object(obj=function)
    assert function.docstring.value == 'One `a.b`, `C`.\n\nExamples:\n    >>> f()[0](1)'
    sections = function.docstring.parse('google')
    assert sections[1].kind is griffe.DocstringSectionKind.examples
