"""How the layer that predicts NRD's dynamic weights (theta) starts."""
from __future__ import annotations

from typing import Sequence

import torch
from torch import nn

from mmseg_nrd.ops import num_dynamic_params, split_dynamic_params


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


class ThetaConv(nn.Conv2d):
    """1x1 convolution to the dynamic weights of each place, with a start of its own.

    Args:
        in_channels (int): Channels of the features.
        mlp_channels (Sequence[int]): Widths of the dynamic MLP.
        start (str): One of ``THETA_INITS``.
    """

    def __init__(self, in_channels: int, mlp_channels: Sequence[int], start: str):
        super().__init__(in_channels, num_dynamic_params(mlp_channels), 1)
        self.mlp_channels = tuple(mlp_channels)
        self.start = start
        self.init_weights()

    def init_weights(self) -> None:
        """Start again, also after an ``init_cfg`` further up has reached every convolution."""
        THETA_INITS[self.start](self, self.mlp_channels)
