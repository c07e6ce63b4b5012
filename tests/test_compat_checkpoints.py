"""mmengine's own checkpoints load with weights_only on."""
from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from host_cases import needs_upstreams_mmengine
from hostile_cases import UNPICKLERS, needs_torch_2_6
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures('unpickler')


TRAIN = '''
import sys, torch
if 'mend' in sys.argv: import mmseg_nrd
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader

class Tiny(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, inputs, mode):
        out = self.layer(inputs).square().mean()
        return dict(loss=out) if mode == 'loss' else [out]

class Score(BaseMetric):
    def process(self, batch, samples): self.results.append(samples[0].item())
    def compute_metrics(self, results):
        import numpy as np
        return dict(mIoU=np.float32(np.mean(results)))

out, iters = sys.argv[1], int(sys.argv[2])
data = dict(dataset=[dict(inputs=torch.randn(2)) for _ in range(4)], batch_size=2, num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='default_collate'))
runner = Runner(
    Tiny(), out, train_dataloader=data, val_dataloader=data, val_evaluator=[Score()],
    train_cfg=dict(type='IterBasedTrainLoop', max_iters=iters, val_interval=2), val_cfg=dict(),
    optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1, momentum=.9)),
    param_scheduler=dict(type='PolyLR', power=.9, by_epoch=False, end=9),
    default_hooks=dict(
        logger=dict(type='LoggerHook', interval=1),
        checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2, save_best='mIoU')),
    resume='mend' in sys.argv)
runner.train()
print('ITER', runner.iter, runner.message_hub.get_info('best_score'))
if 'mend' not in sys.argv:
    try:
        CheckpointLoader.load_checkpoint(f'{out}/iter_2.pth')
    except Exception as error:
        print('REFUSED', type(error).__name__)
'''


def train(out: Path, iters: int, *options: str, before: str = '') -> str:
    done = subprocess.run(
        [sys.executable, '-c', before + TRAIN, str(out), str(iters), *options], cwd=ROOT,
        capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A directory with iter_2.pth, as mmengine alone wrote it, and what it printed."""
    out = tmp_path_factory.mktemp('trained')
    return out, train(out, 2)


@needs_torch_2_6
@needs_upstreams_mmengine
def test_without_the_mend_mmengine_cannot_load_its_own_checkpoint(trained):
    assert 'REFUSED UnpicklingError' in trained[1]


def test_mmengines_own_checkpoint_loads(trained):
    loaded = CheckpointLoader.load_checkpoint(str(trained[0] / 'iter_2.pth'), map_location='cpu')
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer) and len(history.data[0]) == 2
    assert history.statistics('mean') == pytest.approx(np.mean(history.data[0]))
    assert isinstance(loaded['message_hub']['runtime_info']['best_score'], (float, np.floating))
    model = torch.nn.Sequential()
    model.layer = torch.nn.Linear(2, 1)
    load_checkpoint(model, str(trained[0] / 'iter_2.pth'), strict=True)
    assert torch.equal(model.layer.weight, loaded['state_dict']['layer.weight'])


def test_training_resumes(trained, unpickler):
    assert 'ITER 4' in train(trained[0], 4, 'mend', before=UNPICKLERS[unpickler])


@pytest.mark.parametrize('old, new', [(b'numpy._core', b'numpy.core'),
                                      (b'numpy.core', b'numpy._core')])
def test_files_of_either_numpy_load(trained, tmp_path, old, new):
    names = 0
    with zipfile.ZipFile(trained[0] / 'iter_2.pth') as source, \
            zipfile.ZipFile(tmp_path / 'x.pth', 'w') as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry.endswith('data.pkl'):
                content = content.replace(old, new)
                names = content.count(b'c' + new + b'.multiarray\n')
            target.writestr(entry, content)
    assert names >= 2  # _reconstruct and scalar
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))
    assert len(loaded['message_hub']['log_scalars']['train/loss'].data[0]) == 2


@pytest.mark.parametrize('value', [
    np.arange(6.).reshape(2, 3), np.ones((2, 3), order='F'), np.float32(1.5), np.int64(3),
    np.bool_(True), np.ones(2, 'u1'), np.float16(2), np.complex64(1j), np.zeros(0, 'i4'),
    HistoryBuffer().data[0]], ids=repr)
def test_numpy_values_survive(value, tmp_path):
    torch.save(dict(value=value), tmp_path / 'x.pth')
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))['value']
    assert type(loaded) is type(value) and loaded.dtype == value.dtype
    assert np.array_equal(loaded, value)
