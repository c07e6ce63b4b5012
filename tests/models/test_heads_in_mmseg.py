"""The heads at work in MMSeg, where the contract does not ask: starts, dropout, whole models."""
from __future__ import annotations

import gum_cases
import nrd_cases
import pytest
import torch
from contract import HEADS, each, first_of_each_type
from gum_cases import DESIGNS
from host_cases import python
from nrd_cases import metas, samples

CROSS_ENTROPY = dict(type='CrossEntropyLoss')
FRESH = """
import mmseg_nrd
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS, TRANSFORMS
head = dict(type='NRDHead', in_channels=4, channels=4, num_classes=3, c1_in_channels=2)
backbone = dict(type='DRN', depth=22)
for config in (head, backbone, dict(type='MultiResolutionEncoder', backbone=backbone),
               dict(type='GuidedUpsamplingHead', head=head, scale_factor=2, guidance=None),
               dict(type='MultiResolutionFusion', in_channels=(128, 512))):
    MODELS.build(config)
TRANSFORMS.build(dict(type='RandomLighting'))
print(DefaultScope.get_current_instance())
"""


def test_components_build_in_a_fresh_interpreter_without_a_scope():
    done = python(FRESH)
    assert done.stdout.split()[-1:] == ['None'], done.stderr


@pytest.mark.parametrize('guidance', DESIGNS)
@pytest.mark.parametrize('changes', [
    dict(), dict(align_corners=True), dict(ignore_index=1),
    dict(sampler=dict(type='OHEMPixelSampler', thresh=0.7, min_kept=50)),
    dict(loss_decode=[dict(CROSS_ENTROPY, loss_name='loss_ce', loss_weight=0.3),
                      dict(type='DiceLoss', loss_name='loss_dice')]),
    dict(num_classes=2, out_channels=1, threshold=0.4,
         loss_decode=dict(CROSS_ENTROPY, use_sigmoid=True)),
], ids=str)
def test_at_first_losses_and_predictions_are_the_wrapped_head_s(changes, guidance):
    """With maps of the labels' size, where the wrapped head alone resizes once as well."""
    head = gum_cases.build(changes, guidance=guidance)
    for name in ('align_corners', 'num_classes', 'out_channels', 'threshold'):
        assert getattr(head, name) == getattr(head.head, name)
    inputs, size = gum_cases.levels((2, 3)), (16, 24)
    labels = samples(size, classes=head.num_classes)
    for label in labels:
        label.gt_sem_seg.data[label.gt_sem_seg.data == 255] = head.head.ignore_index
    got, expected = head.loss(inputs, labels, {}), head.head.loss(inputs, labels, {})
    assert got.keys() == expected.keys() and 'acc_seg' in got
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        head.eval()
        torch.testing.assert_close(head.predict(inputs, metas(size), {}),
                                   head.head.predict(inputs, metas(size), {}),
                                   rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_nrd_s_dropout_acts_in_training_and_before_the_controller_only():
    inputs, head = nrd_cases.levels(), nrd_cases.build(dropout_ratio=0.5).eval()
    assert torch.equal(head(inputs), head(inputs))
    seen = []
    head.controller[0].register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    head.dropout.train()
    head(inputs)
    context = head._forward_feature(inputs)
    kept = seen[0] != 0
    assert 0 < kept.float().mean() < 1
    torch.testing.assert_close(seen[0][kept], 2 * context[kept])
    assert nrd_cases.build().dropout is None


@each(first_of_each_type(HEADS))
def test_a_whole_model_learns(row):
    model = row.segmentor().train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    labels, image = samples((33, 65)), torch.randn(2, 3, 33, 65)
    for view, label in zip(image, labels):
        label.gt_sem_seg.data[0, 1:, :30], label.gt_sem_seg.data[0, 1:, 30:] = 0, 2
        view[:, 1:, 30:] += 2
    history = []
    for _ in range(12):
        loss = model.loss(image, labels)['decode.loss_ce']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    assert min(history[-3:]) < 0.9 * history[0]
