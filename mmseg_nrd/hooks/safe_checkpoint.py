"""Delete a checkpoint only when the next one is there."""
from __future__ import annotations

import contextlib
import inspect
from typing import Any, Callable, Iterator, List, Set, Tuple

from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

# What the hook itself hands to Runner.save_checkpoint.
_HANDED = {'out_dir', 'filename', 'meta'}


def _names(function: Callable) -> Set[str]:
    return {name for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is not parameter.VAR_KEYWORD and name != 'self'}


def _options() -> Set[str]:
    return _names(CheckpointHook.__init__) | _names(Runner.save_checkpoint) - _HANDED


class _Deferring:
    """A storage backend of mmengine that keeps a list of what it should delete."""

    def __init__(self, backend: Any):
        self._backend = backend
        self.doomed: List[Tuple[Callable[[str], None], str]] = []

    def __getattr__(self, name: str):
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self.doomed.append((self._backend.remove, path))

    def rmtree(self, path: str) -> None:
        self.doomed.append((self._backend.rmtree, path))


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, which leaves a checkpoint whenever the run is killed.

    mmengine deletes what ``max_keep_ckpts`` and ``save_best`` no longer want before it writes
    the next one: with ``max_keep_ckpts=1``, a run killed in between would have none. Here it goes
    afterwards, so the disk must hold one checkpoint more. Arguments and file names are the same.
    mmengine keeps a misspelt argument until it saves, hours later; here it is refused at once.

    Raises:
        ValueError: if an argument is none that ``CheckpointHook`` or ``Runner.save_checkpoint``
            has.
    """

    def __init__(self, *args, **options):
        unknown = [f'{name}={value!r}' for name, value in options.items()
                   if name not in _options()]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)}: must be an option of a checkpoint hook: "
                f"{', '.join(sorted(_options()))}. Fix: look for a misspelling.")
        super().__init__(*args, **options)

    @contextlib.contextmanager
    def _deleting_afterwards(self) -> Iterator[None]:
        backend = self.file_backend
        self.file_backend = deferring = _Deferring(backend)
        try:
            yield
        finally:
            self.file_backend = backend
        best = getattr(self, 'best_ckpt_path_dict', {}).values()
        wanted = {self.last_ckpt, getattr(self, 'best_ckpt_path', None), *best}
        for delete, path in deferring.doomed:
            # The best of a repeated validation is written under the name of the former.
            if path not in wanted:
                delete(path)

    def _save_checkpoint_with_step(self, runner, step: int, meta: dict) -> None:
        with self._deleting_afterwards():
            super()._save_checkpoint_with_step(runner, step, meta)

    def _save_best_checkpoint(self, runner, metrics: dict) -> None:
        with self._deleting_afterwards():
            super()._save_best_checkpoint(runner, metrics)
