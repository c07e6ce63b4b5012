"""Building the head: its arguments, their errors, and the start at zero."""
from __future__ import annotations

import inspect

import pytest
import torch
from gum_cases import DESIGNS, GUIDED, INNER, build, levels, offset_convs, randomise
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import nn

from mmseg_nrd.models import GuidedUpsamplingHead


def test_defaults():
    defaults = {name: parameter.default for name, parameter in
                inspect.signature(GuidedUpsamplingHead.__init__).parameters.items()}
    assert defaults['guidance'] == 'fusion' and defaults['mode'] == 'bilinear'
    assert defaults['large_rf_index'] == -1 and defaults['high_res_index'] == 0
    assert defaults['high_res_channels'] == defaults['large_rf_bottleneck'] == 0
    assert defaults['scale_factor'] is inspect.Parameter.empty


@pytest.mark.parametrize('guidance, parts', list(zip(
    DESIGNS, [(), ('large_rf',), ('high_res',), ('large_rf', 'high_res')])), ids=str)
def test_a_design_has_its_own_parts_only(guidance, parts):
    names = {name.split('.')[0] for name, _ in build(guidance=guidance).named_parameters()}
    assert names == {'head', *parts}


@pytest.mark.parametrize('name', ['scale', 'guidence', 'large_rf_channel', 'in_channels'])
def test_a_misspelt_option_is_named(name):
    with pytest.raises(TypeError, match=rf"GuidedUpsamplingHead got unexpected options "
                                        rf"\['{name}'\].*Fix: check the spelling"):
        build(**{name: 4})


def test_options_of_a_stock_head_beside_it_are_sent_inside():
    message = r"\['channels', 'in_channels', 'num_classes'\].*into head=dict\(.*_delete_=True"
    with pytest.raises(TypeError, match=message):
        build(in_channels=8, channels=8, num_classes=19)


@pytest.mark.parametrize('name', ['head', 'scale_factor'])
def test_a_missing_option_is_named(name):
    config = dict(type='GuidedUpsamplingHead', head=INNER, scale_factor=8, guidance=None)
    del config[name]
    with pytest.raises(TypeError, match=name):
        MODELS.build(config)


