"""Checkpoints read whole or not at all, where mmengine would log what does not fit."""
from __future__ import annotations

from typing import Mapping, Optional

from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor

from ..compat import CheckpointError, check_weights


def read_checkpoint(source: str) -> dict:
    """A checkpoint, on the CPU.

    Args:
        source (str): Path or URL.

    Returns:
        dict: what the file holds: parameters, or a dict that has them under 'state_dict'.

    Raises:
        CheckpointError: if there is no such file, or it is no checkpoint.
    """
    checkpoint = CheckpointLoader.load_checkpoint(source, map_location='cpu', logger='silent')
    check_weights(source, checkpoint)
    return checkpoint


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
    prefixed = any(key.startswith('module.') for key in shapes)
    raise CheckpointError('\n'.join([
        f'{source}: {len(faults)} parameters do not fit the config.', *listed,
        'Fix: choose the config that the checkpoint was trained with'
        + (", and take 'module.' off the names." if prefixed else '.')]))
