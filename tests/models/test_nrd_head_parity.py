"""Against figures saved from the authors' code (see tests/data/README.md)."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from nrd_cases import build

from mmseg_nrd.models.decode_heads.nrd_weights import convert_nrd_state_dict

DATA = Path(__file__).parents[1] / 'data'
CASES = {
    'nrd_head_c5.npz': dict(num_classes=5, in_channels=24, channels=16, c1_in_channels=8),
    'nrd_head_c3_reduced.npz': dict(
        num_classes=3, in_channels=16, channels=12, c1_in_channels=6, c1_channels=4,
        controller_reduction=2),
}


@pytest.mark.parametrize('file', CASES)
def test_logits_and_gradients(file, device):
    with np.load(DATA / file) as archive:
        saved = {key: torch.from_numpy(archive[key]).to(device) for key in archive.files}
    head = build(**CASES[file]).to(device).eval()
    names = [key for key in saved if key.startswith('param:')]
    given = convert_nrd_state_dict({key[len('param:'):]: saved[key] for key in names})
    missing, unexpected = head.load_state_dict(given, strict=False)
    assert not unexpected
    assert all(name.endswith('num_batches_tracked') for name in missing)

    low, encoder = (saved[name].requires_grad_() for name in ('low_level', 'encoder'))
    logits = head([low, None, None, encoder])
    (logits * saved['cotangent']).sum().backward()
    got = {'logits': logits.detach(), 'grad:low_level': low.grad, 'grad:encoder': encoder.grad,
           'grad:controller_weight': head.controller[1].weight.grad}
    for name, tensor in got.items():
        error = (tensor - saved[name]).abs().max() / saved[name].abs().max()
        assert tensor.shape == saved[name].shape and error < 1e-4, f'{name}: {error:.1e}'
