"""Files beside docs/ that pages link to go onto the site, and the links follow them.

On GitHub a page links to ``../configs/x.py``; a site has no folder above its own. So each file
that is linked, from a page or from a file that is itself on the site, goes under repository/:
Markdown as a page, source as a page that shows it, anything else as it is.
"""
from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Iterator, List

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
# Pages of the site that no page need link.
ALWAYS = ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md')
LANGUAGES = {'.py': 'python', '.txt': 'text', '.cff': 'yaml', '': 'text'}
_LINK = re.compile(r'(?<=\]\()(?P<path>[^()\s#:]+)(?P<anchor>#[^()\s]*)?(?=\))')


def linked_file(path: str, page: str) -> str:
    """The file of the repository that a link of ``page`` means, or '' if there is none."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    return target if not target.startswith('..') and (ROOT / target).is_file() else ''


def site_path(path: str) -> str:
    """Where a file of the repository is on the site, both from their roots."""
    shown = Path(path).suffix in LANGUAGES
    if path.startswith('docs/') and not shown:
        return path[len('docs/'):]
    return f'repository/{path}' + ('.md' if shown else '')


def repository_path(src_uri: str) -> str:
    """The Markdown file of the repository that a page of the site shows."""
    return src_uri[len('repository/'):] if src_uri.startswith('repository/') else f'docs/{src_uri}'


def rewrite(markdown: str, page: str) -> str:
    """A page's links, each to where its file is on the site."""
    def relative(match: re.Match) -> str:
        target = linked_file(match['path'], page)
        if not target:
            return match[0]
        here = posixpath.dirname(site_path(page))
        return posixpath.relpath(site_path(target), here or '.') + (match['anchor'] or '')

    return _LINK.sub(relative, markdown)


def reached(pages: List[str]) -> Iterator[str]:
    """All files of the repository that the pages lead to, themselves left out."""
    seen, todo = set(pages), list(pages)
    while todo:
        page = todo.pop()
        for match in _LINK.finditer((ROOT / page).read_text(encoding='utf-8')):
            target = linked_file(match['path'], page)
            if target and target not in seen:
                seen.add(target)
                yield target
                if target.endswith('.md'):
                    todo.append(target)


def on_files(files: Files, *, config) -> Files:
    pages = [f'docs/{file.src_uri}' for file in files.documentation_pages()]
    for path in (*ALWAYS, *reached([*pages, *ALWAYS])):
        if files.get_file_from_path(site_path(path)):
            continue  # it lies in docs/
        language = LANGUAGES.get(Path(path).suffix)
        if language is None:
            source = dict(abs_src_path=str(ROOT / path))
        else:
            text = (ROOT / path).read_text(encoding='utf-8')
            source = dict(content=f'---\nsearch:\n  exclude: true\n---\n# {path}\n\n'
                                  f'``````{language}\n{text}\n``````\n')
        files.append(File.generated(config, site_path(path), **source))
    return files


def on_page_markdown(markdown: str, *, page, config, files: Files) -> str:
    path = repository_path(page.file.src_uri)
    return rewrite(markdown, path) if (ROOT / path).is_file() else markdown
