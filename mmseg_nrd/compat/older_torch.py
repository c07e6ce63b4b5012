"""Loading as torch 2.6 does with ``weights_only``, on the versions before it."""
from __future__ import annotations

import pickle
import tarfile

from torch import serialization

from . import narrow_pickle


def load_narrowly(file, map_location=None):
    """``torch.load`` of weights and of mmengine's training state, and of nothing else.

    It goes past ``torch.load``, whose older versions give some files to other loaders, whatever
    ``weights_only`` says: TorchScript archives to ``torch.jit``, which runs what they bring, and
    tar files to ``tarfile``.

    Args:
        file (str | os.PathLike | BinaryIO): What to read.
        map_location (object): As ``torch.load`` takes it.

    Returns:
        object: what it holds.

    Raises:
        pickle.UnpicklingError: if it asks for more, or is one of those other files.
    """
    with serialization._open_file_like(file, 'rb') as opened:
        if serialization._is_zipfile(opened):
            with serialization._open_zipfile_reader(opened) as archive:
                if serialization._is_torchscript_zip(archive):
                    raise pickle.UnpicklingError('a TorchScript archive, which holds code')
                return serialization._load(
                    archive, map_location, narrow_pickle, encoding='utf-8')
        start = opened.tell()
        if tarfile.is_tarfile(opened):
            raise pickle.UnpicklingError('a tar file, as torch wrote them before 0.1.10')
        opened.seek(start)
        return serialization._legacy_load(opened, map_location, narrow_pickle, encoding='utf-8')
