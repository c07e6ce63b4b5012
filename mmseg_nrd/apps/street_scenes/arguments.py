"""Arguments from users: turned into plain integers, or refused with the rule and the fix."""
from __future__ import annotations

import operator

MIN_SIZE = (32, 64)


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """``size`` as two ints, (height, width) in pixels, or ValueError."""
    rule = (f'size must be (height, width), two integers of at least {MIN_SIZE[0]} and '
            f'{MIN_SIZE[1]}; for example size=(128, 256)')
    try:
        height, width = (operator.index(side) for side in size)
    except (TypeError, ValueError) as error:
        raise ValueError(f'size={size!r}: {rule}') from error
    if height < MIN_SIZE[0] or width < MIN_SIZE[1]:
        raise ValueError(f'size={size!r}: {rule}')
    return height, width


def checked_count(name: str, value: int, limit: int | None = None) -> int:
    """``value`` as an int from 0 to ``limit``, or ValueError naming the argument."""
    upper = '' if limit is None else f' and at most {limit}'
    rule = f'{name} must be an integer of at least 0{upper}; for example {name}=1'
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ValueError(f'{name}={value!r}: {rule}') from error
    if number < 0 or (limit is not None and number > limit):
        raise ValueError(f'{name}={value!r}: {rule}')
    return number
