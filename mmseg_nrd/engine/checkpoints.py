"""Checkpoints read whole or not at all, where mmengine would log what does not fit."""
from __future__ import annotations

from typing import Dict, List, Mapping, Tuple

from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor


def read_checkpoint(source: str) -> dict:
    """A checkpoint, on the CPU.

    Args:
        source (str): Path or URL.

    Returns:
        dict: what the file holds: parameters, or a dict that has them under 'state_dict'.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no checkpoint.
    """
    try:
        checkpoint = CheckpointLoader.load_checkpoint(source, map_location='cpu', logger='silent')
    # torchvision:// and the like look names up; what cannot be read, our mended loader explains.
    except KeyError as error:
        raise ValueError(
            f'{source}: no model of that name is known to this mmengine. Fix: pass the path or '
            'URL of a checkpoint.') from error
    if not isinstance(checkpoint, dict):
        raise ValueError(
            f'{source}: holds a {type(checkpoint).__name__}; must hold a dict, of parameters or '
            "with them under 'state_dict'. Fix: save model.state_dict().")
    return checkpoint


def misfits(state_dict: Mapping[str, Tensor],
            expected: Mapping[str, Tuple[int, ...]]) -> List[str]:
    """A line for each parameter that is unknown, of another shape or missing.

    Args:
        state_dict (Mapping): Parameters by name.
        expected (Mapping): The shapes that the model's have.

    Returns:
        list[str]: empty if all fit.
    """
    shapes: Dict[str, Tuple[int, ...]] = {
        key: tuple(value.shape) for key, value in state_dict.items()}
    faults = [f'  unknown: {key}' for key in shapes if key not in expected]
    faults += [f'  of shape {shapes[key]} instead of {shape}: {key}'
               for key, shape in expected.items() if shapes.get(key, shape) != shape]
    # A batch norm's counter is no parameter; old checkpoints lack it.
    return faults + [f'  missing: {key}' for key in sorted(set(expected) - set(shapes))
                     if not key.endswith('num_batches_tracked')]
