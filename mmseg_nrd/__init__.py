"""NRD and Guided Upsampling decoders as MMSegmentation components.

Importing the package prepares the host (:mod:`mmseg_nrd.compat`) and registers all components, so
a config needs ``custom_imports = dict(imports=['mmseg_nrd'])`` and nothing else.
"""
from . import compat
from .version import __version__

compat.apply()

# Registers on a prepared host.
from . import datasets, evaluation, hooks, models, transforms  # noqa: E402

__all__ = ['__version__', 'compat', 'datasets', 'evaluation', 'hooks', 'models', 'transforms']
