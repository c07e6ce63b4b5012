from __future__ import annotations

import pytest
from mmengine.config import Config

from mmseg_nrd.apps.compare.budget import with_budget


def config() -> Config:
    return Config(dict(
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=300, val_interval=100),
        param_scheduler=[dict(type='LinearLR', begin=0, end=20, by_epoch=False),
                         dict(type='PolyLR', begin=20, end=300, by_epoch=False)],
        train_dataloader=dict(persistent_workers=True),
        test_dataloader=dict(persistent_workers=True),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=100))))


def edges(cfg) -> list:
    return [(schedule['begin'], schedule['end']) for schedule in cfg.param_scheduler]


@pytest.mark.parametrize('iterations, expected', [
    (300, [(0, 20), (20, 300)]),
    (600, [(0, 40), (40, 600)]),
    (150, [(0, 10), (10, 150)]),
    (15, [(1, 15)]),  # a warm-up of one step has no steps
    (1, []),
])
def test_schedules_scale_with_the_iterations(iterations, expected, tmp_path):
    cfg = with_budget(config(), iterations, 0, tmp_path)
    assert edges(cfg) == expected
    assert cfg.train_cfg.max_iters == iterations


@pytest.mark.parametrize('schedule, expected', [
    (dict(type='MultiStepLR', milestones=[100, 200]), dict(milestones=[10, 20])),
    (dict(type='CosineAnnealingLR', T_max=300), dict(T_max=30)),
    (dict(type='StepLR', step_size=100), dict(step_size=10)),
    (dict(type='StepLR', step_size=3), dict(step_size=1)),
    (dict(type='CosineRestartLR', periods=[200, 100]), dict(periods=[20, 10])),
])
def test_every_length_of_a_schedule_scales(schedule, expected, tmp_path):
    cfg = config()
    cfg.param_scheduler = dict(by_epoch=False, **schedule)
    scaled, = with_budget(cfg, 30, 0, tmp_path).param_scheduler
    assert {key: scaled[key] for key in expected} == expected


def test_validation_scales_with_the_iterations_or_is_left_out(tmp_path):
    cfg = config()
    cfg.train_cfg.dynamic_intervals = [(100, 1)]
    left_out = with_budget(cfg, 30, 0, tmp_path)
    assert left_out.val_dataloader is None and 'dynamic_intervals' not in left_out.train_cfg
    with pytest.raises(ValueError, match='val_dataloader, val_cfg, val_evaluator must be set'):
        with_budget(cfg, 30, 0, tmp_path, validate=True)
    cfg.merge_from_dict(dict(val_dataloader=dict(persistent_workers=True), val_cfg=dict(
        type='ValLoop'), val_evaluator=dict(type='IoUMetric')))
    cfg.train_cfg.val_begin = 200
    validated = with_budget(cfg, 30, 0, tmp_path, validate=True)
    assert validated.train_cfg.val_interval == 10 and 'val_begin' not in validated.train_cfg
    assert with_budget(cfg, 3, 0, tmp_path, validate=True).train_cfg.val_interval == 2
    assert not validated.val_dataloader.persistent_workers


def test_a_copy_gets_the_seed_and_keeps_other_randomness(tmp_path):
    cfg = config()
    before = cfg.to_dict()
    copy = with_budget(cfg, 7, 3, tmp_path)
    assert (copy.randomness, copy.work_dir) == (dict(seed=3), str(tmp_path))
    assert cfg.to_dict() == before
    cfg.randomness = dict(seed=5, deterministic=True, diff_rank_seed=True)
    assert with_budget(cfg, 7, 3, tmp_path).randomness == dict(
        seed=3, deterministic=True, diff_rank_seed=True)


@pytest.mark.parametrize('hooks', [
    None, {}, dict(checkpoint=None),
    dict(checkpoint=dict(type='CheckpointHook', interval=5, save_best='mIoU', out_dir='away'))])
def test_the_last_checkpoint_is_saved_whatever_hooks_the_config_has(hooks, tmp_path):
    cfg = config()
    cfg.default_hooks = hooks
    checkpoint = with_budget(cfg, 7, 3, tmp_path).default_hooks.checkpoint
    assert (checkpoint.interval, checkpoint.by_epoch) == (7, False)
    assert 'save_best' not in checkpoint and 'out_dir' not in checkpoint
