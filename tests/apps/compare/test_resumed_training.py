"""A run that was stopped goes on as if it had not been."""
from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmseg_nrd.apps.compare.budget import with_budget
from mmseg_nrd.apps.compare.clock import Clock
from mmseg_nrd.apps.compare.training import train_and_test
from mmseg_nrd.apps.street_scenes.writer import write_street_scenes
from mmseg_nrd.compat import CheckpointError

NRD = (Path(__file__).parents[3] / 'configs' / 'street_scenes'
       / 'nrd_r18_1xb8-300_street-scenes-128x256.py')


@pytest.fixture(scope='module')
def config(tmp_path_factory) -> Config:
    data = tmp_path_factory.mktemp('data') / 'scenes'
    write_street_scenes(data, 'cityscapes', num_train=5, num_val=1, size=(128, 256), seed=0)
    cfg = Config.fromfile(NRD)
    cfg.merge_from_dict({f'{split}_dataloader.{key}': value for split in ('train', 'test')
                         for key, value in {'dataset.data_root': str(data), 'num_workers': 0,
                                            'batch_size': 2}.items()})
    cfg.merge_from_dict({'model.decode_head.channels': 16, 'model.auxiliary_head.channels': 8})
    return cfg


def test_a_stopped_run_trains_the_remaining_iterations_to_the_same_end(config, tmp_path):
    with DefaultScope.overwrite_default_scope('mmseg'):
        whole = train_and_test(with_budget(config, 4, 0, tmp_path / 'a' / 'whole'), [0])
        stopped = with_budget(config, 4, 0, tmp_path / 'b' / 'stopped')

        def stop(done, loss):
            if done == 3:
                raise KeyboardInterrupt
        with pytest.raises(KeyboardInterrupt):
            train_and_test(stopped, [0], stop, save_every=0)
        trained = []
        resumed = train_and_test(stopped, [0], lambda done, loss: trained.append(done))
    assert trained == [3, 4]  # the third was not saved any more
    # Dropout, augmentation, order of images, momentum and schedule go on.
    assert resumed.losses.tolist() == whole.losses.tolist() and len(whole.losses) == 4
    assert resumed.miou == whole.miou
    assert (resumed.predictions[0] == whole.predictions[0]).all()
    assert (resumed.resumed, whole.resumed) == (1, 0)
    states = [torch.load(outcome.checkpoint, weights_only=False) for outcome in (resumed, whole)]
    assert all(torch.equal(value, states[1]['state_dict'][key])
               for key, value in states[0]['state_dict'].items())
    assert 'optimizer' not in states[0]


def test_a_torn_file_to_resume_from_is_named(config, tmp_path):
    stopped = with_budget(config, 4, 0, tmp_path / 'c' / 'torn')
    (tmp_path / 'c' / 'torn').mkdir(parents=True)
    (tmp_path / 'c' / 'torn' / 'resume.pth').write_bytes(b'PK\x03\x04')
    with DefaultScope.overwrite_default_scope('mmseg'), pytest.raises(
            CheckpointError, match=r'resume\.pth: '):
        train_and_test(stopped)


class Run:
    """As much of a runner as the clock looks at; saving takes three seconds of its clock."""

    def __init__(self, time, max_iters: int):
        self.time, self.iter, self.max_iters, self.saved = time, 0, max_iters, []

    def save_checkpoint(self, folder, name, meta, by_epoch):
        self.saved.append((self.iter + 1, copy.deepcopy(meta)))
        Path(folder, name).write_bytes(b'saved')
        self.time[0] += 3

    def train(self, clock, seconds, skipping=0.):
        clock.before_train(self)
        self.time[0] += skipping
        for taken in seconds:
            clock.before_train_iter(self, self.iter)
            self.time[0] += taken
            clock.after_train_iter(self, self.iter, outputs=dict(loss=torch.tensor(1.)))
            self.iter += 1


def test_seconds_are_those_of_the_iterations_of_all_parts(tmp_path, monkeypatch):
    time = [100.]
    monkeypatch.setattr('mmseg_nrd.apps.compare.clock.time.perf_counter', lambda: time[0])
    clock = Clock(lambda done, loss: None, tmp_path / 'resume.pth', save_every=20.)
    run = Run(time, max_iters=10)
    run.train(clock, [10.] * 5)
    assert clock.seconds == 50. and [at for at, _ in run.saved] == [2, 4]
    assert [path.name for path in tmp_path.iterdir()] == ['resume.pth']

    # Killed here: the fifth iteration is lost, and the first four are loaded to be skipped.
    second = Clock(lambda done, loss: None, tmp_path / 'resume.pth', save_every=20.)
    again = Run(time, max_iters=6)
    again.iter = 4
    second.after_load_checkpoint(again, dict(meta=run.saved[-1][1]))
    again.train(second, [5.] * 2, skipping=1000.)
    assert second.seconds == 40. + 10.
    assert len(second.losses) == 6 and second.resumed == 1
    assert again.saved == []


def test_the_last_iteration_is_not_saved(tmp_path):
    run = Run([0.], max_iters=3)
    run.train(Clock(lambda done, loss: None, tmp_path / 'resume.pth', save_every=0.), [1.] * 3)
    assert [at for at, _ in run.saved] == [1, 2]


def test_a_checkpoint_of_others_is_no_part_of_the_run(tmp_path):
    clock = Clock(lambda done, loss: None, tmp_path / 'resume.pth', save_every=0.)
    for checkpoint in (dict(state_dict={}), dict(meta=dict(iter=3))):
        clock.after_load_checkpoint(None, checkpoint)
    assert (clock.seconds, clock.losses, clock.resumed) == (0., [], 0)


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    clock = Clock(lambda done, loss: None, tmp_path / 'resume.pth', save_every=0.)
    run = Run([0.], 3)
    run.cfg = Config(filename=None)
    with pytest.raises(FloatingPointError, match='loss=nan at iteration 1 .*Fix: lower'):
        clock.after_train_iter(run, 0, outputs=dict(loss=torch.tensor(float('nan'))))
