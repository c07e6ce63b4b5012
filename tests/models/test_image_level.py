"""A level of the image before those of a backbone, which stays as it is."""
from __future__ import annotations

import pytest
import torch
from contract_checks import assert_near, randomise, total
from mmengine.config import ConfigDict
from mmseg.registry import MODELS

BN = dict(type='BN')
VIT = dict(type='VisionTransformer', img_size=(32, 32), patch_size=8, embed_dims=8, num_layers=2,
           num_heads=2)
PAIRS = dict(VIT, out_indices=(0, 1), output_cls_token=True)
TENSOR = dict(type=torch.nn.Conv2d, in_channels=4, out_channels=8, kernel_size=1)
RESNET = dict(type='ResNet', depth=18, base_channels=4, stem_channels=8, frozen_stages=1,
              norm_eval=True)
NRD = dict(type='NRDHead', in_channels=8, in_index=1, channels=4, num_classes=3, c1_in_channels=5,
           c1_channels=4, patch_size=7, norm_cfg=BN)


def build(backbone=VIT, **options):
    return MODELS.build(dict(type='ImageLevel', backbone=backbone, channels=5, **options))


@torch.no_grad()
@pytest.mark.parametrize('stride', [1, 2, 4, 8])
@pytest.mark.parametrize('size', [(1, 1), (33, 65)])
@pytest.mark.parametrize('backbone', [dict(VIT, in_channels=4), dict(PAIRS, in_channels=4), TENSOR])
def test_a_level_at_the_stride_then_the_maps_of_the_backbone(backbone, size, stride):
    encoder, alone = randomise(build(backbone, stride=stride)).eval(), MODELS.build(backbone)
    alone.load_state_dict(encoder.backbone.state_dict())
    alone.eval()
    images = torch.randn(2, 4, *size)
    first, *others = encoder(images)
    assert first.shape == (2, 5, *(-(-side // stride) for side in size))
    assert len(encoder.image) == (3 if stride == 8 else 2)
    expected = alone(images)
    expected = [expected] if isinstance(expected, torch.Tensor) else [
        level if isinstance(level, torch.Tensor) else level[0] for level in expected]
    assert_near(others, expected)


@torch.no_grad()
def test_a_neck_sees_the_levels_of_the_backbone_alone():
    neck = dict(type='MLANeck', in_channels=[8, 8], out_channels=4)
    encoder = build(dict(VIT, out_indices=(0, 1)), neck=neck).eval()
    images = torch.randn(1, 3, 33, 65)
    expected = encoder.neck(encoder.backbone(images))
    assert_near(list(encoder(images)[1:]), list(expected))
    assert len(expected) == 2 and expected[0].shape[1] == 4


@pytest.mark.parametrize('size', [(1, 1), (65, 97)])
def test_patches_of_14_pixels_carry_nrd_at_stride_2(size):
    encoder, head = build(dict(VIT, patch_size=14, img_size=28), stride=2), MODELS.build(NRD)
    logits = head.eval()(encoder.eval()(torch.randn(2, 3, *size)))
    assert logits.shape == (2, 3, *(-(-side // 2) for side in size))
    total(logits).backward()
    assert encoder.image[0].conv.weight.grad.any()


class TwoSides(torch.nn.Module):
    """As timm says it."""
    patch_size = (14, 8)


@pytest.mark.parametrize('backbone', [dict(VIT, patch_size=14), dict(type=TwoSides)])
def test_a_stride_that_does_not_divide_the_patch_is_refused(backbone):
    with pytest.raises(ValueError, match='stride=4: .*Fix: stride=2, and patch_size=7 '):
        build(backbone)


def test_guided_upsampling_reads_it():
    encoder, head = build(), randomise(MODELS.build(dict(
        type='GuidedUpsamplingHead', guidance='high_res', high_res_index=0, scale_factor=2,
        high_res_in_channels=5, head=dict(
            type='FCNHead', in_channels=8, in_index=1, channels=4, num_convs=1, num_classes=3,
            norm_cfg=BN))))
    logits = head.eval()(encoder.eval()(torch.randn(2, 3, 33, 65)))
    assert logits.shape == (2, 3, 9, 17)
    total(logits).backward()
    assert encoder.image[0].conv.weight.grad.any()


@pytest.mark.parametrize('outer', [True, False], ids=['model.pretrained', 'init_cfg'])
def test_weights_of_the_plain_backbone_load(outer, tmp_path):
    donor, file = randomise(MODELS.build(VIT)).state_dict(), str(tmp_path / 'donor.pth')
    torch.save(donor, file)
    inner = VIT if outer else dict(VIT, init_cfg=dict(type='Pretrained', checkpoint=file))
    model = MODELS.build(ConfigDict(
        type='EncoderDecoder', pretrained=file if outer else None, decode_head=NRD,
        backbone=dict(type='ImageLevel', backbone=inner)))
    model.init_weights()
    loaded = model.backbone.backbone.state_dict()
    assert loaded.keys() == donor.keys()
    assert all(torch.equal(value, donor[name]) for name, value in loaded.items())


def test_weights_are_named_once():
    assert build(dict(VIT, pretrained=None), pretrained='one.pth').backbone.init_cfg[
        'checkpoint'] == 'one.pth'
    with pytest.raises(ValueError, match='must be set once'):
        build(dict(VIT, pretrained='one.pth'), pretrained='another.pth')


@pytest.mark.parametrize('backbone, frozen, moving', [
    (VIT, True, set()), (RESNET, True, set()), (dict(VIT, frozen_exclude=['layers']), False, {
        'layers'}), (RESNET, False, {'layer2', 'layer3', 'layer4'})])
def test_what_is_frozen_stays_so_in_training(backbone, frozen, moving):
    encoder = build(backbone, frozen=frozen)
    for mode in (False, True):
        assert encoder.train(mode) is encoder
    total(encoder(torch.randn(2, 3, 64, 64))).backward()
    got = {name.split('.')[0] for name, parameter in encoder.backbone.named_parameters()
           if parameter.grad is not None and parameter.grad.any()}
    assert got == moving
    assert all(parameter.grad.any() for parameter in encoder.image.parameters())
    norms = [module.training for module in encoder.backbone.modules()
             if isinstance(module, torch.nn.BatchNorm2d)]
    assert not any(norms) and encoder.image[0].bn.training
    assert encoder.backbone.training is not frozen
