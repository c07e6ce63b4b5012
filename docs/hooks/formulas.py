"""Formulas become MathML.

They are written as GitHub shows them, ``$x$`` and ``$$x$$``. Browsers draw MathML by themselves,
so a page needs no script and no network for it.
"""
from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL)


def formula(match: re.Match) -> str:
    display = 'block' if match['tag'] == 'div' else 'inline'
    return convert(html.unescape(match['latex']), display=display)


def on_page_content(content: str, *, page, config, files) -> str:
    return _FORMULA.sub(formula, content)
