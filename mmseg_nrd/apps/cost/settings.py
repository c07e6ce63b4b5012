"""How every model of a benchmark is run."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import torch

AMP = {'fp16': torch.float16, 'bf16': torch.bfloat16}


@dataclass(frozen=True)
class Settings:
    """What is the same for every row.

    Attributes:
        device (str): 'cpu' or 'cuda'.
        shape (tuple[int, int], optional): (H, W) of the images; None takes each config's own.
        batch (int, optional): Images at a time; None takes 1 at inference and 2 in training,
            where norms need two values.
        amp (str, optional): One of ``AMP``.
        channels_last (bool): Weights and images in channels-last memory.
        fuse (bool): Norms taken into the convolutions before them, at inference.
        compile (bool): ``torch.compile`` for the forward pass of each part.
        train_step (bool): Measure forward and backward too.
        rounds (int): Turns of each step.
    """
    device: str = 'cpu'
    shape: Optional[Tuple[int, int]] = None
    batch: Optional[int] = None
    amp: Optional[str] = None
    channels_last: bool = False
    fuse: bool = False
    compile: bool = False
    train_step: bool = False
    rounds: int = 9

    def __post_init__(self):
        _check_device(self.device, self.amp)
        if self.shape is not None and min(self.shape) < 1:
            raise ValueError(f'shape={tuple(self.shape)}: height and width must be at least 1. '
                             'Fix: raise them.')
        for name, value in dict(batch=self.batch, rounds=self.rounds).items():
            if value is not None and value < 1:
                raise ValueError(f'{name}={value}: must be at least 1. Fix: raise it.')

    @property
    def modes(self) -> Tuple[str, ...]:
        return ('inference', 'training') if self.train_step else ('inference',)

    def images(self, mode: str) -> int:
        """Images at a time, in a mode."""
        return self.batch or (1 if mode == 'inference' else 2)


def _check_device(device: str, amp: Optional[str]) -> None:
    if device not in ('cpu', 'cuda'):
        raise ValueError(f"device={device!r}: must be 'cpu' or 'cuda'. Fix: choose one.")
    if device == 'cuda' and not torch.cuda.is_available():
        raise ValueError("device='cuda': torch finds no CUDA device here. Fix: device='cpu', or "
                         'install a torch built for your GPU.')
    if amp not in (None, *AMP):
        raise ValueError(f'amp={amp!r}: must be one of {tuple(AMP)}. Fix: choose one.')
    if amp == 'fp16' and device == 'cpu':
        raise ValueError("amp='fp16': must be 'bf16' on device='cpu', which has no fast fp16. "
                         "Fix: amp='bf16', or device='cuda'.")
    if amp == 'bf16' and device == 'cuda' and not torch.cuda.is_bf16_supported():
        raise ValueError("amp='bf16': this GPU does not support it. Fix: amp='fp16'.")
