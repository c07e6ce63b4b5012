"""At no moment of a run is there less than one whole checkpoint, once there was one."""
from __future__ import annotations

import inspect
from unittest.mock import MagicMock

import mmengine.hooks.checkpoint_hook as host
import pytest
import torch
from random_run import run

from mmseg_nrd.hooks.safe_checkpoint import SafeCheckpointHook


class Killed(BaseException):
    """As sudden as SIGKILL, for what comes after it in this process."""


def saving_fails(monkeypatch, at: int):
    """The runner is killed when it would save for the ``at``-th time."""
    from mmengine.runner import runner
    save, calls = runner.save_checkpoint, []

    def killed(*args, **options):
        calls.append(args)
        if len(calls) == at:
            raise Killed
        return save(*args, **options)
    monkeypatch.setattr(runner, 'save_checkpoint', killed)


def whole(folder) -> list:
    paths = sorted(folder.glob('*.pth'))
    for path in paths:
        torch.load(path, weights_only=False)
    return [path.name for path in paths]


@pytest.mark.parametrize('safe', [True, False])
def test_the_only_checkpoint_goes_when_the_next_is_there(safe, tmp_path, monkeypatch):
    if not safe:  # mmengine's own order, for comparison
        monkeypatch.delattr(SafeCheckpointHook, '_save_checkpoint_with_step')
    saving_fails(monkeypatch, at=3)
    with pytest.raises(Killed):
        run(tmp_path / 'run', max_keep_ckpts=1)
    assert whole(tmp_path / 'run') == (['iter_4.pth'] if safe else [])


def test_no_more_are_kept_than_asked_for(tmp_path):
    run(tmp_path / 'run', max_keep_ckpts=2)
    assert whole(tmp_path / 'run') == ['iter_6.pth', 'iter_8.pth']
    note = (tmp_path / 'run' / 'last_checkpoint').read_text()
    assert note == str(tmp_path / 'run' / 'iter_8.pth')


@pytest.mark.parametrize('safe', [True, False])
def test_the_best_goes_when_the_next_best_is_there(safe, tmp_path, monkeypatch):
    if not safe:
        monkeypatch.delattr(SafeCheckpointHook, '_save_best_checkpoint')
    monkeypatch.setattr(host.CheckpointHook, 'rule_map', {'greater': lambda now, before: True})
    # iter_2, its best, iter_2 with the best's name; then iter_4 and its best
    saving_fails(monkeypatch, at=5)
    with pytest.raises(Killed):
        run(tmp_path / 'run', save_best='score', rule='greater')
    best = ['best_score_iter_2.pth'] if safe else []
    assert whole(tmp_path / 'run') == [*best, 'iter_2.pth', 'iter_4.pth']


def test_one_best_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(host.CheckpointHook, 'rule_map', {'greater': lambda now, before: True})
    run(tmp_path / 'run', save_best='score', rule='greater', max_keep_ckpts=1)
    assert whole(tmp_path / 'run') == ['best_score_iter_8.pth', 'iter_8.pth']


def test_a_best_of_the_same_name_is_not_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(host.CheckpointHook, 'rule_map', {'greater': lambda now, before: True})

    runner = MagicMock(iter=4, epoch=0, work_dir=str(tmp_path))
    runner.message_hub.runtime_info = {}
    runner.save_checkpoint = lambda folder, filename, **options: (
        tmp_path / filename).write_bytes(b'saved')
    hook = SafeCheckpointHook(by_epoch=False, save_best='score', rule='greater')
    hook.before_train(runner)
    hook._save_best_checkpoint(runner, dict(score=1.))
    hook._save_best_checkpoint(runner, dict(score=2.))
    assert [path.name for path in tmp_path.glob('*.pth')] == ['best_score_iter_4.pth']


@pytest.mark.parametrize('option', ['intervall', 'filename', 'meta', 'self_', 'kwargs'])
def test_what_saving_has_no_place_for_is_refused_at_once(option):
    """mmengine hands it to Runner.save_checkpoint, which fails when the first is due."""
    with pytest.raises(ValueError, match=f'^{option}=1'):
        SafeCheckpointHook(**{option: 1})


def test_every_option_of_mmengines_hook_is_taken():
    own = inspect.signature(host.CheckpointHook.__init__).parameters.values()
    options = {option.name: option.default for option in own
               if option.default is not inspect.Parameter.empty}
    assert len(options) > 10 and SafeCheckpointHook(**options).interval == -1
