"""Stop a training whose loss is no longer a number."""
from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


def _losses(outputs: Mapping[str, Any]) -> Dict[str, float]:
    """What mmengine sums up, and its sum, as it tells them from other figures: by the name."""
    # item(), because float() warns of the sum, which has a gradient.
    return {name: torch.as_tensor(value).item() for name, value in outputs.items()
            if 'loss' in name}


def _files(data_batch: Any) -> List[str]:
    samples = data_batch.get('data_samples', []) if isinstance(data_batch, Mapping) else []
    return [str(sample.metainfo.get('img_path', 'an image without img_path'))
            for sample in samples]


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """End training with an error that names the batch when a loss is NaN or infinite.

    It runs before mmengine's ``CheckpointHook``, so with an interval of 1 no checkpoint is written
    with weights that such a loss has spoilt; with another one, let it divide the checkpoints'.

    A look at a loss on a GPU waits until that GPU is done. mmengine's ``RuntimeInfoHook``, which
    is always there, waits for each loss of each iteration anyway, so this hook adds a few copies
    of one number; where that hook is gone, an interval above 1 saves the wait.

    Args:
        interval (int): Look at every so many iterations. Defaults to 1.

    Raises:
        ValueError: if ``interval`` is no positive integer.
        FloatingPointError: in training, with the iteration, the losses and the batch's files.

    Example:
        >>> custom_hooks = [dict(type='FiniteLossHook')]
    """

    def __init__(self, interval: int = 1):
        if isinstance(interval, bool) or not isinstance(interval, int) or interval < 1:
            raise ValueError(
                f'interval={interval!r}: must be an integer of at least 1. '
                'Fix: interval=1 looks at every iteration.')
        self.interval = interval

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Look at the losses of an iteration."""
        if not outputs or not self.every_n_train_iters(runner, self.interval):
            return
        losses = _losses(outputs)
        if all(map(math.isfinite, losses.values())):
            return
        values = ', '.join(f'{name}={value:g}' for name, value in losses.items())
        files = ''.join(f'\n  {path}' for path in _files(data_batch))
        raise FloatingPointError(
            f'iteration {runner.iter + 1}, process {get_rank()}: {values}; a loss must be finite. '
            'Fix: look at the files below; if they are whole, the update before went too far: '
            'lower the learning rate, lengthen the warm-up, set '
            'optim_wrapper.clip_grad=dict(max_norm=10), or leave out --amp. Then go on from the '
            f'last checkpoint with --resume. The batch:{files}')
