"""The packages that only exporting to ONNX needs."""
from __future__ import annotations

import importlib.util

# To write a file, and to run it.
NEEDED = ('onnx', 'onnxscript', 'onnxruntime')


def require_onnx() -> None:
    """Say in one line what to install if ONNX cannot be written or run.

    Raises:
        ImportError: if a package is missing.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f'exporting to ONNX needs {", ".join(missing)}, not installed here. '
                          "Fix: pip install 'mmseg_nrd[export]'")
