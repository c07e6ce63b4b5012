"""Mends of the host environment, so that MMSegmentation 1.x runs on today's packages.

What stands between a fresh ``pip install`` and a training run that may be killed:

* ``mmcv-lite`` has no compiled ops, and ``import mmseg.models`` asks for them;
* torch 2.6 loads checkpoints with ``weights_only=True``, which refuses the training state
  that mmengine saves, while weights from URLs are still loaded without it; older versions can
  load that state only without it;
* mmengine writes a checkpoint in place, so a run killed meanwhile leaves a torn one;
* the forks onedl-mmengine and onedl-mmsegmentation do not find each other's ``mmseg::`` configs,
  and that mmengine loads without ``weights_only`` what it cannot load with it;
* setuptools 82 dropped ``pkg_resources``, which upstream's mmengine needs for ``mmseg::`` configs.

:func:`apply` mends all but the last, which it explains. It is idempotent, it changes
nothing that works already, and it imports nothing else of this package.
"""
from .checkpoint_errors import CheckpointError, explain_unreadable
from .checkpoint_source import find_checkpoint
from .forks import find_forked_mmseg
from .host import apply, require_mmseg, require_pkg_resources
from .loading import load_checkpoints_safely
from .missing_ops import provide_mmcv_ops
from .saving import save_checkpoints_whole, whole_file

__all__ = [
    'CheckpointError', 'apply', 'explain_unreadable', 'find_checkpoint', 'find_forked_mmseg',
    'load_checkpoints_safely', 'provide_mmcv_ops', 'require_mmseg', 'require_pkg_resources',
    'save_checkpoints_whole', 'whole_file',
]
