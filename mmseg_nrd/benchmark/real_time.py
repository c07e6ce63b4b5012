"""GUN's frame rate beside those of networks made for speed."""
from __future__ import annotations

from typing import Dict, Tuple

import torch
from mmengine.device import get_device

from .building import build
from .race import Race, race

GUN, BILINEAR, ERFNET, ICNET = 'GUN', 'GUN without guidance', 'ERFNet', 'ICNet'
# Of GUN's seconds: 0.75 of ERFNet's frame rate, 2.5 times ICNet's, a fifth of them for guidance.
ASKED = {BILINEAR: 1 / 0.8, ERFNET: 1 / 0.75, ICNET: 1 / 2.5}


def race_frames(models: Dict[str, Tuple[dict, Tuple[int, int]]], rounds: int) -> Race:
    """One frame through each network, up to its logits.

    Args:
        models (dict[str, tuple]): Config of each, and the (H, W) at which it sees the frame; the
            first is ours.
        rounds (int): Turns.

    Returns:
        Race: of all.
    """
    steps = {}
    for name, (cfg, size) in models.items():
        model, image = build(cfg), torch.randn(1, 3, *size, device=get_device())
        steps[name] = lambda model=model, image=image: model(image)
    first = next(iter(models))
    case = ' x '.join(map(str, models[first][1]))
    return race('frame', case, 'inference', steps, rounds, ASKED)
