"""What backbones of several stages have in common: maps, freezing, checkpointing."""
from __future__ import annotations

from typing import Callable, Iterable, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from mmseg_nrd.checks import is_int


class StagedBackbone(BaseModule):
    """A backbone that runs stage after stage, up to the last that ``out_indices`` names.

    Args:
        num_stages (int): How many the whole network has; later ones than needed are not built.
        out_indices, frozen_stages, norm_eval, with_cp, init_cfg: As the subclass describes them.

    Raises:
        ValueError: if ``out_indices`` or ``frozen_stages`` is out of range.
    """

    def __init__(self, num_stages: int, out_indices: Sequence[int], frozen_stages: int,
                 norm_eval: bool, with_cp: bool, init_cfg):
        _check(num_stages, out_indices, frozen_stages)
        super().__init__(init_cfg or [
            dict(type='Kaiming', layer='Conv2d'),
            dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm'])])
        self.out_indices = tuple(out_indices)
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.with_cp = with_cp

    def modules_of(self, stage: int) -> Iterable[nn.Module]:
        """All that holds the parameters of a stage."""
        raise NotImplementedError

    def steps_of(self, stage: int) -> Iterable[Callable[[Tensor], Tensor]]:
        """What a stage runs, in order; ``with_cp`` keeps what goes in and out of a step alone."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """Maps of the stages that ``out_indices`` names.

        Args:
            x (Tensor): Images, (B, channels, H, W), of any size.

        Returns:
            tuple[Tensor]: (B, C_i, ceil(H / stride_i), ceil(W / stride_i)) each.
        """
        levels = []
        for stage in range(max(self.out_indices) + 1):
            for step in self.steps_of(stage):
                # Reentrant checkpoints, as MMSeg's blocks have them, break under
                # DistributedDataParallel once two branches share these layers.
                x = (checkpoint(step, x, use_reentrant=False)
                     if self.with_cp and torch.is_grad_enabled() else step(x))
            if stage in self.out_indices:
                levels.append(x)
        return tuple(levels)

    def freeze(self) -> None:
        """Put the first stages, up to ``frozen_stages``, in eval mode, without gradients."""
        for stage in range(self.frozen_stages + 1):
            for module in self.modules_of(stage):
                module.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> StagedBackbone:
        """Training or eval mode, but for what ``frozen_stages`` and ``norm_eval`` keep in eval."""
        super().train(mode)
        self.freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self


def _check(num_stages: int, out_indices: Sequence[int], frozen_stages: int) -> None:
    fits = isinstance(out_indices, (list, tuple)) and bool(out_indices)
    fits = fits and all(is_int(index) and 0 <= index < num_stages for index in out_indices)
    if not fits or list(out_indices) != sorted(set(out_indices)):
        raise ValueError(
            f'out_indices={out_indices!r}: must be a non-empty list or tuple of rising numbers '
            f'0 to {num_stages - 1}; maps come in that order. Fix: such as (1, 2, 3, 4).')
    if not is_int(frozen_stages) or not -1 <= frozen_stages <= max(out_indices):
        raise ValueError(
            f'frozen_stages={frozen_stages!r}: must be an integer from -1 (none) to '
            f'{max(out_indices)}, the last of out_indices; what comes later is not built. '
            'Fix: name the last to freeze, or -1.')
