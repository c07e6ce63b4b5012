"""A run that was stopped goes on as if it had not been."""
from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmseg.evaluation import IoUMetric
from mmseg.registry import DATASETS, MODELS

from mmseg_nrd.apps.compare.budget import with_budget
from mmseg_nrd.apps.compare.training import TrainingRecorder, evaluate, train
from mmseg_nrd.compat import CheckpointError


def test_a_stopped_run_trains_the_remaining_iterations_to_the_same_end(toy, tmp_path):
    config = toy()
    config.train_dataloader.dataset.pipeline.insert(2, dict(type='RandomFlip', prob=0.5))
    config.optim_wrapper.optimizer.momentum = 0.9
    config.param_scheduler = [dict(type='PolyLR', begin=0, end=2, by_epoch=False)]
    straight = with_budget(config, 4, 0, tmp_path / 'a' / 'whole')
    whole = train(straight)
    stopped = with_budget(config, 4, 0, tmp_path / 'b' / 'stopped')

    def stop(done, loss):
        if done == 3:
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        train(stopped, stop, save_every=0)
    trained = []
    resumed = train(stopped, lambda done, loss: trained.append(done))
    assert trained == [3, 4]  # the third was not saved any more
    # Dropout, augmentation, order of images, momentum and schedule go on.
    assert resumed.losses.tolist() == whole.losses.tolist() and len(whole.losses) == 4
    assert (resumed.resumed, whole.resumed) == (1, 0)
    states = [torch.load(outcome.checkpoint, weights_only=False) for outcome in (resumed, whole)]
    assert all(torch.equal(value, states[1]['state_dict'][key])
               for key, value in states[0]['state_dict'].items())
    assert 'optimizer' not in states[0]
    tested = [evaluate(straight, whole, [0]), evaluate(stopped, resumed, [0])]
    assert tested[0].scores == tested[1].scores and tested[0].scores['aAcc'] > 0
    assert (tested[0].predictions[0] == tested[1].predictions[0]).all()


@pytest.mark.parametrize('when', ['validating', pytest.param('after', marks=pytest.mark.slow)])
def test_a_run_that_is_validated_goes_on_with_the_same_curve(when, toy, tmp_path, monkeypatch):
    config = toy(val_cfg=dict(type='ValLoop'), **{
        'train_cfg.val_interval': 1, 'val_evaluator': dict(type='IoUMetric')})
    config.val_dataloader = config.test_dataloader
    whole = train(with_budget(config, 4, 0, tmp_path / 'a' / 'whole', validate=True))
    assert [each['iteration'] for each in whole.validated] == [2, 4]
    assert 0 < whole.validated[0]['mIoU'] <= 100
    stopped = with_budget(config, 4, 0, tmp_path / 'b' / 'stopped', validate=True)

    def stop(*args):
        raise KeyboardInterrupt
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if when == 'validating':
            patch.setattr(IoUMetric, 'process', stop)
        train(stopped, lambda done, loss: done == 4 and stop(), save_every=0)
    resumed = train(stopped)
    assert resumed.resumed == 1 and resumed.losses.tolist() == whole.losses.tolist()
    assert resumed.validated == whole.validated


def test_a_deterministic_run_leaves_the_next_one_as_it_is(toy, tmp_path):
    seen = []
    for name, randomness in (('a', dict(deterministic=True)), ('b', None)):
        cfg = with_budget(toy(randomness=randomness), 1, 0, tmp_path / name)
        train(cfg, lambda done, loss: seen.append(torch.are_deterministic_algorithms_enabled()))
    assert seen == [True, False]


def test_what_is_tested_is_the_checkpoint(toy, tmp_path):
    """EMAHook leaves other weights in the runner that trained."""
    config = toy(custom_hooks=[dict(type='EMAHook', momentum=0.01)])
    config.optim_wrapper.optimizer.lr = 0.05
    cfg = with_budget(config, 3, 0, tmp_path)
    trained = train(cfg)
    saved = torch.load(trained.checkpoint, weights_only=False)
    sample = pseudo_collate([DATASETS.build(cfg.test_dataloader.dataset)[0]])
    labels = []
    for state in (saved['state_dict'], {
            key.removeprefix('module.'): value for key, value in saved['ema_state_dict'].items()
            if key != 'steps'}):
        model = MODELS.build(cfg.model).eval()
        model.load_state_dict(state)
        labels.append(model.test_step(sample)[0].pred_sem_seg.data[0].numpy())
    assert (labels[0] != labels[1]).any()
    assert (evaluate(cfg, trained, [0]).predictions[0] == labels[0]).all()