@pytest.mark.parametrize('changes, message', [
    *((dict([pair]), rf'{pair[0]}={pair[1]!r}.*integer of at least 2.*Fix: set scale_factor')
      for pair in [('scale_factor', 1), ('scale_factor', 8.), ('scale_factor', '8'),
                   ('scale_factor', True), ('scale_factor', None)]),
    *((dict([pair]), rf'{pair[0]}={pair[1]!r}.*integer of at least 0.*Fix: set {pair[0]}')
      for pair in [('large_rf_in_channels', -1), ('high_res_in_channels', 5.),
                   ('large_rf_bottleneck', None), ('high_res_channels', '4')]),
    (dict(large_rf_channels=0), r'large_rf_channels=0.*at least 1.*Fix'),
    (dict(large_rf_channels=(4, 0)), r'large_rf_channels\[1\]=0.*at least 1.*Fix'),
    (dict(large_rf_channels=()), r'large_rf_channels=\(\).*1 to 3 widths.*scale_factor=8.*Fix'),
    (dict(large_rf_channels=[4] * 4), r'large_rf_channels=\(4, 4, 4, 4\).*1 to 3 widths.*Fix'),
    (dict(large_rf_channels=(4, 4), scale_factor=2), r'1 to 1 widths.*scale_factor=2.*Fix'),
    (dict(guidance='largerf'), r"guidance='largerf'.*'large_rf', 'high_res', 'fusion'.*Fix"),
    (dict(guidance=['fusion']), r"guidance=\['fusion'\].*must be one of.*Fix"),
    (dict(mode='bicubic'), r"mode='bicubic'.*'bilinear', 'nearest'.*Fix"),
    (dict(mode='nearest', guidance=None), r"mode='nearest' with guidance=None.*Fix: mode"),
    (dict(large_rf_in_channels=0), r"large_rf_in_channels=0 with guidance='fusion'.*Fix: set"),
    (dict(high_res_in_channels=0), r"high_res_in_channels=0 with guidance='fusion'.*Fix: set"),
    (dict(large_rf_in_channels=0, guidance='large_rf'), r'large_rf_in_channels=0.*Fix'),
    (dict(high_res_in_channels=0, guidance='high_res'), r'high_res_in_channels=0.*Fix'),
], ids=str)
def test_refuses_what_is_out_of_range(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_a_design_needs_the_channels_of_its_own_levels_only():
    build(guidance='large_rf', high_res_in_channels=0)
    build(guidance='high_res', large_rf_in_channels=0)
    build(guidance=None, high_res_in_channels=0, large_rf_in_channels=0)


def test_layers_are_those_of_the_wrapped_head_unless_given():
    def kinds(head):
        return {type(part) for module in (head.large_rf, head.high_res)
                for part in module.modules() if isinstance(part, (
                    nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.ReLU, nn.GELU))}

    wide = dict(high_res_channels=4)
    group = dict(type='GN', num_groups=2)
    assert kinds(build(norm_cfg=None, **wide)) == {nn.ReLU}
    inherited = build(dict(norm_cfg=group, act_cfg=dict(type='GELU')), norm_cfg=None, **wide)
    assert kinds(inherited) == {nn.GroupNorm, nn.GELU}
    assert kinds(build(dict(norm_cfg=group, act_cfg=None), norm_cfg=None, **wide)) == {
        nn.GroupNorm}
    given = build(dict(norm_cfg=dict(type='SyncBN')), norm_cfg=group, act_cfg=dict(type='GELU'),
                  **wide)
    assert kinds(given) == {nn.GroupNorm, nn.GELU}


@pytest.mark.parametrize('changes, width', [
    (dict(), 4), (dict(large_rf_channels=32, high_res_channels=16), 16),
    (dict(large_rf_channels=32, large_rf_bottleneck=8), 8)], ids=str)
def test_groups_that_do_not_divide_a_width_are_refused(changes, width):
    message = rf'num_groups=32: must divide the {width} channels of a guidance.*Fix: choose other'
    with pytest.raises(ValueError, match=message):
        build(norm_cfg=dict(type='GN', num_groups=32), **changes)


class Around(BaseModule):
    """A model around the head whose init_cfg reaches every convolution."""

    def __init__(self, head, init_cfg):
        super().__init__(init_cfg)
        self.head = head


EVERY_CONV = dict(type='Constant', layer='Conv2d', val=0.5, bias=0.5)


@pytest.mark.parametrize('where', ['nowhere', 'head', 'model'])
@pytest.mark.parametrize('guidance', GUIDED)
def test_offsets_are_zero_after_init_weights(guidance, where):
    head = build(guidance=guidance, init_cfg=EVERY_CONV if where == 'head' else None,
                 high_res_channels=4)
    Around(head, EVERY_CONV if where == 'model' else None).init_weights()
    parts = offset_convs(head)
    assert len(parts) == (2 if guidance == 'fusion' else 1)
    assert not any(parameter.any() for part in parts for parameter in part.parameters())
    # FCNHead's own init_cfg is applied after those around it.
    std = head.head.conv_seg.weight.std()
    assert 0 < std < 0.05


@pytest.mark.parametrize('where', ['head', 'model'])
def test_pretrained_offsets_are_kept(tmp_path, where):
    donor = randomise(build())
    states = dict(head=donor.state_dict(),
                  model={f'head.{name}': value for name, value in donor.state_dict().items()})
    torch.save(states[where], tmp_path / 'donor.pth')
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'donor.pth'))
    head = build(init_cfg=pretrained if where == 'head' else None)
    Around(head, pretrained if where == 'model' else None).init_weights()
    for name, value in donor.state_dict().items():
        assert torch.equal(head.state_dict()[name], value), name


def test_the_wrapped_head_starts_from_a_checkpoint_of_a_model_without_the_wrapper(tmp_path):
    donor = MODELS.build(INNER)
    state = {f'decode_head.{name}': value for name, value in donor.state_dict().items()}
    torch.save(dict(state_dict={**state, 'backbone.stem': torch.zeros(3)}), tmp_path / 'x.pth')
    head = build(dict(init_cfg=dict(
        type='Pretrained', checkpoint=str(tmp_path / 'x.pth'), prefix='decode_head.')))
    head.init_weights()
    for name, value in donor.state_dict().items():
        assert torch.equal(head.head.state_dict()[name], value), name


def test_state_dict_round_trip():
    donor, head = randomise(build()), build()
    head.load_state_dict(donor.state_dict(), strict=True)
    inputs = levels()
    torch.testing.assert_close(head.eval()(inputs), donor.eval()(inputs))


def test_the_config_is_left_as_it_was():
    config = dict(type='GuidedUpsamplingHead', head=dict(INNER), scale_factor=8, guidance=None)
    MODELS.build(config)
    assert config == dict(type='GuidedUpsamplingHead', head=INNER, scale_factor=8, guidance=None)


def test_says_its_options():
    assert 'scale_factor=8, mode=nearest' in repr(build(mode='nearest'))
