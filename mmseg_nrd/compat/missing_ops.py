"""``mmcv.ops`` on mmcv-lite, which has no compiled ops."""
from __future__ import annotations

import importlib
import importlib.util
import sys
import types

_EXTENSION = 'mmcv._ext'


class _MissingOps(types.ModuleType):
    """Answers for ``mmcv._ext`` while ``mmcv.ops`` is imported: each op raises when called."""

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)
        # mmcv's collect_env() asks for these; without ops it says the same.
        if name in ('get_compiler_version', 'get_compiling_cuda_version'):
            return lambda: 'n/a'

        def missing_op(*args, **kwargs):
            raise NotImplementedError(
                f"the compiled mmcv op '{name}' was called, but mmcv-lite has no compiled ops. "
                "Fix: pip uninstall mmcv-lite, then a full mmcv below 2.2 (mim install 'mmcv<2.2' "
                'where it has a wheel for your torch; docs/versions.md builds one), or choose a '
                'model that does not need this op.')

        missing_op.__name__ = name
        return missing_op


def provide_mmcv_ops() -> bool:
    """Make ``mmcv.ops`` importable with mmcv-lite.

    The stand-in for the extension is there only while ``mmcv.ops`` is imported: mmengine's
    ``mmcv_full_available()`` looks for the same name and must not find it.

    Returns:
        bool: whether the stand-in was needed. With a full mmcv nothing is touched.
    """
    if 'mmcv.ops' in sys.modules or importlib.util.find_spec(_EXTENSION) is not None:
        return False
    sys.modules[_EXTENSION] = _MissingOps(_EXTENSION)
    try:
        importlib.import_module('mmcv.ops')
    finally:
        del sys.modules[_EXTENSION]
    return True
