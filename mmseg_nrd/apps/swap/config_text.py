"""What one config says otherwise than another, as the text of a config."""
from __future__ import annotations

import keyword
import math
import os
from pathlib import Path
from typing import Any, Optional, Sequence

_WIDTH = 100
_ABSENT = object()


def changes(old: Any, new: Any) -> Any:
    """What a config has to say to make ``new`` of its base's value ``old``."""
    if not isinstance(new, dict):
        return new
    if not isinstance(old, dict):
        return new if old is _ABSENT else dict(_delete_=True, **new)
    if old.get('type') != new.get('type') or set(old) - set(new):
        return dict(_delete_=True, **new)
    return {key: changes(old.get(key, _ABSENT), value) for key, value in new.items()
            if key not in old or value != old[key]}


def format_value(value: Any, indent: int = 0, used: int = 0) -> str:
    """A value in a config's notation, broken into lines where it does not fit into one.

    ``indent`` is that of the line it stands in, ``used`` what stands before and behind it there.
    """
    if isinstance(value, dict) and all(map(_is_name, value)):
        opening, closing = 'dict(', ')'
        items = [(f'{key}=', each) for key, each in value.items()]
    elif isinstance(value, dict):
        opening, closing = '{', '}'
        items = [(f'{key!r}: ', each) for key, each in value.items()]
    elif isinstance(value, (list, tuple)):
        opening, closing = '[]' if isinstance(value, list) else '()'
        closing = ',)' if isinstance(value, tuple) and len(value) == 1 else closing
        items = [('', each) for each in value]
    elif isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    else:
        return repr(value)
    line = opening + ', '.join(
        name + format_value(each, -10**6) for name, each in items) + closing
    if indent + used + len(line) <= _WIDTH:
        return line
    inner = indent + 4
    lines = [f"{' ' * inner}{name}{format_value(each, inner, len(name) + 1)}"
             for name, each in items]
    return opening + '\n' + ',\n'.join(lines) + closing


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key)


def config_text(base: Optional[str], out: Path, settings: dict, notes: Sequence[str]) -> str:
    """A config at ``out`` with a base, comments and settings of its own.

    ``base`` is an absolute path, or the name of a config in an installed package; None for no
    base.
    """
    lines = [f'# {note}'.rstrip() for note in notes]
    if base is not None:
        # Through a link, '..' leads elsewhere than mmengine takes it to lead.
        if '::' not in base and out.parent.resolve() == Path(os.path.abspath(out.parent)):
            base = Path(os.path.relpath(base, out.parent.resolve())).as_posix()
        lines.append(f'_base_ = {base!r}')
    lines += [f'{key} = {format_value(value, 0, len(key) + 3)}'
              for key, value in settings.items()]
    return '\n'.join(lines) + '\n'
