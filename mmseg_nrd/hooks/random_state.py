"""Let a training run that was stopped go on as if it had not been."""
from __future__ import annotations

import random
from typing import Any, Dict, Iterator, Optional

import mmengine
import numpy as np
import torch
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop
from mmengine.utils import digit_version


def random_state() -> Dict[str, Any]:
    """The state of the generators that training draws from: Python's, numpy's, torch's, and the
    device's where it has one.

    Returns:
        dict[str, object]: tensors and numbers only, so that ``weights_only`` loads it.
    """
    version, words, next_gauss = random.getstate()
    kind, keys, *rest = np.random.get_state()
    device = getattr(torch, get_device())
    return dict(
        python=dict(version=version, words=torch.tensor(words), next_gauss=next_gauss),
        numpy=dict(kind=kind, keys=torch.from_numpy(keys.astype(np.int64)), rest=rest),
        torch=torch.get_rng_state(),
        # torch.cpu has none of its own.
        device=device.get_rng_state() if hasattr(device, 'get_rng_state') else None)


def set_random_state(state: Dict[str, Any]) -> None:
    """Let all generators go on from a state.

    Args:
        state (dict): What :func:`random_state` returned. A device's is left out on another kind
            of device.
    """
    python, numbers = state['python'], state['numpy']
    random.setstate((python['version'], tuple(python['words'].tolist()), python['next_gauss']))
    np.random.set_state(
        (numbers['kind'], numbers['keys'].cpu().numpy().astype(np.uint32), *numbers['rest']))
    # What a checkpoint holds is loaded onto the device.
    torch.set_rng_state(state['torch'].cpu())
    device = getattr(torch, get_device())
    if state['device'] is not None and hasattr(device, 'set_rng_state'):
        device.set_rng_state(state['device'].cpu())


class _ResumedBatches:
    """Batches; once so many were taken, the random generators go on from ``state``."""

    def __init__(self, skipped: int, state: dict, batches: Iterator):
        self._skipped, self._state, self._batches = skipped, state, batches

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> object:
        if self._skipped:
            self._skipped -= 1
        elif self._state is not None:
            set_random_state(self._state)
            self._state = None
        return next(self._batches)

    def skip_iter(self, count: int) -> None:
        """Load batches and drop them, as upstream's loop does.

        The loop of onedl-mmengine calls this. Its own iterator would move the sampler alone, and
        leave the generators of the workers behind.
        """
        for _ in range(count):
            next(self)


@HOOKS.register_module()
class RandomStateHook(Hook):
    """Save the random state in each checkpoint, and restore it when training resumes.

    mmengine itself restores weights, optimiser, schedules and seed, and loads the batches that
    were seen once more to skip them, which brings the workers of the data loader to where they
    were (before 0.10.3 it does not skip; then this hook does). The generators of the process that
    trains (dropout; augmentation without workers) would start anew.

    Validation draws from them too, and a run that resumes from a checkpoint does not repeat the
    validation after it. So validation gets no say in what training draws.

    A resumed run is then the same to the bit, on the same machine with the same batch size, number
    of workers and processes. On an accelerator it also takes deterministic operators
    (``randomness.deterministic``). Loops that count epochs start their workers anew when resumed.
    Of several processes, the first one's state is restored in all; mmengine seeds them alike,
    unless ``randomness.diff_rank_seed`` is set.
    """

    priority = 'VERY_LOW'

    def __init__(self):
        self._loaded: Optional[dict] = None
        self._of_training: Optional[dict] = None

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Put the state into a checkpoint; during validation, that of training."""
        checkpoint['random_state'] = self._of_training or random_state()

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Keep the state that a checkpoint holds."""
        self._loaded = checkpoint.get('random_state')

    def before_train_epoch(self, runner) -> None:
        """Arrange for the state to be restored right before the first new batch is loaded."""
        state, self._loaded = self._loaded, None
        # Weights to start from bring a state along as well, of another run.
        if state is None or runner.iter == 0:
            return
        loop = runner.train_loop
        # In onedl-mmengine a loop may be told not to skip what was seen.
        skips = not getattr(loop, 'fast_forward_on_resume', False)
        if isinstance(loop, IterBasedTrainLoop) and skips:
            batches = _ResumedBatches(runner.iter, state, loop.dataloader_iterator)
            loop.dataloader_iterator = batches
            if digit_version(mmengine.__version__) < digit_version('0.10.3'):
                # That loop would train on the seen batches again.
                batches.skip_iter(runner.iter)
        else:
            set_random_state(state)

    def before_val(self, runner) -> None:
        """Set training's state aside."""
        self._of_training = random_state()

    def after_val(self, runner) -> None:
        """Go on from it."""
        state, self._of_training = self._of_training, None
        set_random_state(state)
