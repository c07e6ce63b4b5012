"""Gradients averaged over two processes equal those of one process on the joined batch.

The two ranks are this file, run as a script: they start as ``tools/train.py --launcher pytorch``
does on CPUs and write their gradients into files, which pytest compares.
"""
from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODEL_WRAPPERS
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import distributed

import mmseg_nrd  # noqa: F401  (the ranks start afresh: it prepares the host and registers)
from mmseg_nrd.apps.cli.distributed import prepare_distributed_cpu

ROOT = Path(__file__).parents[2]
RANKS, IMAGES, CLASSES, SIZE = 2, 4, 3, (33, 65)
SECONDS = 120
# GN knows one image only. BN does so when frozen; in training its statistics are each rank's own.
NORMS = {'group': dict(type='GN', num_groups=2), 'frozen': dict(type='BN')}


def model_config(norm: str) -> dict:
    head = dict(num_classes=CLASSES, norm_cfg=NORMS[norm], align_corners=False)
    return dict(
        type='EncoderDecoder', pretrained=None,
        backbone=dict(type='ResNetV1c', depth=18, base_channels=8, stem_channels=8,
                      norm_cfg=NORMS[norm]),
        decode_head=dict(type='NRDHead', in_channels=64, in_index=3, channels=8,
                         c1_in_channels=8, c1_channels=6, dilations=(1, 3), **head),
        # Each rank would draw its own dropout.
        auxiliary_head=dict(type='FCNHead', in_channels=32, in_index=2, channels=8, num_convs=1,
                            concat_input=False, dropout_ratio=0, **head))


def model_and_batch(norm: str):
    """The same model, images and labels in every process, in float64 to compare closely."""
    torch.manual_seed(0)
    model = MODELS.build(model_config(norm)).double().train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    images, samples = torch.randn(IMAGES, 3, *SIZE, dtype=torch.float64), []
    for index in range(IMAGES):
        label = torch.randint(0, CLASSES, (1, *SIZE))
        # MMSeg's cross-entropy divides by all pixels, the ignored too, so that halves with
        # different numbers of these still average to the joined loss; avg_non_ignore=True is
        # another matter.
        label[:, :7 * index] = 255
        meta = dict(img_shape=SIZE, pad_shape=SIZE, ori_shape=SIZE)
        samples.append(SegDataSample(gt_sem_seg=PixelData(data=label), metainfo=meta))
    return model, images, samples


def gradients(model, called, images, samples) -> dict:
    """Gradients of ``model``, whose losses ``called`` gives: itself or its wrapper."""
    losses = called(images, samples, mode='loss')
    model.parse_losses(losses)[0].backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def write_gradients(norm: str, wrapper_cfg: dict, folder: Path) -> None:
    """Write what this rank holds after it has averaged its share's gradients with the others."""
    rank, share = distributed.get_rank(), IMAGES // RANKS
    mine = slice(rank * share, (rank + 1) * share)
    model, images, samples = model_and_batch(norm)
    # mmengine's runner wraps like this and suggests the GPU of the rank.
    wrapped = MODEL_WRAPPERS.build(
        wrapper_cfg, default_args=dict(module=model, device_ids=[rank]))
    torch.save(gradients(model, wrapped, images[mine], samples[mine]),
               folder / f'{norm}_{rank}.pth')


def run_rank(folder: Path) -> None:
    cfg = Config(dict(launcher='pytorch', model=model_config('group')))
    prepare_distributed_cpu(cfg)
    for norm in NORMS:
        write_gradients(norm, cfg.model_wrapper_cfg, folder)
    # The wrappers must be gone by now. One that outlives the group holds it last, and then waits,
    # with Python's lock, for gloo's threads, which need the lock to drop the averaging they did.
    distributed.barrier()
    distributed.destroy_process_group()


@pytest.fixture(scope='module')
def averaged(tmp_path_factory) -> Path:
    """The folder with the gradients of both ranks."""
    folder = tmp_path_factory.mktemp('ranks')
    # The store finds a free port and outlives both ranks, which join it as torchrun's do.
    store = distributed.TCPStore('127.0.0.1', 0, is_master=True, wait_for_workers=False)
    common = dict(
        WORLD_SIZE=str(RANKS), MASTER_ADDR='127.0.0.1', MASTER_PORT=str(store.port),
        TORCHELASTIC_USE_AGENT_STORE='True', TORCHELASTIC_RESTART_COUNT='0',
        OMP_NUM_THREADS='1', CUDA_VISIBLE_DEVICES='', PYTHONPATH=str(ROOT))
    logs = [folder / f'rank_{rank}.log' for rank in range(RANKS)]
    ranks = []
    try:
        for rank, log in enumerate(logs):
            with log.open('w') as out:
                ranks.append(subprocess.Popen(
                    [sys.executable, __file__, str(folder)], stdout=out, stderr=out,
                    env={**os.environ, **common, 'RANK': str(rank), 'LOCAL_RANK': str(rank)}))
        until = time.monotonic() + SECONDS
        statuses = [None] * RANKS
        while None in statuses and not any(statuses) and time.monotonic() < until:
            time.sleep(0.05)
            statuses = [process.poll() for process in ranks]
    finally:
        for process in ranks:
            process.kill()
            process.wait()
    if statuses != [0] * RANKS:
        pytest.fail(f'exit statuses {statuses}; None was killed, because the other failed or '
                    f'after {SECONDS} s\n' + '\n'.join(log.read_text() for log in logs))
    return folder


@pytest.mark.parametrize('norm', NORMS)
def test_two_processes_average_to_the_gradients_of_the_joined_batch(averaged, norm):
    model, images, samples = model_and_batch(norm)
    joined = gradients(model, model, images, samples)
    assert not [name for name, value in joined.items() if value is None or not value.any()]
    for rank in range(RANKS):
        torch.testing.assert_close(torch.load(averaged / f'{norm}_{rank}.pth'), joined,
                                   rtol=1e-8, atol=1e-10)


if __name__ == '__main__':
    # Should it hang, say where, and leave no process behind.
    faulthandler.dump_traceback_later(SECONDS - 20, exit=True)
    run_rank(Path(sys.argv[1]))
