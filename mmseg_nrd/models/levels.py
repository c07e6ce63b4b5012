"""Whether the maps that an encoder hands out are those that a head is told of."""
from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor
from torch.fx.experimental import symbolic_shapes

# torch before 2.7 cannot be asked.
_is_exporting = getattr(torch.compiler, 'is_exporting', lambda: False)
statically_known_true = getattr(symbolic_shapes, 'statically_known_true', bool)


def check_level(inputs: Sequence[Tensor], index: int, channels: int,
                index_name: str = 'in_index', channels_name: str = 'in_channels') -> None:
    """Refuse inputs whose level ``index`` is not there or has not so many channels.

    Args:
        inputs (Sequence[Tensor]): The encoder's levels, each (B, C_i, H_i, W_i).
        index (int): Which of them is meant.
        channels (int): How many channels it is to have.
        index_name (str): The option that holds ``index``. Defaults to 'in_index'.
        channels_name (str): The option that holds ``channels``. Defaults to 'in_channels'.

    Raises:
        ValueError: with the option's name, the value got, the rule and the fix.
    """
    if not -len(inputs) <= index < len(inputs):
        raise ValueError(
            f'{index_name}={index}: there are {len(inputs)} levels. Fix: choose one of 0 to '
            f"{len(inputs) - 1}, or have the encoder hand out more in its out_indices.")
    if inputs[index].shape[1] != channels:
        raise ValueError(
            f'{channels_name}={channels}: level {index_name}={index} has '
            f'{inputs[index].shape[1]} channels. Fix: correct one of the two.')


def check_ratio(level: Tensor, coarse: Tensor, ratio: int, level_name: str,
                ratio_name: str) -> None:
    """Refuse a finer map that is not ``ratio`` times the coarse one, but for an encoder's rounding.

    Encoders round sides up or down, some to a multiple of 8 places, or hand out a place more: h
    and H, the sides of the two, must differ by less than two places, |h - H * ratio| < 2 * ratio,
    or by less than an eighth. So from four places on a ratio that is wrong by a factor of two is
    seen, and from sixteen on 4 where 14 / 4 would be right.

    Args:
        level (Tensor): (B, C, h, w).
        coarse (Tensor): (B, C, H, W).
        ratio (int): As the head is told.
        level_name (str): The option that names the level.
        ratio_name (str): The option that holds ``ratio``.

    Raises:
        ValueError: with the options' names, the values got, the rule and the fix.
    """
    for side, places in zip(level.shape[2:], coarse.shape[2:]):
        off = abs(side - places * ratio)
        if _is_exporting():
            # Where that cannot be proved, a question would tie the program to some sizes.
            wrong = (statically_known_true(off >= 2 * ratio)
                     and statically_known_true(8 * off >= places * ratio))
        else:
            # The first is what most encoders do, and what torch.export before 2.7 can prove.
            wrong = ((side + ratio - 1) // ratio != places
                     and off >= 2 * ratio and 8 * off >= places * ratio)
        if wrong:
            raise ValueError(
                f'{level_name}: a level of {level.shape[2]} x {level.shape[3]} with '
                f'{ratio_name}={ratio} on a map of {coarse.shape[2]} x {coarse.shape[3]}: each '
                f'side must be {ratio} times that of the map, to less than {2 * ratio} pixels or '
                f'an eighth. Fix: set {ratio_name} to the stride of the map divided by that of the '
                f'level, or choose another {level_name}.')
