"""Checks of arguments that several functions share."""
from __future__ import annotations

from numbers import Integral


def is_int(value) -> bool:
    """Whether it is an integer, of Python or numpy; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_positive_int(name: str, value, minimum: int = 1) -> None:
    """Refuse anything but an integer of at least ``minimum``, naming the argument.

    Args:
        name (str): The argument's name, as the caller wrote it.
        value: What was passed.
        minimum (int): The smallest value allowed. Defaults to 1.

    Raises:
        ValueError: with the value got, the rule and the fix.
    """
    if not is_int(value) or value < minimum:
        raise ValueError(
            f'{name}={value!r}: must be an integer of at least {minimum}. '
            f'Fix: set {name} to {minimum} or more.')
