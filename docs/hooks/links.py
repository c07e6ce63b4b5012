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
LANGUAGES = {'.py': 'python', '.txt': 'text', '.cff': 'yaml', '.yml': 'yaml', '': 'text'}
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
    # MkDocs leaves out what begins with a dot, and so do some hosts.
    return f'repository/{path.lstrip(".")}' + ('.md' if shown else '')


def rewrite(markdown: str, page: str) -> str:
    """A page's links, each to where its file is on the site."""
    def relative(match: re.Match) -> str:
        target = linked_file(match['path'], page)
        if not target:
            return match[0]  # MkDocs says that it leads nowhere
        here = posixpath.dirname(site_path(page))
        return posixpath.relpath(site_path(target), here or '.') + (match['anchor'] or '')

    return _LINK.sub(relative, markdown)


def reached(pages: List[str]) -> Iterator[str]:
    """All files of the repository that the pages lead to, themselves left out."""
    seen, todo = {'', *pages}, list(pages)
    while todo:
        page = todo.pop()
        text = (ROOT / page).read_text(encoding='utf-8') if page.endswith('.md') else ''
        for match in _LINK.finditer(text):
            target = linked_file(match['path'], page)
            if target not in seen:
                seen.add(target)
                yield target
                todo.append(target)


def shown(path: str) -> str:
    """The page of a source file, as Markdown."""
    text = (ROOT / path).read_text(encoding='utf-8')
    return (f'---\nsearch:\n  exclude: true\n---\n# {path}\n\n'
            f'``````{LANGUAGES[Path(path).suffix]}\n{text}\n``````\n')


def on_files(files: Files, *, config) -> Files:
    pages = [f'docs/{file.src_uri}' for file in files.documentation_pages()]
    for path in (*ALWAYS, *reached([*pages, *ALWAYS])):
        if files.get_file_from_path(site_path(path)):
            continue  # it lies in docs/
        source = (dict(content=shown(path)) if Path(path).suffix in LANGUAGES
                  else dict(abs_src_path=str(ROOT / path)))
        files.append(File.generated(config, site_path(path), **source))
    return files


def on_page_markdown(markdown: str, *, page, config, files: Files) -> str:
    uri = page.file.src_uri
    path = uri[len('repository/'):] if uri.startswith('repository/') else f'docs/{uri}'
    return rewrite(markdown, path) if (ROOT / path).is_file() else markdown
