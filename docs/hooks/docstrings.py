"""Docstrings as this package writes them, in the words of mkdocstrings."""
from __future__ import annotations

import re

import griffe

# A section is `Examples` there; `Example` would be a box of prose, its code taken for Markdown.
_EXAMPLE = re.compile(r'^Example:$', re.MULTILINE)
_ROLE = re.compile(r':(?:func|class|meth|mod):`[~.]*([^`]+)`')


class Docstrings(griffe.Extension):
    """Sections by mkdocstrings' names, and what Sphinx would link to as code."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        if obj.docstring:
            obj.docstring.value = _ROLE.sub(r'`\1`', _EXAMPLE.sub('Examples:', obj.docstring.value))
