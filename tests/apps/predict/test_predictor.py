"""Whole images equal MMSeg's own inference; tiles equal whole images, in memory of their own."""
from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import BaseTransform
from mmseg.apis import inference_model, init_model
from mmseg.registry import TRANSFORMS
from PIL import Image
from toy import CLASSES, PALETTE, save_toy, toy_config

from mmseg_nrd.apps.cost.memory import peak_memory
from mmseg_nrd.apps.predict import Predictor, UnreadableImageError, draw_overlay


@pytest.fixture
def weights(tmp_path):
    return save_toy(tmp_path / 'toy.pth', toy_config())


def some_image(*size):
    return np.random.default_rng(0).integers(0, 4, (*size, 3), dtype=np.uint8)


def predict(cfg, weights, image, **options):
    return Predictor(cfg, weights, 'cpu', **options).label(image)


# A place of the map reaches 1.5 strides and half a kernel: less than half the overlap.
@pytest.mark.parametrize('stride, overlap, size', [
    (1, 32, (1, 1)), (1, 32, (301, 217)), (1, 32, (1, 333)), (4, 32, (260, 404)),
    (32, 128, (320, 544))])
def test_tiles_give_the_labels_of_the_whole_image(weights, stride, overlap, size):
    image = some_image(*size)
    whole = predict(toy_config(stride), weights, image)
    tiled = predict(toy_config(stride), weights, image, tile=(160, 192), overlap=overlap)
    assert whole.dtype == np.uint8 and whole.shape == size
    assert size == (1, 1) or len(np.unique(whole)) == 3
    assert np.array_equal(tiled, whole)


def test_without_overlap_only_seams_differ(weights):
    image = some_image(192, 192)
    whole = predict(toy_config(), weights, image)
    tiled = predict(toy_config(), weights, image, tile=(96, 96), overlap=0)
    differ = np.argwhere(whole != tiled)
    assert len(differ) and (np.abs(differ - 95.5).min(axis=1) < 4).all()


def test_memory_depends_on_the_tile_alone(weights):
    predictor = Predictor(toy_config(), weights, 'cpu', tile=(64, 64))
    small, large = some_image(128, 128), some_image(256, 320)
    predictor.label(small)
    tensors = [peak_memory(lambda image=image: predictor.label(image), 'cpu')
               for image in (small, large)]
    assert tensors[1] == tensors[0]
    arrays = []
    for image in (small, large):
        tracemalloc.start()
        predictor.label(image)
        arrays.append(tracemalloc.get_traced_memory()[1] - image[..., 0].size)
        tracemalloc.stop()
    assert arrays[1] < arrays[0] + image[..., 0].size / 4
    # The measure sees what it is to see.
    assert peak_memory(lambda: Predictor(toy_config(), weights, 'cpu').label(large)) > tensors[0]


def test_each_tile_is_told(weights):
    told = []
    Predictor(toy_config(), weights, 'cpu', tile=(64, 64), overlap=0).label(
        some_image(65, 129), lambda *done: told.append(done))
    assert told == [(number, 6) for number in range(1, 7)]


def write_kinds(folder) -> None:
    image = some_image(40, 60) * 60
    Image.fromarray(image[..., 0]).save(folder / 'grey.png')
    Image.fromarray(np.dstack([image, image[..., 0]])).save(folder / 'rgba.png')
    Image.fromarray(image).quantize(16).save(folder / 'palette.png')
    cv2.imwrite(str(folder / '16-bit.png'), image.astype(np.uint16) * 300)
    turned = Image.Exif()
    turned[0x112] = 6
    Image.fromarray(image).save(folder / 'turned.jpg', exif=turned)


@pytest.mark.parametrize('name', [
    'grey.png', 'rgba.png', 'palette.png', '16-bit.png', 'turned.jpg'])
def test_kinds_of_images_are_read_as_mmseg_reads_them(weights, tmp_path, name):
    write_kinds(tmp_path)
    predictor = Predictor(toy_config(), weights, 'cpu')
    image = predictor.read(tmp_path / name)
    assert image.shape == ((60, 40, 3) if name == 'turned.jpg' else (40, 60, 3))
    before = image.copy()
    expected = inference_model(
        init_model(toy_config(), weights, device='cpu'), str(tmp_path / name))
    assert np.array_equal(predictor.label(image), expected.pred_sem_seg.data[0].numpy())
    assert np.array_equal(image, before)


