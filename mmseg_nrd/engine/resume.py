"""What ``--resume`` goes on from."""
from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import List

from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

from ..compat import CheckpointError, whole_file

# Where the launchers of mmengine (pytorch, slurm, mpi) say which process this is.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')
_NUMBERED = re.compile(r'(?:iter|epoch)_(\d+)\.pth')


def _candidates(work_dir: Path) -> List[Path]:
    """Checkpoints of a run, the newest first."""
    note = work_dir / 'last_checkpoint'
    last = Path(note.read_text(encoding='utf-8').strip() if note.is_file() else '')
    # A folder that was moved has a note of where it was.
    folder = last.parent if last.is_file() else work_dir
    numbers = {int(match[1]): path for path in (folder.iterdir() if folder.is_dir() else ())
               if (match := _NUMBERED.fullmatch(path.name))}
    match = _NUMBERED.fullmatch(last.name)
    if match is None:
        # Named by the config, or nothing is known but the numbers.
        return [last] * last.is_file() + [numbers[number] for number in sorted(numbers)[::-1]]
    # Higher numbers are those of an earlier run in this folder, unless they were written after
    # the note, by a run that was killed before it could renew it.
    noted = note.stat().st_mtime_ns
    return [numbers[number] for number in sorted(numbers)[::-1]
            if number <= int(match[1]) or numbers[number].stat().st_mtime_ns >= noted]


def read_training_state(path: str) -> dict:
    """Read a checkpoint of mmengine that training can be resumed from.

    Args:
        path (str): Path or URL.

    Returns:
        dict: what it holds, on the CPU.

    Raises:
        CheckpointError: if it is torn or refused, or holds weights only.
    """
    # torch itself looks for missing bytes, but not for wrong ones.
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
        if broken is not None:
            raise CheckpointError(
                f'{path}: cannot be read as a checkpoint (wrong checksum of {broken}). It is '
                'torn. Fix: replace it by a whole copy, or choose another one.')
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu', logger='silent')
    if not isinstance(checkpoint, dict) or not {'meta', 'message_hub'} <= set(checkpoint):
        raise CheckpointError(
            f'{path}: holds no training state, so training cannot be resumed from it. Fix: '
            f'start from its weights: leave --resume out, with --cfg-options load_from={path}.')
    return checkpoint


def prepare_resume(cfg: Config) -> List[str]:
    """Make sure that mmengine resumes from the newest whole checkpoint, with its seed.

    If the newest one is torn, the folder's ``last_checkpoint`` is made to name the one before. A
    config without a seed gets the checkpoint's: mmengine would restore it only after the order
    of the images has been drawn from another one.

    Args:
        cfg (Config): With ``work_dir``. A ``load_from`` of its own is resumed from instead, as
            mmengine does. Its ``randomness.seed`` may be set.

    Returns:
        list[str]: what the user should know. Empty if the newest checkpoint is resumed from, or
        if there is none, and training starts at the beginning.

    Raises:
        CheckpointError: if there are checkpoints, but none is whole.
    """
    work_dir, notes = Path(cfg.work_dir), []
    given = cfg.get('load_from')
    candidates = [given] if given is not None else _candidates(work_dir)
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
                'leave --resume out to start at the beginning, or put one there.']))
        return []
    if notes:
        notes.append(f'resuming from {path}')
    # Of several processes, one writes; the others wait for it when their group is formed.
    if given is None and all(os.environ.get(rank, '0') == '0' for rank in _RANKS):
        _note_last(work_dir, path)
    seed = state['meta'].get('seed')
    if seed is not None and cfg.get('randomness', {}).get('seed') is None:
        cfg.merge_from_dict({'randomness.seed': seed})
    return notes


def _note_last(work_dir: Path, path: Path) -> None:
    """What mmengine looks up when it resumes."""
    note = work_dir / 'last_checkpoint'
    if not note.is_file() or note.read_text(encoding='utf-8').strip() != str(path):
        with whole_file(note) as unfinished:
            unfinished.write_text(str(path), encoding='utf-8')
