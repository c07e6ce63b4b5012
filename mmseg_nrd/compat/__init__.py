"""Changes of the host, so that MMSegmentation 1.x runs on today's packages.

* :mod:`.host`: versions that cannot work are refused, and mmcv 2.2 is not.
* :mod:`.missing_ops`: ``import mmseg.models`` works with mmcv-lite, which has no compiled ops.
* :mod:`.loading`: mmengine loads checkpoints with ``weights_only=True``, from torch 2.6 on; and
  ``package://PACKAGE/FILE`` names weights in an installed package.
* :mod:`.saving`: a run that is killed while it saves keeps the checkpoint before.
* :mod:`.forks`: ``mmseg::`` configs are found where the onedl forks are installed.

:func:`apply` makes them all. It may be called again, what worked before works after it, and it
imports nothing else of this package.
"""
from .checkpoint_errors import CheckpointError, explain_unreadable
from .checkpoint_source import find_checkpoint, weights_of
from .forks import find_forked_mmseg
from .host import require_mmseg, warn_of_missing_pkg_resources
from .loading import load_checkpoints_safely, load_weights_of_packages
from .missing_ops import provide_mmcv_ops
from .saving import save_checkpoints_whole, whole_file

__all__ = [
    'CheckpointError', 'apply', 'explain_unreadable', 'find_checkpoint',
    'find_forked_mmseg', 'load_checkpoints_safely', 'load_weights_of_packages', 'provide_mmcv_ops',
    'require_mmseg', 'save_checkpoints_whole', 'warn_of_missing_pkg_resources', 'weights_of',
    'whole_file',
]


def apply() -> None:
    """Check the host and change what this package needs of it; ``import mmseg_nrd`` calls it."""
    require_mmseg()
    warn_of_missing_pkg_resources()
    find_forked_mmseg()
    provide_mmcv_ops()
    load_checkpoints_safely()
    load_weights_of_packages()
    save_checkpoints_whole()
