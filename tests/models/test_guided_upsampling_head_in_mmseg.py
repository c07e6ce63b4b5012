"""The head at work in MMSeg: losses and predictions as the wrapped head's, whole models."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from gum_cases import DESIGNS, GUIDED, INNER, SMALL, build, levels, randomise
from mmengine.config import Config
from mmseg.registry import MODELS
from nrd_cases import metas, samples

ROOT = Path(__file__).parents[2]
CROSS_ENTROPY = dict(type='CrossEntropyLoss')


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
    head = build(changes, guidance=guidance)
    inputs, size = levels((2, 3)), (16, 24)
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
@pytest.mark.parametrize('align_corners', [False, True])
def test_predict_resizes_the_upsampled_logits_to_the_image(align_corners):
    head, inputs = randomise(build(dict(align_corners=align_corners))).eval(), levels()
    expected = F.interpolate(head(inputs), (33, 50), mode='bilinear', align_corners=align_corners)
    torch.testing.assert_close(head.predict(inputs, metas((33, 50)), {}), expected)
    assert not torch.allclose(expected, head.head.predict(inputs, metas((33, 50)), {}))


@pytest.mark.parametrize('name, value', [
    ('align_corners', True), ('num_classes', 2), ('out_channels', 1), ('threshold', 0.4)])
def test_what_mmseg_reads_is_the_wrapped_head_s(name, value):
    head = build(dict(num_classes=2, out_channels=1, threshold=0.4, align_corners=True))
    assert getattr(head, name) == value == getattr(head.head, name)


@pytest.mark.parametrize('guidance, mode', [
    (None, 'bilinear'), *((guidance, mode) for guidance in GUIDED
                          for mode in ('bilinear', 'nearest'))])
def test_every_parameter_gets_a_gradient(guidance, mode):
    head = randomise(build(guidance=guidance, mode=mode, large_rf_bottleneck=4,
                           high_res_channels=4)).train()
    head.loss(levels((2, 3)), samples((64, 96)), {})['loss_ce'].backward()
    assert not [name for name, p in head.named_parameters() if p.grad is None or not p.grad.any()]


def test_nothing_stays_on_the_head_between_calls():
    head = build()
    before = {name: id(value) for name, value in vars(head).items()}
    head.loss(levels((2, 3), (9, 20)), samples((33, 80)), {})
    with torch.no_grad():
        head.eval().predict(levels((1, 1), batch=1), metas((32, 32), 1), {})
    head.train()
    assert {name: id(value) for name, value in vars(head).items()} == before


def model_config(guidance='fusion', test_cfg=None, head=None, **changes):
    """A whole tiny segmentor: stem map at 1/2, logits at 1/16 from c3, an auxiliary head."""
    backbone = dict(type='StemResNetV1c', depth=18, norm_cfg=dict(type='BN'), base_channels=4,
                    stem_channels=5, num_stages=3, strides=(1, 2, 2), dilations=(1, 1, 1),
                    out_indices=(0, 1, 2))
    inner = {**INNER, 'in_channels': 16, 'channels': 16, 'in_index': 3, **(head or {})}
    decode = {**SMALL, 'large_rf_in_channels': 16, 'large_rf_index': 3, 'high_res_in_channels': 5,
              'head': inner, 'guidance': guidance, **changes}
    aux = dict(type='FCNHead', in_channels=8, in_index=2, channels=4, num_convs=1, num_classes=3,
               loss_decode=dict(CROSS_ENTROPY, loss_weight=0.4))
    return dict(type='EncoderDecoder', backbone=backbone, decode_head=decode, auxiliary_head=aux,
                train_cfg=dict(), test_cfg=Config(test_cfg or dict(mode='whole')))


def model(**changes):
    built = MODELS.build(model_config(**changes))
    built.init_weights()
    return randomise(built)


def test_a_whole_model_builds_in_a_fresh_interpreter_without_a_scope():
    config = {**model_config(), 'test_cfg': dict(mode='whole')}
    code = ('import mmseg_nrd\n'
            'from mmengine.registry import DefaultScope\n'
            'from mmseg.registry import MODELS\n'
            f'model = MODELS.build({config!r})\n'
            'print(type(model.decode_head).__name__, DefaultScope.get_current_instance())')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split()[-2:] == ['GuidedUpsamplingHead', 'None'], done.stderr


@torch.no_grad()
@pytest.mark.parametrize('guidance', DESIGNS)
@pytest.mark.parametrize('size', [(64, 96), (33, 65), (1, 1), (100, 31)])
def test_any_image_size(size, guidance):
    whole = model(guidance=guidance).eval()
    image = torch.randn(1, 3, *size)
    assert whole(image, mode='tensor').shape[2:] == tuple(-(-side // 2) for side in size)
    assert whole.encode_decode(image, metas(size, 1)).shape == (1, 3, *size)


@torch.no_grad()
def test_init_weights_of_a_whole_model_keeps_the_start():
    started, plain = MODELS.build(model_config()), MODELS.build(model_config(guidance=None))
    started.init_weights()
    plain.load_state_dict(started.state_dict(), strict=False)
    image = torch.randn(2, 3, 64, 96)
    torch.testing.assert_close(started.eval()(image), plain.eval()(image))


@pytest.mark.parametrize('guidance', GUIDED)
def test_a_whole_model_trains(guidance):
    whole = model(guidance=guidance).train()
    optimizer = torch.optim.SGD(whole.parameters(), lr=0.05, momentum=0.9)
    labels, image = samples((33, 65)), torch.randn(2, 3, 33, 65)
    for view, label in zip(image, labels):
        label.gt_sem_seg.data[0, 1:, :30], label.gt_sem_seg.data[0, 1:, 30:] = 0, 2
        view[:, 1:, 30:] += 2
    history = []
    for _ in range(12):
        losses = whole.loss(image, labels)
        optimizer.zero_grad()
        sum(value for name, value in losses.items() if 'loss' in name).backward()
        optimizer.step()
        history.append(losses['decode.loss_ce'].item())
    assert set(losses) == {'decode.loss_ce', 'decode.acc_seg', 'aux.loss_ce', 'aux.acc_seg'}
    assert not [name for name, p in whole.named_parameters() if p.grad is None]
    assert min(history[-3:]) < 0.9 * history[0]


@torch.no_grad()
def test_slide_inference_is_that_of_the_wrapped_model():
    """Windows side by side: each is the model's answer to that window alone."""
    cfg = dict(mode='slide', crop_size=(48, 64), stride=(48, 64))
    whole, image = model(test_cfg=cfg).eval(), torch.randn(1, 3, 96, 128)
    got = whole.inference(image, [dict(ori_shape=(96, 128), img_shape=(96, 128))])
    for rows in (slice(0, 48), slice(48, 96)):
        for columns in (slice(0, 64), slice(64, 128)):
            window = image[:, :, rows, columns]
            torch.testing.assert_close(
                got[:, :, rows, columns], whole.encode_decode(window, metas((48, 64), 1)))


