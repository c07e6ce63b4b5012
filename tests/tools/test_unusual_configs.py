"""Every command line on images of one and of six channels, on one logit, on a label of 0 that is
ignored, and with a metric of the user's own."""
from __future__ import annotations

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmseg_nrd.apps.compare.panels import load_scenes

SIZE = (32, 64)
OWN = '''
import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModule
from mmseg.registry import METRICS, MODELS, TRANSFORMS

@MODELS.register_module()
class TwoLevels(BaseModule):
    """Small enough to be exported in a second."""
    def __init__(self, channels):
        super().__init__()
        self.fine = torch.nn.Conv2d(channels, 8, 3, stride=2, padding=1)
        self.coarse = torch.nn.Conv2d(8, 16, 3, stride=4, padding=1)

    def forward(self, images):
        fine = self.fine(images)
        return [fine, self.coarse(fine.relu())]

@TRANSFORMS.register_module()
class LoadSixChannels:
    def __call__(self, results):
        image = np.load(results['img_path'])
        return {**results, 'img': image, 'img_shape': image.shape[:2], 'ori_shape': image.shape[:2]}

@METRICS.register_module()
class RightPixels(BaseMetric):
    """It takes no output_dir, nor any option that it does not know."""
    def __init__(self, scale):
        super().__init__(prefix='own')
        self.scale = scale

    def process(self, data_batch, data_samples):
        self.results += [(each['pred_sem_seg']['data'] == each['gt_sem_seg']['data']).float().mean()
                         for each in data_samples]

    def compute_metrics(self, results):
        return dict(right=self.scale * sum(results) / len(results))
'''
LOADERS = {1: dict(type='LoadImageFromFile', color_type='grayscale'),
           3: dict(type='LoadImageFromFile'), 6: dict(type='LoadSixChannels')}
SIGMOID = dict(type='CrossEntropyLoss', use_sigmoid=True)
# Channels, classes, options of both heads, options of the config.
CASES = dict(
    grey=(1, 3, {}, {}),
    six_channels=(6, 3, {}, {}),
    one_logit=(3, 2, dict(out_channels=1, threshold=0.4, loss_decode=SIGMOID), {}),
    one_logit_of_one_class=(3, 2, dict(num_classes=1, threshold=0.4, loss_decode=SIGMOID), {}),
    zero_ignored=(3, 3, dict(ignore_index=0), {
        'model.data_preprocessor.seg_pad_val': 0, 'test_evaluator.ignore_index': 0,
        'val_evaluator.ignore_index': 0}),
    own_metric=(3, 3, {}, dict(test_evaluator=dict(type='RightPixels', scale=50.),
                               val_evaluator=[dict(type='RightPixels', scale=50.)])))
# The options of tools/test.py that a case is refused: what OpenCV does not read is not painted by
# MMSeg's hook, and this metric saves nothing.
REFUSED = dict(six_channels='--show-dir', own_metric='--out')


def write_data(root, channels, classes, ignored):
    """Stripes of classes, the last row ignored, on noise of their brightness."""
    random = np.random.default_rng(0)
    for name in 'abc':
        labels = np.add.outer(np.arange(SIZE[0]), np.arange(SIZE[1])) // 11 % classes
        image = (labels[..., None] * 80 + random.integers(0, 60, (*SIZE, channels))).astype('uint8')
        labels[-1] = ignored
        if channels == 6:
            np.save(root / f'{name}.npy', image)
        else:
            cv2.imwrite(str(root / f'{name}.jpg'), image)
        cv2.imwrite(str(root / f'{name}.png'), labels.astype(np.uint8))


def write_config(path, root, channels, classes, head, options):
    common = {**dict(num_classes=classes, norm_cfg=dict(type='BN'), channels=8), **head}
    loader = dict(batch_size=2, num_workers=0, dataset=dict(
        type='BaseSegDataset', data_root=str(root), img_suffix='.npy' if channels == 6 else '.jpg',
        data_prefix=dict(img_path='', seg_map_path=''), metainfo=dict(
            classes=['road', 'tree', 'sky'][:classes],
            palette=[[90, 0, 0], [0, 250, 0], [0, 0, 250]][:classes]),
        pipeline=[LOADERS[channels], dict(type='LoadAnnotations'), dict(type='PackSegInputs')]))
    testing = dict(sampler=dict(type='DefaultSampler', shuffle=False), **loader)
    cfg = Config(dict(
        custom_imports=dict(imports=['mmseg_nrd', 'own_parts']), default_scope='mmseg',
        model=dict(
            type='EncoderDecoder', data_preprocessor=dict(
                type='SegDataPreProcessor', mean=[100.] * channels, std=[50.] * channels,
                bgr_to_rgb=channels == 3, size=SIZE, seg_pad_val=255),
            backbone=dict(type='TwoLevels', channels=channels),
            decode_head=dict(type='NRDHead', in_channels=16, in_index=1, c1_in_channels=8,
                             patch_size=4, dilations=(1, 2), **common),
            auxiliary_head=dict(type='FCNHead', in_channels=8, in_index=0, num_convs=1, **common),
            train_cfg=dict(), test_cfg=dict(mode='whole')),
        train_dataloader=dict(sampler=dict(type='InfiniteSampler'), **loader),
        val_dataloader=testing, test_dataloader=testing,
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2),
        val_cfg=dict(type='ValLoop'), test_cfg=dict(type='TestLoop'),
        val_evaluator=dict(type='IoUMetric', iou_metrics=['mIoU']),
        test_evaluator=dict(type='IoUMetric', iou_metrics=['mIoU']),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2),
                           visualization=dict(type='SegVisualizationHook')),
        visualizer=dict(type='SegLocalVisualizer', vis_backends=[dict(type='LocalVisBackend')]),
        optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))))
    for key, value in options.items():
        if isinstance(value, (dict, list)):
            cfg[key] = value
        else:
            cfg.merge_from_dict({key: value})
    cfg.dump(path)


