"""This package's own configs, from any folder."""
from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_INSTALLED = _PACKAGE / '.mim'


def find_config(name: str) -> str:
    """The path of a config, or of a list of configs.

    What lies at ``name`` is taken, wherever that is. Else it may be one of this package's: by its
    path in the repository, ``configs/...``, or by its bare file name, as mim takes it. Any other
    name is not guessed at.

    Args:
        name (str): Path, bare file name, or upstream name with ``::``.

    Returns:
        str: the path; ``name`` itself if nothing of the kind is there, for the reader to refuse.
    """
    if Path(name).is_file():
        return name
    # Where links cannot be made, the folder of an editable install stays empty.
    root = _INSTALLED if (_INSTALLED / 'configs').is_dir() else _PACKAGE.parent
    first, *rest = Path(name).parts or ('',)
    if first == 'configs':
        found = [root / name]
    elif not rest:
        # File names are unique, for mim's sake.
        found = [path for path in (root / 'configs').resolve().rglob('*') if path.name == first]
    else:
        found = []
    return next((str(path.resolve()) for path in found if path.is_file()), name)
