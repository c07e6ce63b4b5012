"""Configs, by path, by our file names and by upstream names."""
from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional

from mmengine.config import Config
from mmengine.hub import get_config

_PACKAGE = Path(__file__).resolve().parents[2]
_INSTALLED = _PACKAGE / '.mim'


def find_config(name: str) -> str:
    """The path of a config, or of a list of configs.

    What lies at ``name`` is taken, wherever that is. Else it may be one of this package's: by its
    path in the repository, ``configs/...``, or by its bare file name, as mim takes it. Any other
    name is returned as it is, for the reader to refuse.
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


def read_config(config: str, options: Optional[dict] = None) -> Config:
    """Read a config and lay ``--cfg-options`` over it.

    Args:
        config (str): Path, a name that :func:`find_config` knows, or one in an installed package,
            such as ``mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py``.
        options (dict, optional): Settings by their dotted keys. Defaults to None.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    if '::' in config:
        cfg = get_config(config)
    else:
        path = find_config(config)
        if not Path(path).is_file():
            raise FileNotFoundError(
                f'config {config!r}: no such file. Fix: pass the path of a config, for example '
                "one under this project's configs/.")
        cfg = Config.fromfile(path)
    cfg.merge_from_dict(options or {})
    # As mmengine's runner does.
    if 'model' in cfg and cfg.get('data_preprocessor') is not None:
        cfg.model.setdefault('data_preprocessor', cfg.data_preprocessor)
    return cfg


def load_config(args: argparse.Namespace) -> Config:
    """Read ``args.config`` and lay the options of :func:`add_config_arguments` over it.

    The work folder is the option's, else the config's, else ``work_dirs/<config name>``.

    Raises:
        FileNotFoundError: if there is no such config.
    """
    # mmengine's runner reads the rank from the environment only.
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args.config, args.cfg_options)
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(args.config).stem))
    return cfg


def type_name(config: Mapping[str, Any]) -> str:
    """The class that a config names, without its scope; newer configs hold the class itself."""
    kind = config.get('type', '')
    return kind.split('.')[-1] if isinstance(kind, str) else getattr(kind, '__name__', '')


def typed_parts(config: Any) -> Iterator[Mapping[str, Any]]:
    """Everything in a config that has a type."""
    if isinstance(config, Mapping):
        if 'type' in config:
            yield config
        config = list(config.values())
    if isinstance(config, (list, tuple)):
        for item in config:
            yield from typed_parts(item)


def check_tta(cfg: Config) -> None:
    """Refuse a config that cannot be tested with ``--tta``.

    Raises:
        ValueError: if it has no test-time augmentation, or a model that keeps no logits for it.
    """
    missing = [key for key in ('tta_pipeline', 'tta_model') if key not in cfg]
    if missing:
        raise ValueError(
            f"--tta, but the config has no {' and no '.join(missing)}. "
            'Fix: define them, as mmseg::_base_/datasets/cityscapes.py does.')
    if type_name(cfg.get('model') or {}) == 'RowBlockEncoderDecoder':
        raise ValueError(
            '--tta with model.type=RowBlockEncoderDecoder: augmentation sums up logits, which it '
            "does not keep. Fix: model.type='EncoderDecoder', and tiles for large images.")
