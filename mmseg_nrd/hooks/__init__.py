"""Hooks of mmengine's runner."""
from .checkpoint_fit import CheckpointFitHook, check_fit
from .finite_loss import FiniteLossHook
from .random_state import RandomStateHook
from .safe_checkpoint import SafeCheckpointHook

__all__ = [
    'CheckpointFitHook', 'FiniteLossHook', 'RandomStateHook', 'SafeCheckpointHook', 'check_fit',
]
