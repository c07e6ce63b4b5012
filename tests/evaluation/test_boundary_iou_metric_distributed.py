"""Two processes share a data set whose size they do not divide."""
from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from boundary_cases import evaluate, random_labels, sample

PROCESS = '''
import json, pickle, sys
import torch
import mmseg_nrd
from mmseg.registry import METRICS
torch.distributed.init_process_group('gloo')
rank, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
with open(sys.argv[1], 'rb') as file:
    arguments, classes, samples = pickle.load(file)
metric = METRICS.build(arguments)
metric.dataset_meta = dict(classes=classes)
padded = samples + samples[:-len(samples) % world]
for sample in padded[rank::world]:
    metric.process(None, [sample])
result = metric.evaluate(len(samples))
with open(f'result_{rank}.json', 'w') as file:
    json.dump(result, file)
torch.distributed.destroy_process_group()
'''


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tmp_path):
    images = [random_labels(seed, 14, 18, num_classes=4) for seed in range(5)]
    arguments = dict(type='BoundaryIoUMetric', dilation=2, trimap_widths=[1])
    (tmp_path / 'process.py').write_text(PROCESS)
    (tmp_path / 'data.pkl').write_bytes(pickle.dumps(
        (arguments, list('abcd'), [sample(*image) for image in images])))
    done = subprocess.run(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2',
         'process.py', 'data.pkl'], cwd=tmp_path, text=True, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, 'PYTHONPATH': str(Path(__file__).parents[2]), 'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stdout
    expected = evaluate(*images, num_classes=4, dilation=2, trimap_widths=[1])
    for rank in range(2):
        assert json.loads((tmp_path / f'result_{rank}.json').read_text()) == expected
