"""Refuse a checkpoint that would leave a model with random weights."""
from __future__ import annotations

from typing import Mapping, Optional

from mmengine.hooks import Hook
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner import find_latest_checkpoint
from torch import Tensor

from ..compat import CheckpointError, weights_of

_RULES = ('some', 'all', 'same')


class CheckpointFitHook(Hook):
    """End the run when a checkpoint does not fit the model; mmengine logs it and goes on.

    Args:
        rule (str): What must fit, by name and shape. ``'some'``: one parameter, as for weights to
            start from. ``'all'``: every one of the model, as for a test. ``'same'``: also every one
            of the checkpoint, as to resume.

    Raises:
        ValueError: if there is no such rule.
        CheckpointError: when a checkpoint is loaded, with its path.

    Example:
        >>> runner.register_hook(CheckpointFitHook('all'))
    """

    # Before hooks that take something out of the checkpoint.
    priority = 'VERY_HIGH'

    def __init__(self, rule: str):
        if rule not in _RULES:
            raise ValueError(f'rule={rule!r}: must be one of {_RULES}. Fix: rule={_RULES[0]!r}.')
        self.rule = rule

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Compare it with the model, before mmengine gives it to the model."""
        source = runner.cfg.get('load_from') or find_latest_checkpoint(runner.work_dir)
        weights = weights_of(source, checkpoint)
        model = runner.model
        while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
            model = model.module
        expected = model.state_dict()
        known = {name: value for name, value in weights.items() if name in expected}
        if self.rule != 'some':
            check_fit(source, weights if self.rule == 'same' else known, expected)
        elif not any(getattr(value, 'shape', None) == expected[name].shape
                     for name, value in known.items()):
            raise CheckpointError(
                f'{source}: nothing in it fits the model, which would start from random weights: '
                f'it has {_shown(weights)}, the model has {_shown(expected)}. Fix: choose the '
                'config that it was trained with; weights of a backbone alone belong into '
                "model.backbone.init_cfg=dict(type='Pretrained', checkpoint=...).")


def _shown(weights: dict) -> str:
    names = ', '.join(list(weights)[:2])
    return f'{names}, ...' if len(weights) > 2 else names or 'no parameters'


def check_fit(source: str, state_dict: Mapping[str, Tensor], expected: Mapping[str, Tensor],
              shown: Optional[int] = 10) -> None:
    """Refuse parameters that are not exactly those of a model.

    Args:
        source (str): Where they come from, for the message.
        state_dict (Mapping[str, Tensor]): The parameters.
        expected (Mapping[str, Tensor]): The model's own.
        shown (int, optional): List so many faults and count the others; None lists all. Defaults
            to 10.

    Raises:
        CheckpointError: if one is unknown, of another shape or missing.
    """
    # Files hold what they like under these names.
    shapes = {key: tuple(getattr(value, 'shape', ())) for key, value in state_dict.items()}
    faults = [f'  unknown: {key}' for key in shapes if key not in expected]
    faults += [f'  of shape {shapes[key]} instead of {tuple(value.shape)}: {key}'
               for key, value in expected.items()
               if key in shapes and shapes[key] != tuple(value.shape)]
    # A batch norm's counter is no parameter; old checkpoints lack it.
    faults += [f'  missing: {key}' for key in sorted(set(expected) - set(shapes))
               if not key.endswith('num_batches_tracked')]
    if not faults:
        return
    listed = faults[:shown]
    if len(faults) > len(listed):
        listed.append(f'  and {len(faults) - len(listed)} more')
    raise CheckpointError('\n'.join([
        f'{source}: {len(faults)} parameters do not fit the config.', *listed,
        'Fix: choose the config that the checkpoint was trained with.']))
