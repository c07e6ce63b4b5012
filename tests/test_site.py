"""The site's hooks, links that leave docs/ and formulas, and that no link of the site is dead."""
from __future__ import annotations

import importlib.util
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip('mkdocs', reason='needs the docs extra: make docs-site')
pytest.importorskip('latex2mathml', reason='needs the docs extra: make docs-site')
ROOT = Path(__file__).parents[1]


def hook(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / 'docs' / 'hooks' / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


links, formulas = hook('links'), hook('formulas')


@pytest.mark.parametrize('page, link, expected', [
    ('docs/gun.md', 'speed.md#the-whole-head', 'speed.md#the-whole-head'),
    ('docs/api/ops.md', '../benchmark.md', '../benchmark.md'),
    ('docs/gun.md', '../README.md#install', 'repository/README.md#install'),
    ('docs/api/ops.md', '../../LICENSE', '../repository/LICENSE.md'),
    ('docs/gun.md', '../tests/test_site.py', 'repository/tests/test_site.py.md'),
    ('docs/gun.md', 'figures/draw.py', 'repository/docs/figures/draw.py.md'),
    ('docs/gun.md', 'figures/nrd_patches.png', 'figures/nrd_patches.png'),
    ('docs/gun.md', '../benchmarks/results/demo/comparison.png',
     'repository/benchmarks/results/demo/comparison.png'),
    ('docs/gun.md', '../configs/benchmark', 'repository/configs/benchmark/index.md'),
    ('docs/gun.md', '../configs/benchmark/', 'repository/configs/benchmark/index.md'),
    ('docs/gun.md', '../tests/data', 'repository/tests/data/README.md'),
    ('docs/gun.md', '../.github/workflows/ci.yml', 'repository/github/workflows/ci.yml.md'),
    ('README.md', 'docs/gun.md', '../gun.md'),
    ('README.md', 'tests/data/README.md', 'tests/data/README.md'),
    ('tests/data/README.md', '../../docs/gun.md', '../../../gun.md'),
    # Left as they are: mkdocs then says that they lead nowhere.
    ('docs/gun.md', '../nowhere.md', '../nowhere.md'),
    ('docs/gun.md', '../../outside.md', '../../outside.md'),
    ('docs/gun.md', '../..', '../..'),
    ('docs/gun.md', '..', '..'),
    ('docs/gun.md', 'https://arxiv.org/abs/1', 'https://arxiv.org/abs/1'),
    ('docs/gun.md', '#use', '#use'),
])
def test_links_follow_their_files(page, link, expected):
    text = 'a [b]({0}), ![c]({0})'
    assert links.rewrite(text.format(link), page) == text.format(expected)


def test_what_a_linked_page_links_to_comes_along():
    found = list(links.reached(['docs/claims.md']))
    assert 'tests/test_recipes.py' in found and 'README.md' in found
    assert 'mmseg_nrd/compat/__init__.py' in found  # by way of the README
    assert len(set(found)) == len(found) and 'docs/claims.md' not in found


def test_a_folder_is_listed_and_its_files_come_along():
    found = list(links.reached(['docs/decoders.md']))
    assert {'configs/benchmark', 'configs/benchmark/decoders.txt'} <= set(found)
    assert '- [decoders.txt](decoders.txt.md)\n' in links.shown('configs/benchmark')


def test_site_and_repository_agree_on_pages():
    for path in ('docs/gun.md', 'docs/api/ops.md', 'README.md', 'tests/data/README.md'):
        assert links.repository_path(links.site_path(path)) == path


def test_formulas_become_mathml():
    def page(content):
        return formulas.on_page_content(content, page=None, config=None, files=None)

    inline = page(r'<p>so <span class="arithmatex">\(a &lt; b_1\)</span>.</p>')
    assert inline.startswith('<p>so <math') and inline.endswith('</math>.</p>')
    assert '<msub><mi>b</mi><mn>1</mn></msub>' in inline and '&#x0003C;' in inline
    assert 'display="block"' in page('<div class="arithmatex">\\[x\\]</div>')
    assert page('<code>$x$</code>') == '<code>$x$</code>'


def test_sections_and_roles_of_docstrings():
    griffe = pytest.importorskip('griffe')
    text = 'One :func:`~a.b`, :class:`C`.\n\nExample:\n    >>> f()[0](1)\n'
    function = griffe.Function('f', docstring=griffe.Docstring(text))
    hook('docstrings').Docstrings().on_object(obj=function)
    assert function.docstring.value == 'One `a.b`, `C`.\n\nExamples:\n    >>> f()[0](1)'
    sections = function.docstring.parse('google')
    assert sections[1].kind is griffe.DocstringSectionKind.examples


class References(HTMLParser):
    """Collects the ``href`` and ``src`` of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list = []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.found += [value for name, value in attributes if name in ('href', 'src') and value]


def dead_references(site: Path) -> list:
    """(page, reference) of what is relative, or of this site's root, and leads to no file."""
    dead = []
    for page in sorted(site.rglob('*.html')):
        parser = References()
        parser.feed(page.read_text(encoding='utf-8'))
        for reference in parser.found:
            scheme, host, path, *_ = urlsplit(reference)
            start = site if path.startswith('/') else page.parent
            if not (scheme or host) and path and not (
                    start / unquote(path).lstrip('/')).is_file():
                dead.append((str(page.relative_to(site)), reference))
    return dead


def test_no_reference_of_the_built_site_is_dead(tmp_path):
    pytest.importorskip('mkdocstrings', reason='needs the docs extra: make docs-site')
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    build(load_config(str(ROOT / 'mkdocs.yml'), site_dir=str(tmp_path)))
    pages = {str(page.relative_to(tmp_path)) for page in tmp_path.rglob('*.html')}
    assert {'index.html', 'gun.html', 'api/ops.html', 'repository/index.html'} <= pages
    assert dead_references(tmp_path) == []


def test_a_dead_reference_is_found(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'page.html').write_text(
        '<a href="../x%20y.txt#a"></a><a href="#a"></a><img src="gone.png"><a href="."></a>'
        '<a href="https://example.org/gone"></a><a href="/in/page.html?a"></a><a href="/gone"></a>')
    (tmp_path / 'x y.txt').touch()
    assert dead_references(tmp_path) == [
        ('in/page.html', 'gone.png'), ('in/page.html', '.'), ('in/page.html', '/gone')]
