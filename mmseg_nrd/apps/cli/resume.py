"""What ``--resume`` goes on from."""
from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import List, Tuple

from mmengine.config import Config

from mmseg_nrd.compat import CheckpointError, explain_unreadable, find_checkpoint, whole_file

from .distributed import is_first_process
from .segmentor import read_checkpoint

_NUMBERED = re.compile(r'(?:iter|epoch)_(\d+)\.pth')
# Of an entry that is marked so torch reads nothing, and leaves the tensor's memory as it was.
_DIRECTORY = 0x10


def _noted(work_dir: Path) -> str:
    """What a run wrote down as its last checkpoint; empty if it did not."""
    note = work_dir / 'last_checkpoint'
    if not note.is_file():
        return ''
    # Paths may hold any bytes.
    return os.fsdecode(note.read_bytes()).strip()


def _candidates(work_dir: Path) -> Tuple[List[Path], List[str]]:
    """Checkpoints of a run, the newest first, and what the user should know about them."""
    note, noted = work_dir / 'last_checkpoint', _noted(work_dir)
    # Other than Path.is_file, this takes any text.
    there = os.path.isfile(noted)
    last = Path(noted)
    # A folder that was moved has a note of where it was.
    folder = last.parent if there else work_dir
    numbers = {int(match[1]): path for path in (folder.iterdir() if folder.is_dir() else ())
               if (match := _NUMBERED.fullmatch(path.name))}
    newest_first = [numbers[number] for number in sorted(numbers)[::-1]]
    match = _NUMBERED.fullmatch(last.name)
    if match is None:
        # Named by the config, or nothing is known but the numbers.
        lost = noted != '' and not there
        return [last] * there + newest_first, lost * [
            f'{note}: names no checkpoint ({noted[:80]!r}); the highest number counts']
    # Higher numbers are those of an earlier run in this folder, unless they were written after
    # the note, by a run that was killed before it could renew it.
    when = note.stat().st_mtime_ns
    return [path for path in newest_first
            if int(_NUMBERED.fullmatch(path.name)[1]) <= int(match[1])
            or path.stat().st_mtime_ns >= when], []


def _check_archive(path: str) -> None:
    """Refuse wrong bytes; torch itself looks for missing ones only.

    The old format of torch has no checksums and passes.
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


def _check_training_state(path: str, checkpoint: dict) -> None:
    """Refuse what mmengine would fail on, after it has built everything."""
    if not {'meta', 'message_hub'} <= set(checkpoint):
        raise CheckpointError(
            f'{path}: holds no training state, so training cannot be resumed from it. Fix: '
            f'start from its weights: leave --resume out, with --cfg-options load_from={path}.')
    meta = checkpoint['meta']
    if not (isinstance(checkpoint['message_hub'], dict) and isinstance(meta, dict)
            and all(isinstance(meta.get(key), int) for key in ('epoch', 'iter'))):
        raise CheckpointError(
            f"{path}: its training state is not mmengine's: 'message_hub' and 'meta' must be "
            "dicts, with the integers 'epoch' and 'iter' in 'meta'. Fix: choose another one, or "
            f'start from its weights: leave --resume out, with --cfg-options load_from={path}.')


def read_training_state(path: str) -> dict:
    """Read a checkpoint of mmengine that training can be resumed from, onto the CPU.

    Raises:
        CheckpointError: if it is missing, torn or refused, or holds weights only.
    """
    file = find_checkpoint(path)
    if '://' not in file:
        _check_archive(file)
    checkpoint, _ = read_checkpoint(path)
    _check_training_state(path, checkpoint)
    return checkpoint


def prepare_resume(cfg: Config) -> List[str]:
    """Make sure that mmengine resumes from the newest whole checkpoint, with its seed.

    If the newest one is not, the folder's ``last_checkpoint`` is made to name the one before. A
    config without a seed gets the checkpoint's: mmengine would restore it only after the order
    of the images has been drawn from another one. A ``load_from`` of the config is resumed from
    instead, as mmengine does.

    Returns:
        list[str]: what the user should know. Empty if the newest checkpoint is resumed from, or
        if there is none, and training starts at the beginning.

    Raises:
        CheckpointError: if there are checkpoints, but none is whole.
    """
    work_dir = Path(cfg.work_dir)
    given = cfg.get('load_from')
    candidates, notes = ([given], []) if given is not None else _candidates(work_dir)
    state = None
    for path in candidates:
        try:
            state = read_training_state(str(path))
            break
        except CheckpointError as error:
            notes.append(str(error))
    if state is None:
        if candidates or (work_dir / 'last_checkpoint').is_file():
            raise CheckpointError('\n'.join([
                *notes, f'{given or work_dir}: there is no whole checkpoint to resume from. Fix: '
                + ('' if given is None else f'load_from=None looks in {work_dir} instead; ')
                + 'leave --resume out to start at the beginning, or put one there.']))
        return []
    if notes:
        notes.append(f'resuming from {path}')
    # Of several processes, one writes; the others wait for it when their group is formed.
    if given is None and is_first_process(cfg) and _noted(work_dir) != str(path):
        # What mmengine looks up when it resumes.
        with whole_file(work_dir / 'last_checkpoint') as unfinished:
            unfinished.write_bytes(os.fsencode(path))
    seed = state['meta'].get('seed')
    if seed is not None and cfg.get('randomness', {}).get('seed') is None:
        cfg.merge_from_dict({'randomness.seed': seed})
    return notes
