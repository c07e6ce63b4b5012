"""The sentences with which checks of a config refuse it."""
from __future__ import annotations

from typing import Any, Mapping


def refuse(place: str, value: Any, rule: str, fix: str) -> None:
    """Raise the ``ValueError`` of a value that breaks a rule."""
    raise ValueError(f'{place}={value!r}: must be {rule}. Fix: {fix}.')


def refuse_without(key: str, holder: Mapping[str, Any], where: str) -> None:
    """Raise the ``ValueError`` of a key that must be there, if it is not.

    Args:
        key (str): What is looked for.
        holder (Mapping): Where.
        where (str): What errors call that; empty for the whole config.
    """
    if holder.get(key) in (None, ''):
        place = f'{where}.{key}' if where else key
        raise ValueError(
            f"{place}: is missing; {where or 'the config'} has "
            f"{', '.join(map(str, holder)) or 'nothing'}. Fix: add it, or look for a misspelling.")
