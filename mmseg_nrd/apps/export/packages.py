"""What exporting needs beyond what training does."""
from __future__ import annotations

import importlib.util

import torch
from torch.fx.experimental import _config as symbolic

# To write an ONNX file, and to run it.
NEEDED = ('onnx', 'onnxscript', 'onnxruntime')


def require_onnx() -> None:
    """Say in one line what to install if ONNX cannot be written or run.

    Raises:
        ImportError: if a package is missing.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f'exporting to ONNX needs {", ".join(missing)}, not installed here. '
                          f'Fix: pip install {" ".join(missing)}')


def require_tracing() -> None:
    """Say in one line that this torch would tie a graph to the sizes it is traced with.

    Raises:
        ImportError: if it is too old.
    """
    if not hasattr(symbolic, 'backed_size_oblivious'):
        raise ImportError(
            f'torch {torch.__version__}: too old to trace a model for images of any size. '
            'Fix: install a newer one; 2.13 is tested.')
