"""The images that a model is made for: whatever channels it has, it is counted and trained."""
from __future__ import annotations

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmseg_nrd.apps.cost.building import build
from mmseg_nrd.apps.cost.size import image_channels
from mmseg_nrd.apps.cost.step_cost import measure_steps


def config(channels: int, means: int) -> Config:
    mean = dict(mean=[100.] * means, std=[50.] * means) if means else {}
    return Config(dict(
        model=dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='SegDataPreProcessor', size=(32, 64), **mean),
            backbone=dict(type='ResNetV1c', depth=18, base_channels=8, stem_channels=8,
                          in_channels=channels),
            decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_convs=1,
                             concat_input=False, num_classes=3)),
        train_dataloader=dict(batch_size=2),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01))))


@pytest.mark.parametrize('channels', [1, 3, 4, 6])
@pytest.mark.parametrize('means', ['each', 'one', 'none'])
def test_the_channels_are_the_models_own(channels, means):
    cfg = config(channels, dict(each=channels, one=1, none=0)[means])
    assert image_channels(build(cfg.model, 'cpu')) == channels


def test_costs_and_training_steps_take_images_of_those_channels():
    with DefaultScope.overwrite_default_scope('mmseg'):
        costs, times = measure_steps({str(n): config(n, n) for n in (1, 3, 4, 6)})
    # The stem's first convolution: 3 x 3, at half the image's sides, 4 filters.
    assert [cost.multiply_adds - costs['1'].multiply_adds for cost in costs.values()] == [
        (n - 1) * 9 * 4 * 16 * 32 for n in (1, 3, 4, 6)]
    assert len(times) == 4
