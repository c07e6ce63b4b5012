"""Say in a sentence why data could not be loaded, or what became of the process that loads them."""
from __future__ import annotations

import atexit
import contextlib
import re
import signal
import traceback
from typing import Iterator, Optional

# What torch says, from its handler of SIGCHLD or when the next batch does not come.
_ENDED = re.compile(r'DataLoader worker \(pid(?:\(s\))? (?P<pids>[\d, ]+)\) '
                    r'(?:is killed by signal|exited unexpectedly)')
_IN_WORKER = re.compile(r'Caught (?P<kind>\w+) in DataLoader worker process \d+\.\n')
# What mmcv says of bytes that are no image.
_UNREAD = re.compile('failed to load image: (?P<path>.+)')
# They name the file.
_OUT_OF_REACH = ('FileNotFoundError', 'IsADirectoryError', 'PermissionError')
_RESTORE = ('Fix: restore the file, or take this image out of the data set; '
            'tools/check_dataset.py lists all such files.')
# mmengine's data sets call their pipelines in it.
_LOADS_A_SAMPLE = 'prepare_data'
# torch's data loader, of a batch from a worker.
_FETCHES_A_BATCH = '_try_get_data'


def _passes_through(error: BaseException, function: str) -> bool:
    return any(frame.f_code.co_name == function
               for frame, _ in traceback.walk_tb(error.__traceback__))


def _ended_worker(error: BaseException) -> Optional[str]:
    text = ' '.join(str(error).split()).rstrip('.')
    ended = _ENDED.search(text) if isinstance(error, RuntimeError) else None
    if ended is not None:
        which = f'pid {ended["pids"]}; torch: {text}'
    # A batch is fetched from the worker's own socket, which may be gone before torch has noticed.
    elif isinstance(error, (OSError, EOFError)) and _passes_through(error, _FETCHES_A_BATCH):
        which = f'its batch could not be fetched: {type(error).__name__}: {text}'
    else:
        return None
    return (f'a process that loads data has ended ({which}). Mostly the machine ran out of '
            'memory, as dmesg tells. Fix: lower num_workers or batch_size of the data loaders; '
            'for a bus error, enlarge /dev/shm. A training goes on from its last checkpoint with '
            '--resume.')


def _faulty_sample(error: BaseException) -> Optional[str]:
    text, kind = str(error), type(error).__name__
    caught = _IN_WORKER.match(text)
    if caught is not None:
        kind = caught['kind']
        # Behind the worker's traceback, behind the name of the error.
        text = text.strip().splitlines()[-1].removeprefix(f'{kind}: ')
    elif not _passes_through(error, _LOADS_A_SAMPLE):
        return None
    unread = _UNREAD.match(text)
    if unread is not None:
        text = f"{unread['path']}: cannot be read as an image. {_RESTORE}"
    elif kind in _OUT_OF_REACH and 'Fix: ' not in text:
        text = f'{kind}: {text}. {_RESTORE}'
    # A sentence that says what to do needs no traceback; any other error does.
    return text if 'Fix: ' in text else None


def _end_without_torchs_handler() -> None:
    """At the program's end other workers end too; torch's handler would raise in what runs then."""
    if hasattr(signal, 'SIGCHLD'):
        atexit.register(signal.signal, signal.SIGCHLD, signal.SIG_DFL)


@contextlib.contextmanager
def data_errors_in_a_sentence() -> Iterator[None]:
    """End the program with a sentence when a data loader's worker is killed or a file is faulty.

    Other errors pass.
    """
    try:
        yield
    except Exception as error:
        ended = _ended_worker(error)
        if ended is not None:
            _end_without_torchs_handler()
        sentence = ended or _faulty_sample(error)
        if sentence is None:
            raise
        raise SystemExit(f'error: {sentence}') from error
