"""Let a decode head's upsampling be trained and tested on logits that are right."""
from __future__ import annotations

from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from torch import Tensor, nn

# Of a pixel; keeps the logarithm of a class that is not there finite.
_LEAST_SHARE = 0.01


def true_logits(labels: Tensor, num_classes: int, size: Sequence[int]) -> Tensor:
    """Logits of a small map that says what is in each of its pixels.

    Args:
        labels (Tensor): (B, H, W), int; what is not a class, such as 255, counts as none.
        num_classes (int): K.
        size (Sequence[int]): (h, w) of the map.

    Returns:
        Tensor: (B, K, h, w), float32, the logarithm of 0.01 plus each class's share of the
        pixels that a place of the map overlaps.
    """
    known = (labels >= 0) & (labels < num_classes)
    classes = F.one_hot(labels.where(known, 0).long(), num_classes).permute(0, 3, 1, 2)
    shares = F.adaptive_avg_pool2d((classes * known[:, None]).float(), tuple(size))
    return (shares + _LEAST_SHARE).log()


@HOOKS.register_module()
class TrueLogitsHook(Hook):
    """Replace the logits of the head inside a ``GuidedUpsamplingHead`` by those of the truth.

    For an experiment: whatever such a model still gets wrong, its upsampling gets wrong, and
    nothing but guidance is left to learn. Not a part of any network. Both the training and the
    test pipeline must load annotations.

    Raises:
        ValueError: when the run begins, if the decode head wraps no other.
    """

    def __init__(self):
        self._handles = []

    def before_run(self, runner) -> None:
        """Watch the model's samples, and answer for the wrapped head."""
        # Training and testing with one runner are two runs.
        for handle in self._handles:
            handle.remove()
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        head = getattr(model.decode_head, 'head', None)
        if not isinstance(head, nn.Module):
            raise ValueError(
                f'TrueLogitsHook with a {type(model.decode_head).__name__}: the decode head must '
                'wrap another one. Fix: use it with GuidedUpsamplingHead only.')
        labels = []

        def see(module: nn.Module, args: tuple, kwargs: dict) -> None:
            samples: Optional[list] = kwargs.get('data_samples', args[1] if args[1:] else None)
            if not samples or any('gt_sem_seg' not in sample for sample in samples):
                raise ValueError(
                    'TrueLogitsHook got images without gt_sem_seg: it needs the truth of each. '
                    'Fix: put LoadAnnotations into the pipeline.')
            labels[:] = [torch.stack([sample.gt_sem_seg.data[0] for sample in samples])]

        def answer(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
            truth = true_logits(labels[0].to(output.device), output.shape[1], output.shape[2:])
            # Zero times the head's own, so that a model without guidance can be trained as well.
            return truth.to(output.dtype) + 0 * output

        self._handles = [model.register_forward_pre_hook(see, with_kwargs=True),
                         head.register_forward_hook(answer)]
