"""The weights of the saved figures, as tests/data/README.md tells to draw them."""
from __future__ import annotations

import numpy as np
import torch


def draw_weights(shapes) -> dict:
    """A tensor for each (key, shape), in their order."""
    weights = {}
    for number, (key, shape) in enumerate(shapes):
        r = np.random.default_rng(number).standard_normal(shape)
        if key.endswith('running_var'):
            r = 1 + 0.1 * abs(r)
        elif key.endswith('running_mean'):
            r = 0.1 * r
        elif r.ndim == 4:
            r = r * np.sqrt(2 / np.prod(r.shape[1:]))
        else:
            r = 1 + 0.1 * r if key.endswith('weight') else 0.1 * r
        weights[str(key)] = torch.from_numpy(r.astype(np.float32))
    return weights