@pytest.mark.parametrize('content, reason', [
    (b'', 'the file is empty'), (b'hello', 'no image, damaged'), (None, 'No such file'),
    ('folder', 'Is a directory'), ('half', 'no image, damaged')])
def test_an_unreadable_image_is_named_with_the_reason(weights, tmp_path, content, reason):
    path = tmp_path / 'x.png'
    if content == 'folder':
        path.mkdir()
    elif content == 'half':
        Image.fromarray(some_image(40, 60)).save(path)
        path.write_bytes(path.read_bytes()[:300])
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=f'{path}: {reason}'):
        Predictor(toy_config(), weights, 'cpu').read(path)


@pytest.mark.parametrize('kind, arguments', [
    ('Resize', dict(keep_ratio=True)), ('ResizeShortestEdge', dict(max_size=48))])
def test_a_fixed_size_is_for_whole_images_a_factor_for_tiles_too(kind, arguments, weights):
    image = some_image(96, 80)
    resize = dict(type=kind, scale=(40, 48), **arguments)
    model = init_model(toy_config(resize=(resize,)), weights, device='cpu')
    assert np.array_equal(predict(toy_config(resize=(resize,)), weights, image),
                          inference_model(model, image).pred_sem_seg.data[0].numpy())
    tile = dict(tile=(96, 96))
    plain = predict(toy_config(), weights, image)
    assert np.array_equal(predict(toy_config(resize=(resize,)), weights, image, **tile), plain)
    half = dict(type='Resize', scale_factor=0.5, keep_ratio=True)
    assert not np.array_equal(predict(toy_config(resize=(half,)), weights, image, **tile), plain)


@pytest.mark.parametrize('options', [{}, dict(tile=(64, 64))], ids=['whole', 'tiles'])
def test_test_time_augmentation_averages_the_flips(weights, options):
    image = some_image(70, 100)
    model = init_model(toy_config(), weights, device='cpu')

    def probabilities(image):
        return inference_model(model, image).seg_logits.data.softmax(0)

    flipped = probabilities(np.ascontiguousarray(image[:, ::-1])).flip(2)
    expected = (probabilities(image) + flipped).argmax(0).numpy()
    # Equal shares may round either way.
    assert (predict(toy_config(), weights, image, tta=True, **options) != expected).mean() < 0.01
    assert (probabilities(image).argmax(0).numpy() != expected).mean() > 0.1


@pytest.mark.parametrize('options', [{}, dict(tile=(64, 96))], ids=['whole', 'tiles'])
@pytest.mark.parametrize('direction, size', [
    ('horizontal', (1, 1)), ('horizontal', (7, 1)), ('vertical', (1, 7)), ('vertical', (1, 1))])
def test_a_side_of_one_pixel_is_the_same_when_turned(weights, direction, size, options):
    cfg = toy_config()
    cfg.tta_pipeline[1].transforms[0][1].direction = direction
    image = some_image(*size)
    assert np.array_equal(predict(cfg, weights, image, tta=True, **options),
                          predict(cfg, weights, image))


def test_classes_are_those_of_the_training_else_of_the_config(tmp_path):
    plain = save_toy(tmp_path / 'plain.pth', toy_config())
    assert Predictor(toy_config(), plain, 'cpu').classes == CLASSES
    assert Predictor(toy_config(), plain, 'cpu').palette == PALETTE
    meta = dict(classes=('a', 'b', 'c'), palette=[(1, 2, 3)] * 3)
    trained = save_toy(tmp_path / 'trained.pth', toy_config(), dataset_meta=meta)
    assert Predictor(toy_config(), trained, 'cpu').classes == ('a', 'b', 'c')
    cityscapes = toy_config()
    cityscapes.test_dataloader.dataset = dict(
        type='CityscapesDataset', pipeline=cityscapes.test_pipeline)
    with pytest.raises(ValueError, match='19 class names and 19 colours for 3 labels'):
        Predictor(cityscapes, plain, 'cpu')


def test_labels_of_a_byte_are_256_classes_at_most(tmp_path):
    for classes in (256, 257):
        cfg = toy_config()
        cfg.model.decode_head.num_classes = classes
        cfg.test_dataloader.dataset.metainfo = dict(
            classes=list(map(str, range(classes))), palette=[[0, 0, 0]] * classes)
        weights = save_toy(tmp_path / 'x.pth', cfg)
        if classes == 256:
            assert len(Predictor(cfg, weights, 'cpu').classes) == 256
    with pytest.raises(ValueError, match='257 classes: must be 256'):
        Predictor(cfg, weights, 'cpu')


