"""MMSeg's own ways to predict work with our configs and with the checkpoints of our trainings."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmseg.apis import MMSegInferencer, inference_model, init_model
from mmseg.datasets import CityscapesDataset
from mmseg.visualization import SegLocalVisualizer

from mmseg_nrd.apps.predict.predictor import Predictor
from mmseg_nrd.apps.street_scenes.render import render_street_scene

CONFIG_ROOT = Path(__file__).parents[3] / 'configs'
CONFIGS = {
    'nrd': 'street_scenes/nrd_r18_1xb8-300_street-scenes-128x256.py',
    'gun': 'street_scenes/gun_drn-d-22_1xb4-600_street-scenes-128x256.py'}


@pytest.fixture(scope='module')
def image() -> np.ndarray:
    return render_street_scene(0, (128, 256))[0][..., ::-1].copy()


@pytest.fixture(scope='module', params=list(CONFIGS))
def trained(request, tmp_path_factory):
    """A config and a checkpoint that holds what mmengine's runner saves, of random weights."""
    folder = tmp_path_factory.mktemp(request.param)
    cfg = Config.fromfile(CONFIG_ROOT / CONFIGS[request.param])
    if request.param == 'nrd':
        cfg.model.decode_head.channels = 16
    config = str(folder / 'config.py')
    cfg.dump(config)
    torch.manual_seed(0)
    state = init_model(cfg.copy(), device='cpu').state_dict()
    hub = MessageHub.get_instance(f'apis-{request.param}')
    hub.update_scalar('train/loss', 1.5)
    hub.update_info('cfg', cfg.pretty_text)
    torch.save(dict(
        meta=dict(dataset_meta=CityscapesDataset.METAINFO, cfg=cfg.pretty_text, iter=1),
        state_dict=state, message_hub=hub.state_dict()), folder / 'iter_1.pth')
    return config, str(folder / 'iter_1.pth')


@pytest.fixture
def fresh_visualizers():
    yield
    # mmengine keeps each by its name, for ever.
    SegLocalVisualizer._instance_dict.clear()


@pytest.fixture(scope='module')
def labels(trained, image):
    config, checkpoint = trained
    return Predictor(Config.fromfile(config), checkpoint, 'cpu').label(image)


def test_init_model_and_inference_model(trained, image, labels, tmp_path):
    model = init_model(*trained, device='cpu')
    assert model.dataset_meta['classes'][0] == 'road'
    cv2.imwrite(str(tmp_path / 'x.png'), image)
    alone = inference_model(model, str(tmp_path / 'x.png'))
    pair = inference_model(model, [str(tmp_path / 'x.png')] * 2)
    for sample in (alone, *pair, inference_model(model, image)):
        assert np.array_equal(sample.pred_sem_seg.data[0].numpy(), labels)


def test_inferencer(trained, image, labels, tmp_path, fresh_visualizers):
    inferencer = MMSegInferencer(*trained, device='cpu')
    assert np.array_equal(inferencer(image)['predictions'], labels)
    cv2.imwrite(str(tmp_path / 'x.png'), image)
    inferencer([str(tmp_path / 'x.png')] * 2, batch_size=2, out_dir=str(tmp_path / 'out'))
    saved = cv2.imread(str(tmp_path / 'out' / 'pred' / '00000001_pred.png'), -1)
    assert np.array_equal(saved, labels)
    assert cv2.imread(str(tmp_path / 'out' / 'vis' / 'x.png')).shape == image.shape


def test_inferencer_from_the_checkpoint_alone(trained, image, labels, fresh_visualizers):
    inferencer = MMSegInferencer(None, trained[1], device='cpu')
    assert np.array_equal(inferencer(image)['predictions'], labels)
