"""Checks of NRDHead's arguments."""
from __future__ import annotations

from typing import Optional, Sequence

from mmseg_nrd.ops import check_positive_int

from .theta_init import THETA_INITS


def check_choices(channels: int, controller_reduction: int, theta_init: str,
                  dilations: Sequence[int]) -> None:
    """Refuse a controller without channels, an unknown start and what are no dilations."""
    if controller_reduction > channels:
        raise ValueError(
            f'controller_reduction={controller_reduction}: must not exceed channels={channels}, '
            'or the controller has no channel left. Fix: lower controller_reduction.')
    if theta_init not in list(THETA_INITS):
        raise ValueError(
            f'theta_init={theta_init!r}: must be one of {sorted(THETA_INITS)}. '
            "Fix: 'static' to learn fast, 'paper' to reproduce the authors.")
    if not isinstance(dilations, (list, tuple)) or not dilations:
        raise ValueError(
            f'dilations={dilations!r}: must be a non-empty list or tuple of integers. '
            'Fix: pass (1, 3, 6, 9), or those of the config that you start from.')
    for index, dilation in enumerate(dilations):
        check_positive_int(f'dilations[{index}]', dilation)


def check_numbers(c1_index: int, dropout_ratio: float, scale_factor: int,
                  align_corners: bool) -> None:
    """Refuse what would fail later, or do something else in silence."""
    if isinstance(c1_index, bool) or not isinstance(c1_index, int):
        raise ValueError(
            f'c1_index={c1_index!r}: must be an integer, the place of the guidance among the '
            "backbone's levels. Fix: c1_index=0 for the finest.")
    if not isinstance(dropout_ratio, (int, float)) or not 0 <= dropout_ratio < 1:
        raise ValueError(
            f'dropout_ratio={dropout_ratio!r}: must be a number from 0 to below 1. '
            'Fix: 0, as the authors have it, or the ratio of the config that you start from.')
    if scale_factor > 1 and align_corners:
        raise ValueError(
            f'scale_factor={scale_factor} with align_corners=True: the finer grid lies between '
            'pixel centres, where align_corners=False looks for it. Fix: align_corners=False, or '
            'scale_factor=1.')


def check_groups(norm_cfg: Optional[dict], inputs: int) -> None:
    """Refuse groups that do not divide the inputs of the dynamic MLP."""
    groups = (norm_cfg or {}).get('num_groups', 1)
    check_positive_int('norm_cfg.num_groups', groups)
    if inputs % groups:
        raise ValueError(
            f'norm_cfg.num_groups={groups}: must divide the {inputs} inputs of the dynamic MLP, '
            'two coordinates and guidance_channels. Fix: choose num_groups to divide them and '
            'every other width, such as 2.')
