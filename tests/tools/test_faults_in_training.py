"""What the training tool says when a config is wrong or a loss is no number."""
from __future__ import annotations

import re

import pytest
import torch
from street_scene_configs import CONFIGS, NRD

GUN = CONFIGS / 'gun_drn-d-22_1xb4-600_street-scenes-128x256.py'

# config, option, what the last line says
FAULTS = [
    (NRD, 'model.decode_head.patchsize=8',
     r"model\.decode_head \(NRDHead\): TypeError: .*'patchsize'.*Fix: .*patchsize=8\.$"),
    (NRD, 'model.auxiliary_head.in_index=[3]',
     r'model\.auxiliary_head \(FCNHead\): AssertionError.*Fix: .*in_index=\[3\]\.$'),
    (NRD, 'model.decode_head.norm_cfg.type=BatchNorm',
     r"model\.decode_head \(NRDHead\): norm_cfg=.*'BatchNorm'.*must be .*registered.*Fix: "),
    (GUN, 'model.backbone.share_weights=no',
     r"model\.backbone \(Multi.*\): share_weights='no': must be True or False\. Fix: "),
    (GUN, 'model.neck.mode=product', r"model\.neck \(Multi.*\): mode='product'.*Fix: "),
    (GUN, 'optim_wrapper.optimizer.type=Adamm',
     r"optim_wrapper \(OptimWrapper\): .*Fix: .*'Adamm'"),
    (NRD, 'default_hooks.checkpoint.intervall=3',
     r'default_hooks\.checkpoint \(SafeCheckpointHook\): intervall=3: must be an option .*Fix: '),
    (NRD, 'val_evaluator.iou_metrics=[mIouu]',
     r"val_evaluator\.iou_metrics=\['mIouu'\]: must be a list of mIoU, .*Fix: "),
]


@pytest.mark.parametrize('config, option, message', [
    FAULTS[0], *(pytest.param(*fault, marks=pytest.mark.slow) for fault in FAULTS[1:])])
def test_a_faulty_config_ends_in_a_sentence(config, option, message, tool, small, tmp_path):
    options = small if config == NRD else small[:-2]
    output = tool('train', config, '--work-dir', tmp_path, '--cfg-options', *options, option,
                  status=1)
    assert re.search(f'^error: {message}', output.strip().splitlines()[-1])
    assert 'Traceback' not in output


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
