"""What comes out: sizes, the three designs against plain layers, sampling modes, dtypes."""
from __future__ import annotations

import pytest
import reference
import torch
import torch.nn.functional as F
from gum_cases import DESIGNS, GUIDED, build, levels, randomise
from mmcv.cnn import ConvModule

# logits, high-resolution level: fitting, rounded by the encoder, one pixel
SIZES = [((2, 3), (16, 24)), ((2, 3), (9, 17)), ((3, 2), (17, 23)), ((1, 1), (1, 1)),
         ((1, 1), (15, 8)), ((1, 4), (3, 39)), ((2, 3), (31, 9)), ((4, 2), (17, 30))]


@torch.no_grad()
@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('guidance', DESIGNS)
@pytest.mark.parametrize('size, high_res', SIZES)
def test_starts_as_plain_upsampling(size, high_res, guidance, align_corners, device):
    head = build(dict(align_corners=align_corners), guidance=guidance).to(device)
    inputs = levels(size, high_res, device=device)
    expected = F.interpolate(
        head.head(inputs), high_res, mode='bilinear', align_corners=align_corners)
    for mode in (True, False):
        torch.testing.assert_close(head.train(mode)(inputs), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize('guidance', [None, 'large_rf'])
@pytest.mark.parametrize('scale_factor', [2, 3, 4, 6, 8])
@pytest.mark.parametrize('size', [(2, 3), (1, 1), (5, 1)])
def test_without_a_high_resolution_level_the_factor_gives_the_size(size, scale_factor, guidance):
    head = build(guidance=guidance, scale_factor=scale_factor, high_res_in_channels=0).eval()
    inputs = levels(size)[1:]
    expected = tuple(side * scale_factor for side in size)
    assert head(inputs).shape == (2, 3, *expected)
    if guidance:
        assert len(head.large_rf.steps) == {2: 1, 3: 2, 4: 2, 6: 3, 8: 3}[scale_factor]


def plain_layer(module: ConvModule, x):
    x = F.conv2d(x, module.conv.weight, module.conv.bias, padding=module.conv.padding)
    return F.relu(reference.batch_norm(x, module.bn.state_dict()))


def plain_large_rf(module, x, sizes, align_corners=False):
    """Offsets by plain functions, each step resized to a size that the test works out."""
    def resize(x, size):
        return F.interpolate(x, size, mode='bilinear', align_corners=align_corners)

    if module.bottleneck is not None:
        x = plain_layer(module.bottleneck, x)
    for size, step in zip(sizes, module.steps):
        x = plain_layer(step, resize(x, size))
    return resize(F.conv2d(x, module.offsets.weight, module.offsets.bias), sizes[-1])


@torch.no_grad()
@pytest.mark.parametrize('bottleneck, align_corners', [(0, False), (3, True)])
@pytest.mark.parametrize('guidance', GUIDED)
@pytest.mark.parametrize('size, high_res, sizes', [
    ((2, 3), (16, 24), [(4, 6), (8, 12), (16, 24)]),
    ((2, 3), (9, 17), [(3, 5), (5, 9), (9, 17)]),
    ((1, 1), (1, 1), [(1, 1)] * 3)])
def test_the_designs_against_plain_layers(size, high_res, sizes, guidance, bottleneck,
                                          align_corners):
    head = randomise(build(dict(align_corners=align_corners), guidance=guidance,
                           large_rf_bottleneck=bottleneck, high_res_channels=bottleneck)).eval()
    inputs = levels(size, high_res)
    offsets = torch.zeros(2, 2, *high_res)
    if guidance != 'high_res':
        offsets += plain_large_rf(head.large_rf, inputs[1], sizes, align_corners)
    if guidance != 'large_rf':
        x = inputs[0]
        if bottleneck:
            x = plain_layer(head.high_res[0], x)
        offsets += F.conv2d(x, head.high_res[-1].weight, head.high_res[-1].bias)
    assert offsets.abs().max() > 0.2
    expected = reference.guided_upsample(
        head.head(inputs), offsets, align_corners=align_corners)
    torch.testing.assert_close(head(inputs), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize('bottleneck, align_corners', [(0, False), (3, True)])
@pytest.mark.parametrize('size, high_res', [
    ((2, 3), (9, 17)), ((1, 1), (1, 1)), ((4, 2), (17, 30))])
def test_a_merge_of_both_levels_against_plain_layers(size, high_res, bottleneck, align_corners):
    head = randomise(build(dict(align_corners=align_corners), fusion_channels=4,
                           large_rf_bottleneck=bottleneck)).eval()
    inputs, guidance = levels(size, high_res), head.merged
    deep = plain_layer(guidance.bottleneck, inputs[1]) if bottleneck else inputs[1]
    deep = F.interpolate(deep, high_res, mode='bilinear', align_corners=align_corners)
    both = plain_layer(guidance.merge, torch.cat([deep, inputs[0]], dim=1))
    offsets = F.conv2d(both, guidance.offsets.weight, guidance.offsets.bias)
    assert offsets.abs().max() > 0.2
    expected = reference.guided_upsample(
        head.head(inputs), offsets, align_corners=align_corners)
    torch.testing.assert_close(head(inputs), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_two_classes_in_one_channel_have_one_map_of_offsets():
    inner, inputs = dict(num_classes=2, out_channels=1, threshold=0.3), levels()
    of_each_class, of_all = build(inner, offsets_per_class=True).eval(), build(inner).eval()
    of_all.load_state_dict(randomise(of_each_class).state_dict())
    torch.testing.assert_close(of_each_class(inputs), of_all(inputs))


@torch.no_grad()
@pytest.mark.parametrize('channels, sizes', [
    ((4,), [(3, 5), (9, 17)]), ([4, 2], [(3, 5), (5, 9), (9, 17)])], ids=str)
def test_fewer_steps_predict_on_a_coarser_map(channels, sizes):
    head = randomise(build(guidance='large_rf', large_rf_channels=channels)).eval()
    inputs = levels((2, 3), (9, 17))
    got = [step.conv.out_channels for step in head.large_rf.steps]
    assert got == list(channels)
    offsets = plain_large_rf(head.large_rf, inputs[1], sizes)
    torch.testing.assert_close(
        head(inputs), reference.guided_upsample(head.head(inputs), offsets), rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize('guidance', GUIDED)
def test_nearest_is_for_inference_only(guidance):
    head, inputs = randomise(build(guidance=guidance, mode='nearest', norm_cfg=dict(
        type='GN', num_groups=1))), levels((2, 3), (13, 20))
    bilinear = build(guidance=guidance, norm_cfg=dict(type='GN', num_groups=1))
    bilinear.load_state_dict(head.state_dict())
    torch.testing.assert_close(head.train()(inputs), bilinear.train()(inputs))
    values = head.eval()(inputs)
    assert not torch.allclose(values, bilinear.eval()(inputs))
    for image, logits in zip(values.flatten(2), head.head(inputs).flatten(2)):
        assert torch.isin(image[0], logits[0]).all()


@torch.no_grad()
def test_any_level_feeds_the_guidance():
    inputs = levels()
    expected = randomise(build()).eval()
    moved = build(dict(in_index=0), large_rf_index=-3, high_res_index=2).eval()
    moved.load_state_dict(expected.state_dict())
    torch.testing.assert_close(moved([inputs[1], torch.zeros(2, 1, 1, 1), inputs[0]]),
                               expected(inputs))


@pytest.mark.parametrize('guidance', DESIGNS)
@pytest.mark.parametrize('high_res', [(48, 48), (16, 48), (32, 64), (32, 32), (64, 96), (16, 24)])
def test_refuses_a_level_that_does_not_fit_the_factor(high_res, guidance):
    with pytest.raises(ValueError, match='high_res_index.*scale_factor=8.*Fix: set scale_factor'):
        build(guidance=guidance)(levels((4, 6), high_res))