@pytest.mark.parametrize('changes, options, message', [
    (dict(model=None), {}, 'has no model'),
    (dict(tta_model=None), dict(tta=True), '--tta, but the config has no tta_model'),
    (dict(test_dataloader=None), {}, 'test_dataloader.dataset.pipeline: must be a list that'),
    (dict(tta_pipeline=[dict(type='PackSegInputs')]), dict(tta=True), 'tta_pipeline: must be a'),
    (dict(model=dict(type='RowBlockEncoderDecoder')), dict(tta=True), 'RowBlockEncoderDecoder'),
    ({}, dict(overlap=32), 'overlap of 32 without tiles'),
    ({}, dict(tile=(65, 64)), 'height of a tile 65'),
])
def test_what_does_not_fit_is_named(weights, changes, options, message):
    cfg = toy_config()
    for key, value in changes.items():
        cfg.pop(key)
        if value is not None:
            cfg[key] = value
    with pytest.raises(ValueError, match=message):
        Predictor(cfg, weights, 'cpu', **options)


@pytest.mark.parametrize('head', [
    dict(num_classes=1), dict(num_classes=2, out_channels=1, threshold=0.3)],
    ids=['as one class', 'as two'])
def test_a_single_logit_has_two_labels(head, tmp_path):
    cfg = toy_config()
    cfg.model.decode_head.update(
        **head, loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))
    cfg.test_dataloader.dataset.metainfo = dict(classes=('land', 'water'), palette=PALETTE[:2])
    weights = save_toy(tmp_path / 'one.pth', cfg)
    predictor = Predictor(cfg, weights, 'cpu')
    assert predictor.classes == ('land', 'water')
    image = some_image(40, 60)
    labels = predictor.label(image)
    expected = inference_model(init_model(cfg, weights, device='cpu'), image)
    assert np.array_equal(labels, expected.pred_sem_seg.data[0].numpy())
    assert np.unique(labels).tolist() == [0, 1]
    draw_overlay(image, labels, predictor.classes, predictor.palette, 0.5)


@TRANSFORMS.register_module()
class LoadNumpyFile(BaseTransform):
    """Images of any number of channels, from numpy's files."""

    def transform(self, results):
        image = np.load(results['img_path'])
        return {**results, 'img': image, 'img_shape': image.shape[:2],
                'ori_shape': image.shape[:2]}


@pytest.mark.parametrize('channels', [1, 6])
@pytest.mark.parametrize('options', [{}, dict(tile=(64, 64)), dict(tta=True)],
                         ids=['whole', 'tiles', 'augmented'])
def test_images_of_other_than_three_channels(channels, options, tmp_path):
    cfg = toy_config()
    cfg.model.backbone.channels = channels
    cfg.model.data_preprocessor.update(mean=[0] * channels, std=[1] * channels)
    load = dict(type='LoadNumpyFile')
    if channels == 1:
        load = dict(type='LoadImageFromFile', color_type='grayscale')
    for pipeline in (cfg.test_dataloader.dataset.pipeline, cfg.tta_pipeline):
        pipeline[0] = load
    image = np.random.default_rng(0).integers(0, 4, (70, 100, channels), dtype=np.uint8)
    if channels == 1:
        path = tmp_path / 'x.png'
        Image.fromarray(image[..., 0]).save(path)
    else:
        path = tmp_path / 'x.npy'
        np.save(path, image)
    weights = save_toy(tmp_path / 'x.pth', cfg)
    predictor = Predictor(cfg, weights, 'cpu', **options)
    read = predictor.read(path)
    labels = predictor.label(read)
    assert labels.shape == (70, 100) and len(np.unique(labels)) > 1
    if not options.get('tta'):
        model = predictor._model
        with torch.no_grad():
            expected = model.encode_decode(
                torch.from_numpy(image).permute(2, 0, 1)[None].float(),
                [dict(img_shape=(70, 100))])
        assert np.array_equal(labels, expected.argmax(1)[0].numpy())
    assert draw_overlay(read, labels, CLASSES, PALETTE, 0.5).shape[1:] == (100, 3)
