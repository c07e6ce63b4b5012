"""Stop a training whose loss, or whose weights, are no longer numbers."""
from __future__ import annotations

import math
from typing import Any, List, Mapping

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mmseg_nrd.checks import check_positive_int

# --resume takes the learning rate and its schedule from the checkpoint, whatever the config says.
_ADVICE = (
    'set optim_wrapper.clip_grad=dict(max_norm=10) or train in float32, and go on, with --resume '
    '--cfg-options load_from=PATH of tools/train.py, from a checkpoint from before the losses '
    'grew, for the last one may hold weights that are finite and too large; or start again without '
    '--resume, with a lower learning rate or a longer warm-up.')


def _files(data_batch: Any) -> List[str]:
    samples = data_batch.get('data_samples', []) if isinstance(data_batch, Mapping) else []
    return [str(sample.metainfo.get('img_path', 'an image without img_path'))
            for sample in samples]


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """End training with an error that names the batch when a loss is NaN or infinite.

    It runs before mmengine's ``CheckpointHook``, so with an interval of 1 no checkpoint is written
    with weights that such a loss has spoilt; with another one, let it divide the checkpoints'. A
    finite loss can have an infinite gradient, so at any interval it also looks at the parameters
    that are to be saved. Weights that are finite and far too large pass; the next loss tells.

    A look at a loss on a GPU waits until that GPU is done. mmengine's ``RuntimeInfoHook``, which
    is always there, waits for each loss of each iteration anyway, so this hook adds a few copies
    of one number; where that hook is gone, an interval above 1 saves the wait.

    Args:
        interval (int): Look at every so many iterations. Defaults to 1.

    Raises:
        ValueError: if ``interval`` is no positive integer.
        FloatingPointError: in training, with the iteration, the losses and the batch's files; or
            with the name of a parameter.

    Example:
        >>> custom_hooks = [dict(type='FiniteLossHook')]
    """

    def __init__(self, interval: int = 1):
        check_positive_int('interval', interval)
        self.interval = interval

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Look at the losses of an iteration."""
        if not outputs or not self.every_n_train_iters(runner, self.interval):
            return
        # As mmengine tells them from other figures. item(), because float() warns of their sum,
        # which has a gradient.
        losses = {name: torch.as_tensor(value).item() for name, value in outputs.items()
                  if 'loss' in name}
        if all(map(math.isfinite, losses.values())):
            return
        values = ', '.join(f'{name}={value:g}' for name, value in losses.items())
        files = ''.join(f'\n  {path}' for path in _files(data_batch))
        raise FloatingPointError(
            f'iteration {runner.iter + 1}, process {get_rank()}: {values}; a loss must be finite. '
            'Fix: look at the files below; if they are whole, an update before went too far: '
            f'{_ADVICE} The batch:{files}')

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Look at the parameters that are to be saved: one pass over them, on the CPU."""
        # Buffers may be infinite on purpose, as masks are.
        names = {name.removeprefix('module.') for name, _ in runner.model.named_parameters()}
        spoilt = [name for name, value in checkpoint['state_dict'].items()
                  if name in names and not value.isfinite().all()]
        if spoilt:
            raise FloatingPointError(
                f"iteration {checkpoint['meta']['iter']}: {len(spoilt)} of {len(names)} parameters "
                f'are not finite, such as {spoilt[0]}; they were not saved. Fix: an update went '
                f'too far: {_ADVICE}')
