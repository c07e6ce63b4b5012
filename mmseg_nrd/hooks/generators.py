"""The state of all random generators that training draws from, as a checkpoint can hold it."""
from __future__ import annotations

import random
from typing import Any, Dict

import numpy as np
import torch
from mmengine.device import get_device


def random_state() -> Dict[str, Any]:
    """The state of Python's, numpy's, torch's and, where there is one, the device's generator.

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
