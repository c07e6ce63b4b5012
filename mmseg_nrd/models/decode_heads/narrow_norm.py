"""Norms of layers that are narrower than those of the head that a config was written for."""
from __future__ import annotations

import math
from typing import Optional


def narrow_norm(norm_cfg: Optional[dict], channels: int) -> Optional[dict]:
    """The same norm, with fewer groups where its groups do not divide ``channels``.

    Stock configs have a GroupNorm of 32 groups, which the 18 inputs of NRD's dynamic MLP or the
    few channels of a guidance layer cannot have.

    Example:
        >>> narrow_norm(dict(type='GN', num_groups=32), channels=18)
        {'type': 'GN', 'num_groups': 2}
    """
    groups = (norm_cfg or {}).get('num_groups')
    if not groups or channels % groups == 0:
        return norm_cfg
    return dict(norm_cfg, num_groups=math.gcd(groups, channels))