# How these differ from the others is held in parts by faster tests: loading, and labels.
SLOW = ('grey', 'own_metric', 'one_logit_of_one_class', 'zero_ignored')


@pytest.fixture(scope='module', params=[
    pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in CASES])
def case(request, tmp_path_factory, call):
    """A trained config and what lies around it, with the user's own parts on the path."""
    folder = tmp_path_factory.mktemp(request.param)
    data, config = folder / 'data', folder / f'{request.param}.py'
    data.mkdir()
    (folder / 'own_parts.py').write_text(OWN)
    channels, classes, head, _ = CASES[request.param]
    write_data(data, channels, classes, head.get('ignore_index', 255))
    write_config(config, data, *CASES[request.param])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        call('train', config, '--work-dir', folder / 'train')
        yield SimpleNamespace(
            config=config, checkpoint=folder / 'train' / 'iter_2.pth', folder=folder,
            images=[next(data.glob(f'{name}.[jn]p[gy]')) for name in 'abc'],
            refused=REFUSED.get(request.param),
            score='own/right' if request.param == 'own_metric' else 'mIoU')


def logged(folder, name) -> float:
    return [line[name] for path in folder.rglob('*.json')
            for line in map(json.loads, path.read_text().splitlines()) if name in line][-1]


def test_testing_gives_the_score_of_training_and_the_labels_of_prediction(case, call, tmp_path):
    options = {'--out': tmp_path / 'labels', '--show-dir': tmp_path / 'painted'}
    test = ['test', case.config, case.checkpoint, '--work-dir', tmp_path / 'test']
    if case.refused:
        last = call(*test, case.refused, options.pop(case.refused), status=1).splitlines()[-1]
        assert last.startswith('error: ') and case.refused in last
    call(*test, *(each for option in options.items() for each in option))
    assert logged(tmp_path / 'test', case.score) == pytest.approx(
        logged(case.folder / 'train', case.score), abs=0.01)
    assert len(list((tmp_path / 'painted').rglob('*.png'))) == 3 * ('--show-dir' in options)
    call('predict', *case.images, '--config', case.config, '--checkpoint', case.checkpoint,
         '--out', tmp_path / 'out', '--device', 'cpu')
    for name in 'abc':
        label, overlay, *tested = (
            np.array(Image.open(tmp_path / folder / f'{name}.png')) for folder in (
                'out/labels', 'out/overlays', *['labels'] * ('--out' in options)))
        assert label.shape == SIZE and overlay.shape[1] >= SIZE[1]
        assert all(np.array_equal(label, each) for each in tested)


def test_data_are_sound(case, call):
    said = call('check_dataset', case.config, '--split', 'train', 'val', 'test')
    assert said.count('3 of 3 images looked at, 3 of them with labels') == 3
    assert said.count('0 errors, 0 warnings') == 3


@pytest.mark.slow
def test_what_it_costs_and_its_file(case, call, tmp_path):
    call('benchmark', case.config, '--train-step', '--rounds', 1)
    call('export', case.config, case.checkpoint, '--labels', '--out', tmp_path / 'model.pt2')


@pytest.mark.slow
def test_comparison(case, call, tmp_path):
    options = ['--metric', case.score] * (case.score != 'mIoU')
    call('compare', case.config, '--out', tmp_path, *options)
    results = json.loads((tmp_path / 'results.json').read_text())
    score, = results['rows'][0]['runs']['iters'][case.score.lower()]
    assert results['metric'] == case.score and 0 <= score <= 100
    # What is ignored is drawn as such, whatever its number.
    scene, = load_scenes(Config.fromfile(case.config), [1])[0]
    assert (scene.truth[-1] == 255).all() and (scene.truth[:-1] < 255).sum() > 1000
