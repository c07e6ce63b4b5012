"""Files beside docs/ that pages link to go onto the site, and the links follow them.

On GitHub a page links to ``../configs/x.py``; a site has no folder above its own. So each file
that is linked, from a page or from a file that is itself on the site, goes under repository/:
Markdown as a page, source as a page that shows it, anything else as it is. A folder becomes a page
that lists its files, which go along.
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
    """The file or folder of the repository that a link of ``page`` means, or '' if there is none.

    As on GitHub, a folder is shown by its README where it has one.
    """
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if target.startswith('..') or target == '.':
        return ''
    readme = f'{target}/README.md'
    return readme if (ROOT / readme).is_file() else target if (ROOT / target).exists() else ''


def site_path(path: str) -> str:
    """Where a file or folder of the repository is on the site, both from their roots."""
    if (ROOT / path).is_dir():
        return f'repository/{path}/index.md'
    shown = Path(path).suffix in LANGUAGES
    if path.startswith('docs/') and not shown:
        return path[len('docs/'):]
    # MkDocs leaves out what begins with a dot, and so do some hosts.
    return f'repository/{path.lstrip(".")}' + ('.md' if shown else '')


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


def files_of(folder: str) -> List[str]:
    """The files of a folder of the repository, those below it left out."""
    return sorted(f'{folder}/{path.name}' for path in (ROOT / folder).iterdir() if path.is_file())


def links_of(path: str) -> Iterator[str]:
    """What a Markdown file or a folder of the repository leads to."""
    if (ROOT / path).is_dir():
        yield from files_of(path)
    elif path.endswith('.md'):
        for match in _LINK.finditer((ROOT / path).read_text(encoding='utf-8')):
            yield linked_file(match['path'], path)


def reached(pages: List[str]) -> Iterator[str]:
    """All files and folders of the repository that the pages lead to, themselves left out."""
    seen, todo = {'', *pages}, list(pages)
    while todo:
        for target in links_of(todo.pop()):
            if target not in seen:
                seen.add(target)
                yield target
                todo.append(target)


def shown(path: str) -> str:
    """The page of a folder or of a source file, as Markdown."""
    if (ROOT / path).is_dir():
        here = posixpath.dirname(site_path(path))
        text = '\n'.join(
            f'- [{posixpath.basename(name)}]({posixpath.relpath(site_path(name), here)})'
            for name in files_of(path))
    else:
        text = (ROOT / path).read_text(encoding='utf-8')
        text = f'``````{LANGUAGES[Path(path).suffix]}\n{text}\n``````'
    return f'---\nsearch:\n  exclude: true\n---\n# {path}\n\n{text}\n'


def on_files(files: Files, *, config) -> Files:
    pages = [f'docs/{file.src_uri}' for file in files.documentation_pages()]
    for path in (*ALWAYS, *reached([*pages, *ALWAYS])):
        if files.get_file_from_path(site_path(path)):
            continue  # it lies in docs/
        is_source = (ROOT / path).is_dir() or Path(path).suffix in LANGUAGES
        source = dict(content=shown(path)) if is_source else dict(abs_src_path=str(ROOT / path))
        files.append(File.generated(config, site_path(path), **source))
    return files


def on_page_markdown(markdown: str, *, page, config, files: Files) -> str:
    path = repository_path(page.file.src_uri)
    return rewrite(markdown, path) if (ROOT / path).is_file() else markdown
