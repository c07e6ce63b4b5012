"""Training with the option of docs/getting-started.md writes event files."""
from __future__ import annotations

import pytest
from street_scene_configs import NRD

pytest.importorskip('tensorboard', reason='needs the docs extra: make docs-site')


@pytest.mark.slow
def test_training_logs_to_tensorboard(call, small, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    call('train', NRD, '--work-dir', tmp_path, '--cfg-options', *small,
         'train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'default_hooks.logger.interval=1',
         'visualizer.vis_backends.0.type=TensorboardVisBackend')
    file, = tmp_path.rglob('events.out.tfevents*')
    events = EventAccumulator(str(file))
    events.Reload()
    assert {'loss', 'lr', 'decode.loss_ce', 'mIoU'} <= set(events.Tags()['scalars'])
    assert [event.step for event in events.Scalars('loss')] == [1, 2]
    assert all(0 < event.value < 20 for event in events.Scalars('loss'))
