from __future__ import annotations

import pytest
import reference
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mmseg_nrd.ops import dynamic_mlp, num_dynamic_params

DEPTHS = [(3, 2), (3, 4, 2), (4, 3, 5, 1), (2, 3, 1, 4, 3)]


def example(channels, patch_size, height, width, batch=2, dtype=torch.float64, device='cpu'):
    generator = torch.Generator().manual_seed(height * 31 + width)
    shapes = ((batch, num_dynamic_params(channels), height, width),
              (batch, channels[0], height * patch_size, width * patch_size))
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(device, dtype)
            for shape in shapes]


@pytest.mark.parametrize('channels', DEPTHS, ids=str)
@pytest.mark.parametrize('patch_size, height, width', [(1, 1, 3), (3, 2, 1), (2, 1, 1)])
def test_values_and_gradients_equal_the_loop(channels, patch_size, height, width, device):
    tensors = example(channels, patch_size, height, width)
    weight = torch.randn(2, channels[-1], height * patch_size, width * patch_size,
                         dtype=torch.float64)

    def run(function, where):
        leaves = [tensor.to(where).requires_grad_() for tensor in tensors]
        out = function(*leaves, channels, patch_size)
        gradients = torch.autograd.grad((out * weight.to(where)).sum(), leaves)
        return [tensor.cpu() for tensor in (out, *gradients)]

    for got, expected in zip(run(dynamic_mlp, device), run(reference.dynamic_mlp, 'cpu')):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize('channels', DEPTHS, ids=str)
def test_gradcheck(channels, device):
    params, inputs = (tensor.requires_grad_()
                      for tensor in example(channels, 2, 1, 2, batch=1, device=device))
    assert torch.autograd.gradcheck(
        lambda *pair: dynamic_mlp(*pair, channels, 2), (params, inputs))


def test_one_layer_has_no_relu():
    params = torch.tensor([-1., -2.]).reshape(1, 2, 1, 1)
    assert dynamic_mlp(params, torch.ones(1, 1, 1, 1), (1, 1), 1).item() == -3


def test_a_patch_depends_on_its_own_place_only(device):
    channels = (4, 3, 2)
    params, inputs = example(channels, 3, 2, 3, batch=1, device=device)
    before = dynamic_mlp(params, inputs, channels, 3)
    params[:, :, 1, 2] += 1
    changed = (dynamic_mlp(params, inputs, channels, 3) != before).any(dim=1)[0]
    assert changed[3:6, 6:9].all()
    changed[3:6, 6:9] = False
    assert not changed.any()


class LargestTensor(TorchDispatchMode):
    """Remembers how many numbers the largest tensor has that any operation handed out."""
    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, (list, tuple)) else [out]:
            if isinstance(tensor, torch.Tensor):
                self.numel = max(self.numel, tensor.numel())
        return out


def test_parameters_are_never_repeated_for_the_pixels(device):
    channels, p, batch, height, width = (18, 16, 16, 150), 8, 1, 2, 3
    params, inputs = example(channels, p, height, width, batch, torch.float32, device)
    per_pixel = params.numel() * p * p
    params.requires_grad_()
    with LargestTensor() as largest:
        dynamic_mlp(params, inputs, channels, p).sum().backward()
    assert 0 < largest.numel < per_pixel / 4


@pytest.mark.parametrize('changes, message', [
    (dict(patch_size=0), r'patch_size=0.*at least 1.*Fix: set patch_size'),
    (dict(channels=(3,)), r'channels=\(3,\).*at least an input and an output.*Fix: pass'),
    (dict(params=(2, 25, 2, 3)), r'\(2, 25, 2, 3\).*\(B, 26, H, W\).*Fix: predict num_dynamic'),
    (dict(params=(2, 26, 2)), r'\(2, 26, 2\).*\(B, 26, H, W\).*Fix'),
    (dict(inputs=(2, 3, 4, 5)), r'\(2, 3, 4, 5\).*\(2, 3, 4, 6\).*2 x 3 places.*Fix: pad'),
    (dict(inputs=(2, 3, 6, 4)), r'\(2, 3, 6, 4\).*\(2, 3, 4, 6\).*Fix'),
    (dict(inputs=(1, 3, 4, 6)), r'\(1, 3, 4, 6\).*\(2, 3, 4, 6\).*Fix'),
    (dict(inputs=(2, 4, 4, 6)), r'\(2, 4, 4, 6\).*\(2, 3, 4, 6\).*Fix'),
    (dict(inputs=(3, 4, 6)), r'\(3, 4, 6\).*\(2, 3, 4, 6\).*Fix'),
], ids=str)
def test_refuses_what_does_not_fit(changes, message):
    arguments = dict(params=(2, 26, 2, 3), inputs=(2, 3, 4, 6), channels=(3, 4, 2), patch_size=2)
    arguments.update(changes)
    for name in ('params', 'inputs'):
        arguments[name] = torch.zeros(arguments[name])
    with pytest.raises(ValueError, match=message):
        dynamic_mlp(**arguments)
