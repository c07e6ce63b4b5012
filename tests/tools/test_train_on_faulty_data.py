"""What training says of data that are faulty, and that it survives those that are odd."""
from __future__ import annotations

import json

import faulty_data
import numpy as np
import pytest
from street_scene_configs import NRD

SHORT = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'default_hooks.logger.interval=1',
         'default_hooks.checkpoint.interval=2', 'train_dataloader.batch_size=3']


@pytest.fixture
def train(call, small, tmp_path):
    def train(*options, status=0, run=call):
        roots = [f'{split}_dataloader.dataset.data_root={tmp_path}'
                 for split in ('train', 'val', 'test')]
        return run('train', NRD, '--work-dir', tmp_path / 'work', '--cfg-options', *small, *roots,
                   *SHORT, *options, status=status)

    return train


@pytest.mark.slow
def test_a_label_out_of_range_is_named_from_inside_a_worker(train, tool, tmp_path):
    faulty_data.spoil(tmp_path, 'label out of range')
    output = train('train_dataloader.num_workers=1', status=1, run=tool)
    last = output.strip().splitlines()[-1]
    assert f'ValueError: {faulty_data.label_path(tmp_path)} ' in last
    assert 'label 33 (6 pixels, the first at row 3, column 6): must be 0 to 18' in last


@pytest.mark.slow
def test_all_ignored_batches_and_absent_classes_train_and_validate(train, tmp_path):
    """No loss, finite gradients, and a mean over the classes that are there."""
    faulty_data.write_tree(tmp_path)
    for name in faulty_data.NAMES:
        faulty_data.write(faulty_data.label_path(tmp_path, name),
                          np.full(faulty_data.SIZE, 255, np.uint8))
    # Norms of gradients are logged where they are clipped; MMSeg's schedules say None.
    train('optim_wrapper.clip_grad._delete_=True',
          'optim_wrapper.clip_grad.max_norm=1000.')
    logs, = (tmp_path / 'work').glob('*/vis_data/scalars.json')
    logged = [json.loads(line) for line in logs.read_text().splitlines()]
    steps = [line for line in logged if 'loss' in line]
    assert [line['loss'] for line in steps] == [0, 0]
    assert all(np.isfinite(line['grad_norm']) for line in steps)
    scores, = (line for line in logged if 'mIoU' in line)
    assert np.isfinite(scores['mIoU'])
