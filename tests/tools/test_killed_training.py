"""Training that is killed twenty times ends as training that is not.

``kill -9`` comes at random moments of training, and of writing checkpoints.
"""
from __future__ import annotations

import contextlib
import json
import random
import re
import signal
import threading
import time
from pathlib import Path

import pytest
import torch
from background import start_tool
from street_scene_configs import NRD

from mmseg_nrd.apps.cli.resume import read_training_state

pytestmark = pytest.mark.slow
KILLS, ITERATIONS, INTERVAL = 20, 84, 2


def options(small) -> list:
    # Workers, dropout (in the auxiliary head), augmentation and validation all draw.
    return [*small, 'train_dataloader.num_workers=2', 'model.decode_head.dropout_ratio=0.1',
            f'train_cfg.max_iters={ITERATIONS}', 'train_cfg.val_interval=4',
            f'default_hooks.checkpoint.interval={INTERVAL}',
            'default_hooks.checkpoint.max_keep_ckpts=3', 'default_hooks.logger.interval=1']


class Training:
    """tools/train.py --resume in a process of its own."""

    def __init__(self, work_dir: Path, small: list):
        self.process = start_tool('train', NRD, '--resume', '--work-dir', work_dir,
                                  '--cfg-options', *options(small))
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout))
        self.reader.start()

    def iterations(self) -> int:
        return sum('Iter(train)' in line for line in list(self.lines))

    def wait_until(self, reached) -> None:
        """Until it is so; the run must not end before."""
        deadline = time.monotonic() + 900
        while not reached():
            assert self.process.poll() is None and time.monotonic() < deadline, self.output()
            time.sleep(0.002)

    def kill(self) -> str:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return self.output()

    def output(self) -> str:
        # The pipe stays open until the workers find out that they are alone.
        self.reader.join(timeout=60)
        return ''.join(self.lines)


def numbers(work_dir: Path) -> list:
    return sorted(int(path.stem[5:]) for path in work_dir.glob('iter_*.pth'))


def unfinished(work_dir: Path) -> set:
    """Files that are being written, or were when a run was killed, with when they last grew."""
    found = set()
    for path in work_dir.glob('*.unfinished'):
        with contextlib.suppress(FileNotFoundError):  # whole and renamed by now
            found.add((path.name, path.stat().st_mtime_ns))
    return found


def logged(work_dir: Path, key: str) -> dict:
    """All values of a scalar by iteration; the last line of a log may be torn."""
    found = {}
    for path in work_dir.glob('*/vis_data/scalars.json'):
        for line in path.read_text().split('\n')[:-1]:
            entry = json.loads(line)
            if key in entry:
                found.setdefault(entry['step'], set()).add(entry[key])
    return found


@pytest.fixture(scope='module')
def killed(tmp_path_factory, small):
    """The work folder of a run that was killed again and again, and a record of the kills."""
    work_dir, chance = tmp_path_factory.mktemp('killed'), random.Random(0)
    record = []
    for kill in range(KILLS):
        before, left = numbers(work_dir), unfinished(work_dir)
        training = Training(work_dir, small)
        if kill % 2 == 0:
            # The first part must leave a checkpoint, which holds the seed of them all.
            enough = chance.randint(1 if before else 3, 4)
            training.wait_until(lambda: training.iterations() >= enough)  # noqa: B023
            time.sleep(chance.uniform(0, 0.5))
        else:
            enough = chance.randint(0, 3)
            training.wait_until(lambda: training.iterations() >= enough)  # noqa: B023
            training.wait_until(lambda: unfinished(work_dir) - left)  # noqa: B023
            time.sleep(chance.uniform(0, 0.2))
        output = training.kill()
        writing = sorted(name for name, _ in unfinished(work_dir) - left)
        started = re.findall(r'resumed epoch: 0, iter: (\d+)', output)
        record.append(dict(before=before, started=list(map(int, started)), writing=writing,
                           after=numbers(work_dir), output=output))
        for number in numbers(work_dir):
            read_training_state(str(work_dir / f'iter_{number}.pth'))  # or it raises
    last = Training(work_dir, small)
    assert last.process.wait(timeout=900) == 0, last.output()
    record.append(dict(before=record[-1]['after'], output=last.output(), writing=[], started=[
        int(number) for number in re.findall(r'resumed epoch: 0, iter: (\d+)', last.output())]))
    return work_dir, record


@pytest.fixture(scope='module')
def whole(tmp_path_factory, killed, tool, small):
    """The work folder of a run with the same seed that was let be."""
    work_dir = tmp_path_factory.mktemp('whole')
    seed = read_training_state(str(killed[0] / f'iter_{ITERATIONS}.pth'))['meta']['seed']
    tool('train', NRD, '--work-dir', work_dir, '--cfg-options', *options(small),
         f'randomness.seed={seed}')
    return work_dir


def test_each_part_goes_on_from_the_newest_checkpoint(killed):
    for kill in killed[1]:
        assert kill['started'] == kill['before'][-1:], kill['output']
        assert 'Traceback' not in kill['output'] and 'cannot be read' not in kill['output']


def test_many_kills_came_while_a_checkpoint_was_written(killed):
    assert sum(bool(kill['writing']) for kill in killed[1]) >= KILLS // 4


def test_losses_and_scores_are_those_of_the_run_that_was_let_be(killed, whole):
    expected, found = logged(whole, 'loss'), logged(killed[0], 'loss')
    assert sorted(expected) == list(range(1, ITERATIONS + 1))
    # An iteration that was repeated after a kill has had the same loss each time.
    assert found == expected
    scores = logged(killed[0], 'mIoU')
    assert scores and scores.items() <= logged(whole, 'mIoU').items()


def test_the_end_is_the_same_to_the_bit(killed, whole):
    ends = [torch.load(folder / f'iter_{ITERATIONS}.pth', weights_only=False)
            for folder in (killed[0], whole)]
    for part in ('state_dict', 'optimizer', 'param_schedulers', 'random_state'):
        first, second = (torch.utils._pytree.tree_leaves(end[part]) for end in ends)
        assert len(first) == len(second) > 0
        for one, other in zip(first, second):
            same = torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other
            assert same, part


def test_no_more_checkpoints_are_left_than_asked_for(killed):
    assert len(numbers(killed[0])) <= 3 + sum(bool(kill['writing']) for kill in killed[1])
    assert not list(killed[0].glob('*.unfinished'))
