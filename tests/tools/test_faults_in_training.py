"""What the training tool says when a loss or a weight is no number."""
from __future__ import annotations

import torch
from street_scene_configs import NRD

DIVERGING = ('param_scheduler=None', 'default_hooks.checkpoint.interval=1')


def test_a_loss_that_is_no_number_ends_training(call, small, tmp_path):
    said = call('train', NRD, '--work-dir', tmp_path, '--cfg-options', *small, *DIVERGING,
                'optim_wrapper.optimizer.lr=1e30', status=1)
    end = said[said.index('error: iteration 2, process 0: loss=nan'):].splitlines()
    assert 'decode.loss_ce=nan' in end[0]
    # The images of the batch.
    assert len(end) == 3 and all(line.endswith('_leftImg8bit.png') for line in end[1:])
    # The first update has made the weights too large; they are finite, so they are saved.
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_1.pth']
    weights = torch.load(tmp_path / 'iter_1.pth', weights_only=False)['state_dict'].values()
    assert all(value.isfinite().all() for value in weights)
    assert max(value.abs().max() for value in weights) > 1e20


def test_weights_that_are_no_numbers_are_not_saved(call, small, tmp_path):
    said = call('train', NRD, '--work-dir', tmp_path, '--cfg-options', *small, *DIVERGING,
                'optim_wrapper.optimizer.lr=3e38',
                'model.decode_head.loss_decode.loss_weight=1e6', status=1)
    assert 'error: iteration 1: ' in said and 'parameters are not finite' in said
    assert not list(tmp_path.glob('*.pth')) and not list(tmp_path.glob('*.unfinished'))
