"""What every test needs: the package registered, a quiet mmengine, a device to run on."""
from __future__ import annotations

import functools
import logging
import os

import pytest
import torch
from hypothesis import register_random, settings
from mmengine.registry import DefaultScope

import mmseg_nrd  # noqa: F401  (registers the components)

# The same examples on every run; `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile('repeatable', derandomize=True, deadline=None, max_examples=25)
settings.register_profile('search', deadline=None, max_examples=500)
settings.load_profile('repeatable')


class TorchRandom:
    """Torch's randomness, for hypothesis to start anew with every example."""
    seed = staticmethod(torch.manual_seed)
    getstate = staticmethod(torch.get_rng_state)
    setstate = staticmethod(torch.set_rng_state)


# It keeps a weak reference only.
TORCH_RANDOM = TorchRandom()
register_random(TORCH_RANDOM)


def pytest_addoption(parser):
    parser.addoption('--device', choices=('cpu', 'cuda'), default='cpu',
                     help='where the tests of ops and heads run')


@pytest.fixture(scope='session')
def device(request) -> torch.device:
    name = request.config.getoption('--device')
    if name == 'cuda' and not torch.cuda.is_available():
        pytest.skip('--device cuda was asked for, but torch.cuda.is_available() is False')
    return torch.device(name)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def scope():
    """No test or fixture meets the default scope that a runner before it has set."""
    DefaultScope._instance_dict.clear()
    yield
    DefaultScope._instance_dict.clear()


@pytest.fixture(autouse=True, scope='session')
def quiet_mmengine():
    """Drop mmengine's INFO lines (init_weights prints every parameter); warnings still show."""
    from mmengine.logging import MMLogger
    emit = MMLogger.callHandlers

    def from_warnings_on(self, record):
        if record.levelno >= logging.WARNING:
            emit(self, record)

    MMLogger.callHandlers = from_warnings_on
    yield
    MMLogger.callHandlers = emit


@pytest.fixture(autouse=True, scope='session')
def metafiles_are_read_once():
    """mmengine reads all metafiles of MMSeg, for half a second, at each ``mmseg::`` base."""
    from mmengine.config import utils
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, 'load', functools.cache(utils.load))
        yield


@pytest.fixture(autouse=True, scope='session')
def two_threads():
    """The tensors here are tiny; more threads than cores only wait for each other."""
    before = torch.get_num_threads()
    beside = int(os.environ.get('PYTEST_XDIST_WORKER_COUNT', '1'))
    torch.set_num_threads(max(1, min(before, 2) // beside))
    yield
    torch.set_num_threads(before)
