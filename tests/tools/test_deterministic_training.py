"""Two trainings with one seed and ``deterministic=True``: the same numbers, bit for bit."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from street_scene_configs import CONFIGS, NRD
from torch.utils._pytree import tree_leaves

GUN = CONFIGS / 'gun_drn-d-22_1xb4-600_street-scenes-128x256.py'


@pytest.fixture(autouse=True)
def as_before():
    yield
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False


def trained(path, data_root, work_dir):
    """Weights, optimiser's state and losses after two iterations."""
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(dict(
        work_dir=str(work_dir), experiment_name=f'{path.stem}_{work_dir.name}',
        randomness=dict(seed=0, deterministic=True), train_cfg=dict(max_iters=2),
        train_dataloader=dict(batch_size=2, num_workers=0, persistent_workers=False,
                              dataset=dict(data_root=str(data_root)))))
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
    if path == NRD:
        cfg.model.decode_head.channels, cfg.model.auxiliary_head.channels = 16, 8
    with DefaultScope.overwrite_default_scope('mmseg'):
        runner = Runner.from_cfg(cfg)
        assert torch.are_deterministic_algorithms_enabled()
        runner.train()
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == 2
    return runner.model.state_dict(), runner.optim_wrapper.optimizer.state_dict(), losses


@pytest.mark.parametrize('path', [
    pytest.param(NRD, id='NRD'), pytest.param(GUN, id='GUN', marks=pytest.mark.slow)])
def test_the_same_seed_gives_the_same_bits(path, street_scenes, tmp_path):
    first, again = (tree_leaves(trained(path, street_scenes, tmp_path / name))
                    for name in ('first', 'again'))
    assert len(first) == len(again) > 100
    assert all(map(np.array_equal, first, again))
