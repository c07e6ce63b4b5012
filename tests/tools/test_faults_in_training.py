"""What the training tool says when a loss is no number."""
from __future__ import annotations

import re

import torch
from street_scene_configs import NRD


def test_a_loss_that_is_no_number_ends_training(tool, small, tmp_path):
    output = tool(
        'train', NRD, '--work-dir', tmp_path, '--cfg-options', *small, 'param_scheduler=None',
        'optim_wrapper.optimizer.lr=1e30', 'default_hooks.checkpoint.interval=1', status=1)
    assert 'Traceback' not in output
    end = output[output.index('error: iteration '):].splitlines()
    assert re.match(r'error: iteration 2, process 0: loss=nan, decode\.loss_ce=nan, aux\.loss_ce='
                    r'\S+; a loss must be finite\. Fix: .* The batch:$', end[0])
    assert len(end) == 3 and all(re.fullmatch(r'  \S+_leftImg8bit\.png', line) for line in end[1:])
    # The first update has made the weights too large; they are finite, so they are saved.
    assert 'the last one may hold weights that are finite and too large' in end[0]
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_1.pth']
    weights = torch.load(tmp_path / 'iter_1.pth', weights_only=False)['state_dict'].values()
    assert all(value.isfinite().all() for value in weights)
    assert max(value.abs().max() for value in weights) > 1e20


def test_weights_that_are_no_numbers_are_not_saved(call, small, tmp_path):
    said = call('train', NRD, '--work-dir', tmp_path, '--cfg-options', *small,
                'param_scheduler=None', 'optim_wrapper.optimizer.lr=3e38',
                'model.decode_head.loss_decode.loss_weight=1e6',
                'default_hooks.checkpoint.interval=1')
    assert re.match(r'error: iteration 1: \d+ of \d+ parameters are not finite, such as \S+; they '
                    r'were not saved\. Fix: ', said)
    assert not list(tmp_path.glob('*.pth')) and not list(tmp_path.glob('*.unfinished'))
