"""Every decode head of MMSegmentation: wrapped, or refused by name with the reason."""
from __future__ import annotations

import mmseg.models.decode_heads as stock
import pytest
import torch
import torch.nn.functional as F
from mmseg.models.decode_heads import FCNHead
from mmseg.registry import MODELS
from nrd_cases import metas, samples

WIDTHS, STRIDES = (4, 6, 8, 12), (4, 8, 16, 32)
ONE = dict(in_channels=12, in_index=3)
ALL = dict(in_channels=list(WIDTHS), in_index=[0, 1, 2, 3])
WRAPPED = {
    'ANNHead': dict(in_channels=[8, 12], in_index=[2, 3], project_channels=4,
                    key_pool_scales=(1, 2)),
    'APCHead': dict(ONE, pool_scales=(1, 2)),
    'ASPPHead': dict(ONE, dilations=(1, 2)),
    'DMHead': dict(ONE, filter_sizes=(1, 3)),
    'DNLHead': ONE,
    'DepthwiseSeparableASPPHead': dict(ONE, dilations=(1, 2), c1_in_channels=4, c1_channels=4),
    'DepthwiseSeparableFCNHead': ONE,
    'EMAHead': dict(ONE, ema_channels=8, num_bases=4, num_stages=2),
    'FCNHead': ONE,
    'FPNHead': dict(ALL, feature_strides=list(STRIDES)),
    'GCHead': ONE,
    'ISAHead': dict(ONE, isa_channels=4, down_factor=(2, 2)),
    'LRASPPHead': dict(in_channels=[4, 4, 6], in_index=[0, 0, 1], branch_channels=(4, 4),
                       input_transform='multiple_select'),
    'LightHamHead': dict(in_channels=[8, 12], in_index=[2, 3], ham_channels=8,
                         ham_kwargs=dict(MD_R=4, rand_init=False)),
    'NLHead': ONE,
    'NRDHead': dict(ONE, c1_in_channels=4),
    'PSPHead': dict(ONE, pool_scales=(1, 2)),
    'SETRMLAHead': dict(in_channels=[12, 12], in_index=[3, 3], mla_channels=4),
    'SETRUPHead': ONE,
    'STDCHead': dict(ONE, num_classes=2, out_channels=1, num_convs=1, loss_decode=[
        dict(type='CrossEntropyLoss', use_sigmoid=True, loss_name='loss_ce')]),
    'SegformerHead': ALL,
    'SegmenterMaskTransformerHead': dict(ONE, num_layers=1, num_heads=2, embed_dims=8),
    'UPerHead': dict(ALL, pool_scales=(1, 2)),
}
REFUSED = {
    'DAHead': 'several maps', 'DDRHead': 'several maps', 'IterativeDecodeHead': 'several maps',
    'PIDHead': 'several maps', 'DPTHead': 'class token', 'EncHead': 'logits of the whole image',
    'KernelUpdateHead': 'no BaseDecodeHead', 'Mask2FormerHead': 'classifies masks',
    'MaskFormerHead': 'classifies masks', 'SideAdapterCLIPHead': 'classifies masks',
    'OCRHead': 'cascade', 'PointHead': 'cascade', 'VPDDepthHead': 'depth',
}
# They need compiled ops, which not every machine of the tests has.
UNTRIED = {'CCHead', 'PSAHead'}


def inner(name, **changes):
    base = dict(type=name, channels=8, num_classes=3, norm_cfg=dict(type='BN'))
    if name == 'SegmenterMaskTransformerHead':
        base['norm_cfg'] = dict(type='LN')
    return {**base, **WRAPPED[name], **changes}


def wrap(head, scale_factor=2):
    return MODELS.build(dict(
        type='GuidedUpsamplingHead', head=head, scale_factor=scale_factor, guidance='large_rf',
        large_rf_in_channels=12, large_rf_channels=2))


def levels(size):
    return [torch.randn(2, width, size[0] // stride, size[1] // stride)
            for width, stride in zip(WIDTHS, STRIDES)]


def test_no_stock_head_is_forgotten():
    heads = {name for name in stock.__all__ if name.endswith('Head')} | {'NRDHead'}
    assert heads == set(WRAPPED) | set(REFUSED) | UNTRIED


@pytest.mark.parametrize('name', WRAPPED)
def test_is_wrapped(name):
    # LRASPP pools windows of 49 pixels.
    size = (416, 416) if name == 'LRASPPHead' else (64, 96)
    inputs, head = levels(size), wrap(inner(name))
    head.init_weights()
    losses = head.loss(inputs, samples(size, classes=head.num_classes), {})
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    assert not [name for name, parameter in head.named_parameters()
                if parameter.requires_grad and parameter.grad is None]
    with torch.no_grad():
        logits = head.eval().head(inputs)
        twice = [2 * side for side in logits.shape[2:]]
        torch.testing.assert_close(head(inputs), F.interpolate(logits, twice, mode='bilinear'))
        assert head.predict(inputs, metas(size), {}).shape == (2, head.out_channels, *size)


@pytest.mark.parametrize('name', REFUSED)
def test_is_refused(name):
    message = (rf'GuidedUpsamplingHead cannot wrap {name}: .*{REFUSED[name]}.*'
               'yields one map of logits.*Fix: choose such a head')
    with pytest.raises(ValueError, match=message):
        wrap(dict(type=name))


@pytest.mark.parametrize('base, members, message', [
    (stock.PIDHead, {}, 'several maps'),
    (FCNHead, dict(loss=lambda self: {}), r'it has a loss\(\) of its own'),
    (FCNHead, dict(predict=lambda self: {}), r'it has a predict\(\) of its own'),
], ids=['inherited', 'loss', 'predict'])
def test_refuses_classes_of_others_for_what_they_do(base, members, message):
    with pytest.raises(ValueError, match=f'cannot wrap TheirHead: .*{message}'):
        wrap(dict(type=type('TheirHead', (base,), members)))


def test_refuses_itself():
    inside = dict(type='GuidedUpsamplingHead', head=inner('FCNHead'), scale_factor=2)
    with pytest.raises(ValueError, match='cannot wrap GuidedUpsamplingHead: it is no BaseDecode'):
        wrap(inside)


class PairHead(FCNHead):
    def forward(self, inputs):
        return super().forward(inputs), None


def test_a_head_of_others_that_yields_more_than_a_map_is_named():
    head = wrap(inner('FCNHead', type=PairHead))
    with pytest.raises(TypeError, match='PairHead yielded a tuple: .*one map.*Fix: choose such'):
        head(levels((64, 96)))