@torch.no_grad()
@pytest.mark.parametrize('binary', [False, True])
def test_test_time_augmentation(binary):
    changes = dict(num_classes=2, out_channels=1) if binary else {}
    whole, size = model(head=changes).eval(), (48, 80)
    whole.data_preprocessor = MODELS.build(dict(type='SegDataPreProcessor'))
    tta = MODELS.build(dict(type='SegTTAModel', module=whole))
    image = torch.randint(0, 255, (3, *size), dtype=torch.uint8)

    def probabilities(view):
        logits = whole.encode_decode(view.float()[None], metas(size, 1))
        # MMSeg's own TTA applies the sigmoid to what its postprocessing has applied it to.
        return logits.sigmoid().sigmoid() if binary else logits.softmax(1)

    mean = (probabilities(image) + probabilities(image.flip(2)).flip(3)) / 2
    if binary:
        whole.decode_head.head.threshold = mean.median().item()
    expected = mean > mean.median() if binary else mean.argmax(1)
    assert len(expected.unique()) > 1

    views, labels = [[image], [image.flip(2)]], [samples(size, batch=1) for _ in range(2)]
    for (label,), flip in zip(labels, (False, True)):
        label.set_metainfo(dict(flip=flip, flip_direction='horizontal', img_path='x'))
    got = tta.test_step(dict(inputs=views, data_samples=labels))[0].pred_sem_seg.data
    assert torch.equal(got.squeeze().long(), expected.squeeze().long())


STOCK = """
_base_ = 'mmseg::{base}.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
model = dict(decode_head=dict(
    _delete_=True, type='GuidedUpsamplingHead', head={{{{_base_.model.decode_head}}}},
    guidance='large_rf', scale_factor=2, large_rf_index=0, large_rf_in_channels={channels},
    large_rf_channels=4))
"""


@torch.no_grad()
@pytest.mark.parametrize('base, widths, strides', [
    ('deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024',
     (256, 512, 1024, 2048), (1, 2, 2, 2)),
    ('deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-769x769',
     (256, 512, 1024, 2048), (1, 2, 2, 2)),
    ('segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512', (32, 64, 160, 256), (1, 2, 4, 8)),
], ids=['deeplabv3plus', 'deeplabv3plus-769', 'segformer'])
def test_around_the_head_of_a_stock_config(tmp_path, base, widths, strides):
    path = tmp_path / 'gum.py'
    path.write_text(STOCK.format(base=base, channels=widths[0]))
    config = Config.fromfile(path)
    # what --cfg-options does
    config.merge_from_dict({'model.decode_head.head.num_classes': 7})
    head = MODELS.build(config.model.decode_head).eval()
    assert (head.num_classes, head.out_channels) == (7, 7)
    assert head.align_corners == ('769' in base)
    assert isinstance(head.large_rf.steps[0].norm, torch.nn.SyncBatchNorm)
    inputs = [torch.randn(1, width, 16 // stride, 24 // stride)
              for width, stride in zip(widths, strides)]
    assert head(inputs).shape == (1, 7, 32, 48)
