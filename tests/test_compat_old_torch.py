"""torch older than 2.6 loads weights, and says of a training state which torch would load it."""
from __future__ import annotations

import pytest
import torch
from hostile_cases import bomb
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader

from mmseg_nrd.compat import CheckpointError, checkpoint_errors, training_state


@pytest.fixture(autouse=True)
def old_torch(monkeypatch):
    """On a newer torch, its inability; the older one's own needs no help."""
    for module in (checkpoint_errors, training_state):
        monkeypatch.setattr(module, 'CAN_ALLOW_TRAINING_STATE', False)


def load(content, path):
    torch.save(content, path)
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu', logger='silent')


def test_weights_load(tmp_path):
    loaded = load({'state_dict': {'weight': torch.ones(2)}}, tmp_path / 'x.pth')
    assert torch.equal(loaded['state_dict']['weight'], torch.ones(2))


def test_a_training_state_names_the_torch_that_loads_it(tmp_path):
    with pytest.raises(CheckpointError, match=rf"x\.pth.*torch {torch.__version__[:3]}.*training "
                                              r"state.*Fix: pip install 'torch>=2\.6'"):
        load({'message_hub': HistoryBuffer([1.], [1])}, tmp_path / 'x.pth')


def test_what_is_hostile_does_not_run(tmp_path):
    marker = tmp_path / 'ran'
    with pytest.raises(CheckpointError, match='nothing of it was run'):
        load(bomb('getattr chain to eval', marker), tmp_path / 'x.pth')
    assert not marker.exists()
