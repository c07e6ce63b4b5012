"""Two trainings with one seed and ``deterministic=True``: the same numbers, bit for bit."""
from __future__ import annotations

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from street_scene_configs import CONFIGS, NRD

GUN = CONFIGS / 'gun_drn-d-22_1xb4-600_street-scenes-128x256.py'


@pytest.fixture(autouse=True)
def as_before():
    yield
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False


def trained(path, data_root, work_dir, seed=0):
    """Weights, optimiser's state and losses after two iterations."""
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(dict(
        work_dir=str(work_dir), experiment_name=f'{path.stem}_{work_dir.name}',
        randomness=dict(seed=seed, deterministic=True), train_cfg=dict(max_iters=2),
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


def differing(one, other):
    """The names of tensors and numbers that are not the same bit for bit."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return [f'{key}.{name}' for key in one for name in differing(one[key], other[key])]
    same = (torch.equal(one, other) if isinstance(one, torch.Tensor) else bool(
        one == other if not hasattr(one, 'all') else (one == other).all()))
    return [] if same else ['']


@pytest.mark.parametrize('path', [NRD, GUN], ids=['NRD', 'GUN'])
def test_the_same_seed_gives_the_same_bits(path, street_scenes, tmp_path):
    first, again = (trained(path, street_scenes, tmp_path / name) for name in ('first', 'again'))
    for one, other in zip(first, again):
        assert differing(one, other) == [] if isinstance(one, dict) else (one == other).all()


@pytest.mark.slow
def test_another_seed_gives_others(street_scenes, tmp_path):
    first, other = (trained(GUN, street_scenes, tmp_path / str(seed), seed) for seed in (0, 1))
    assert differing(first[0], other[0]) and (first[2] != other[2]).all()
