"""NRD and Guided Upsampling decoders as MMSegmentation components.

Importing the package checks the host (:mod:`mmseg_nrd.compat`) and registers everything,
so a config needs ``custom_imports = dict(imports=['mmseg_nrd'])`` and nothing else.
"""
from . import compat
from .version import __version__

compat.apply()

from . import datasets, engine, evaluation, models  # noqa: E402  (registering needs a mended host)

__all__ = ['__version__', 'compat', 'datasets', 'engine', 'evaluation', 'models']
