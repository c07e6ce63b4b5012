"""How the layer that predicts NRD's dynamic weights (theta) starts."""
from __future__ import annotations

from typing import Sequence

import torch
from torch import nn

from mmseg_nrd.ops import split_dynamic_params


@torch.no_grad()
def init_theta_paper(conv: nn.Conv2d, channels: Sequence[int]) -> None:
    """The authors' start: Xavier-normal divided by the number of parameters, bias zero.

    Every dynamic weight then begins near zero, and learning is slow at first.

    Args:
        conv (nn.Conv2d): 1x1, with one output channel per dynamic parameter.
        channels (Sequence[int]): Widths of the dynamic MLP.
    """
    nn.init.xavier_normal_(conv.weight)
    conv.weight /= conv.out_channels
    nn.init.zeros_(conv.bias)


@torch.no_grad()
def init_theta_static(conv: nn.Conv2d, channels: Sequence[int]) -> None:
    """Start as an ordinary static MLP that the image merely modulates.

    The bias of ``conv`` holds a Kaiming-initialised MLP, its weight a tenth of Xavier-normal.

    Args:
        conv (nn.Conv2d): 1x1, with one output channel per dynamic parameter.
        channels (Sequence[int]): Widths of the dynamic MLP.
    """
    nn.init.xavier_normal_(conv.weight, gain=0.1)
    layers = list(split_dynamic_params(conv.bias, channels))
    for weight, bias in layers[:-1]:
        nn.init.kaiming_normal_(weight, nonlinearity='relu')
        nn.init.zeros_(bias)
    weight, bias = layers[-1]
    nn.init.kaiming_normal_(weight, nonlinearity='linear')
    nn.init.zeros_(bias)


THETA_INITS = {'static': init_theta_static, 'paper': init_theta_paper}
