"""Whether the zip file of a checkpoint is as it was written."""
from __future__ import annotations

import zipfile

from mmseg_nrd.compat import CheckpointError, explain_unreadable

# Of an entry that is marked so torch reads nothing, and leaves the tensor's memory as it was.
_DIRECTORY = 0x10


def check_archive(path: str) -> None:
    """Look for wrong bytes in a checkpoint; torch itself looks for missing ones only.

    The old format of torch has no checksums and passes.

    Args:
        path (str): Of a file.

    Raises:
        CheckpointError: if an entry has another checksum or another kind than it was written with.
    """
    with explain_unreadable(path):
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            faults = [] if broken is None else [f'wrong checksum of {broken}']
            faults += [f'{entry.filename} is marked as a folder' for entry in archive.infolist()
                       if entry.external_attr & _DIRECTORY]
            if faults:
                raise CheckpointError(
                    f'{path}: cannot be read as a checkpoint ({faults[0]}). It is torn. Fix: '
                    'replace it by a whole copy, or choose another one.')
