"""Gradients of two processes equal those of one on the joined batch."""
from __future__ import annotations

import pytest
import torch
from nrd_cases import build, levels, samples
from torch.nn.parallel import DistributedDataParallel

import mmseg_nrd  # noqa: F401  (each process starts afresh)

NORMS = {'group': dict(type='GN', num_groups=2), 'frozen': dict(type='BN', requires_grad=True)}


def head_and_batch(norm: str):
    """The same head, four images and labels in every process."""
    torch.manual_seed(0)
    head = build(norm_cfg=NORMS[norm], theta_init='paper')
    if norm == 'frozen':
        head.eval()
    inputs, labels = levels(batch=4), samples((64, 96), batch=4)
    return head, inputs, labels


class Loss(torch.nn.Module):
    """DDP counts gradients of ``forward``, so the loss has to be it."""

    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, inputs, labels):
        return self.head.loss(inputs, labels, {})['loss_ce']


def gradients_of_two(rank: int, norm: str, folder: str) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    head, inputs, labels = head_and_batch(norm)
    half = slice(2 * rank, 2 * rank + 2)
    wrapped = DistributedDataParallel(Loss(head), find_unused_parameters=False)
    wrapped([level[half] for level in inputs], labels[half]).backward()
    if rank == 0:
        torch.save([parameter.grad for parameter in head.parameters()], f'{folder}/grads.pth')
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize('norm', NORMS)
def test_gradients_equal_those_of_the_joined_batch(norm, tmp_path):
    torch.multiprocessing.spawn(gradients_of_two, (norm, str(tmp_path)), nprocs=2)
    head, inputs, labels = head_and_batch(norm)
    Loss(head)(inputs, labels).backward()
    joined = [parameter.grad for parameter in head.parameters()]
    for got, expected in zip(torch.load(tmp_path / 'grads.pth'), joined):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6)