def test_each_run_logs_to_its_own_folder(toy, tmp_path):
    config = toy(visualizer=dict(
        type='SegLocalVisualizer', vis_backends=[dict(type='LocalVisBackend')], name='visualizer'))
    config.default_hooks = dict(logger=dict(type='LoggerHook', interval=1))
    for seed in (0, 1):
        train(with_budget(config, 1, seed, tmp_path / f'seed_{seed}'))
        assert len(list((tmp_path / f'seed_{seed}').glob('*/vis_data/scalars.json'))) == 1


def test_a_torn_file_to_resume_from_is_named(toy, tmp_path):
    stopped = with_budget(toy(), 4, 0, tmp_path)
    (tmp_path / 'resume.pth').write_bytes(b'PK\x03\x04')
    with pytest.raises(CheckpointError, match=r'resume\.pth'):
        train(stopped)


class Run:
    """As much of a runner as the recorder looks at; saving takes three seconds of its clock."""

    def __init__(self, time, max_iters: int):
        self.time, self.iter, self.max_iters, self.saved = time, 0, max_iters, []
        self.train_loop = SimpleNamespace(val_interval=max_iters + 1)

    def save_checkpoint(self, folder, name, meta, by_epoch):
        self.saved.append((self.iter + 1, copy.deepcopy(meta)))
        Path(folder, name).write_bytes(b'saved')
        self.time[0] += 3

    def train(self, recorder, seconds, skipping=0.):
        recorder.before_train(self)
        self.time[0] += skipping
        for taken in seconds:
            recorder.before_train_iter(self, self.iter)
            self.time[0] += taken
            recorder.after_train_iter(self, self.iter, outputs=dict(loss=torch.tensor(1.)))
            self.iter += 1


def test_seconds_are_those_of_the_iterations_of_all_parts(tmp_path, monkeypatch):
    time = [100.]
    monkeypatch.setattr('mmseg_nrd.apps.compare.training.time.perf_counter', lambda: time[0])
    recorder = TrainingRecorder(lambda done, loss: None, tmp_path / 'resume.pth', save_every=20.)
    run = Run(time, max_iters=10)
    run.train(recorder, [10.] * 5)
    assert recorder.seconds == 50. and [at for at, _ in run.saved] == [2, 4]
    assert [path.name for path in tmp_path.iterdir()] == ['resume.pth']

    # Killed here: the fifth iteration is lost, and the first four are loaded to be skipped.
    second = TrainingRecorder(lambda done, loss: None, tmp_path / 'resume.pth', save_every=5.)
    again = Run(time, max_iters=6)
    again.iter = 4
    second.after_load_checkpoint(again, dict(meta=run.saved[-1][1]))
    again.train(second, [5.] * 2, skipping=1000.)
    assert second.seconds == 40. + 10.
    assert len(second.losses) == 6 and second.resumed == 1
    # The last iteration needs no save.
    assert [at for at, _ in again.saved] == [5]
    time[0] += 1000.
    second.after_val_epoch(again, dict(mIoU=50.))
    again.train(second, [5.])
    assert second.seconds == 55. and second.validated == [dict(iteration=6, mIoU=50.)]


def test_a_checkpoint_of_others_is_no_part_of_the_run(tmp_path):
    recorder = TrainingRecorder(lambda done, loss: None, tmp_path / 'resume.pth', save_every=0.)
    for checkpoint in (dict(state_dict={}), dict(meta=dict(iter=3))):
        recorder.after_load_checkpoint(None, checkpoint)
    assert (recorder.seconds, recorder.losses, recorder.resumed) == (0., [], 0)


def test_a_loss_that_is_not_finite_stops_the_run(toy, tmp_path):
    config = toy(**{'optim_wrapper.optimizer.lr': 1e38})
    with pytest.raises(FloatingPointError, match='must be finite|are not finite'):
        train(with_budget(config, 3, 0, tmp_path / 'a' / 'run'))


def test_weights_of_which_nothing_fits_are_refused(toy, tmp_path):
    torch.save({'foo': torch.zeros(2)}, tmp_path / 'x.pth')
    config = toy(load_from=str(tmp_path / 'x.pth'))
    with pytest.raises(CheckpointError, match='nothing in it fits'):
        train(with_budget(config, 1, 0, tmp_path / 'a' / 'run'))
