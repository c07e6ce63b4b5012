"""Memory layouts of the same numbers, as property tests draw them."""
from __future__ import annotations

import torch
from torch import Tensor

LAYOUTS = ('contiguous', 'channels_last', 'transposed', 'strided', 'cropped')


def laid_out(tensor: Tensor, layout: str) -> Tensor:
    """A (B, C, H, W) tensor with the same numbers and other strides."""
    if layout == 'channels_last':
        return tensor.to(memory_format=torch.channels_last)
    if layout == 'transposed':
        return tensor.transpose(2, 3).contiguous().transpose(2, 3)
    if layout == 'strided':
        return torch.stack([tensor, tensor], dim=-1)[..., 0]
    if layout == 'cropped':
        return torch.nn.functional.pad(tensor, (1, 2, 2, 1))[:, :, 2:-1, 1:-2]
    return tensor.contiguous()
