"""Say which part of a config is at fault when something cannot be built from it."""
from __future__ import annotations

import contextlib
import re
import traceback
from types import FrameType
from typing import Any, Callable, Iterator, List, Mapping, Optional, Tuple

from mmengine.config import Config
from mmengine.runner import BaseLoop, Runner

from ..compat import CheckpointError

# Begins the name of a part that was built from no place in the config.
_NOWHERE = 'a config of '


def tell(error: BaseException) -> str:
    """Kind and text of an error, the first cause behind it, and the line that raised it."""
    first = error
    while first.__cause__ or first.__context__:
        first = first.__cause__ or first.__context__
    # mmengine's text of an import goes on with a list of folders.
    text = '; because of '.join(
        f"{type(each).__name__}: {str(each).split(', the current sys.path is')[0].strip()}"
        for each in dict.fromkeys([error, first]))
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f'{text} (`{last.line}`, {last.filename}:{last.lineno})'


def _plain(config: Any) -> Any:
    return config.to_dict() if isinstance(config, Config) else config


def _of_runner(frame: FrameType) -> bool:
    return frame.f_globals.get('__name__') == Runner.__module__


def _under_construction(error: BaseException) -> List[Tuple[Mapping, bool]]:
    """The configs that were being built when it was raised, outermost first.

    With each, whether the runner took it from the whole config, not a part from its own.
    """
    configs: List[Tuple[Mapping, bool]] = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        # Runner.from_cfg, the registries' functions, and mmcv's build_norm_layer(cfg, ...).
        if not code.co_name.startswith(('build_', '_build_', 'from_cfg')):
            continue
        arguments = [name for name in code.co_varnames[:code.co_argcount]
                     if name not in ('self', 'cls')]
        # Runner.build_dataloader(dataloader), build_train_loop(loop), and so on.
        name = 'cfg' if 'cfg' in arguments or not _of_runner(frame) else arguments[0]
        config = _plain(frame.f_locals.get(name))
        if isinstance(config, Mapping) and config not in [before for before, _ in configs]:
            configs.append((config, name != 'cfg'))
    return configs or _of_preparation(error)


def _of_preparation(error: BaseException) -> List[Tuple[Mapping, bool]]:
    """The whole config, for what ``Runner.train`` does with it between building and training."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if _of_runner(frame) and frame.f_code.co_name == 'train':
            names = [inner.f_code.co_name for inner, _ in traceback.walk_tb(error.__traceback__)]
            if not {'run', 'load_or_resume', 'call_hook'} & set(names):
                return [(_plain(frame.f_locals['self'].cfg), True)]
    return []


def _alike(value: Mapping, wanted: Mapping) -> bool:
    """Of one type, and no key with another value: builders add keys and take some away."""
    return 'type' in value and 'type' in wanted and all(
        value[key] == wanted[key] for key in value if key in wanted)


def _find(value: Any, wanted: Mapping, same: Callable[[Mapping, Mapping], bool],
          path: str = '') -> Iterator[Tuple[str, Mapping]]:
    """Every place at or below ``value`` where a config like ``wanted`` stands, and that one."""
    if isinstance(value, Mapping):
        if same(value, wanted):
            yield path, value
        for key, inner in value.items():
            yield from _find(inner, wanted, same, f'{path}.{key}' if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _find(inner, wanted, same, f'{path}[{index}]')


def _equal(value: Mapping, wanted: Mapping) -> bool:
    return dict(value) == dict(wanted)


def _place(cfg: Mapping, configs: List[Tuple[Mapping, bool]]) -> Tuple[str, Mapping]:
    """Where the innermost config stands in the whole one, and what stands there.

    If it is nowhere, its type, and where the innermost one stands that is somewhere.
    """
    outer, path, found = cfg, '', True
    for config, of_runner in configs:
        where, start = (cfg, '') if of_runner else (outer, path)
        match = next((match for same in (_equal, _alike)
                      for match in _find(where, config, same)), None)
        found = match is not None
        if match is not None:
            path, outer = f'{start}.{match[0]}'.strip('.').replace('.[', '['), match[1]
    kind = configs[-1][0].get('type')
    kind = getattr(kind, '__name__', kind)
    if not found and kind:
        return f'{path}: {_NOWHERE}{kind}' if path else f'{_NOWHERE}{kind}', configs[-1][0]
    return f'{path} ({kind})' if path and kind else path or 'the config', outer


def _is_of_options(error: BaseException) -> bool:
    """Whether what runs, not what is built, fails for its options: for certain or by all signs."""
    # These say themselves what it was: a loss, a checkpoint, a disk.
    if isinstance(error, (FloatingPointError, CheckpointError, OSError)):
        return False
    # torch before 2.5 has it elsewhere.
    if type(error).__name__ == 'OutOfMemoryError':
        return False
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    functions = {frame.f_code.co_name for frame in frames if _of_runner(frame)}
    if 'Fix: ' in str(error) or isinstance(error, TypeError) and 'call_hook' in functions:
        return True
    if 'load_or_resume' in functions:
        return False
    # What has trained an iteration, and is no validation, was given options that work.
    loops = [frame.f_locals['self'] for frame in frames
             if isinstance(frame.f_locals.get('self'), BaseLoop)]
    return bool(loops) and (len(loops) > 1 or getattr(loops[0], 'iter', 0) == 0)


def _at_work(error: BaseException, cfg: Mapping) -> Optional[Tuple[str, Mapping]]:
    """The place of the innermost part of the config that was at work, and what stands there."""
    if _is_of_options(error):
        for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
            # mmengine's own text about a hook comes from where all are called.
            worker = frame.f_locals.get('hook' if frame.f_code.co_name == 'call_hook' else 'self')
            kind = type(worker).__name__
            for path, config in _find(cfg, dict(type=kind), _alike):
                return f'{path} ({kind})', config
    return None


def describe(error: BaseException, cfg: Config) -> str:
    """One sentence on what cannot be built, or cannot work; empty if nothing of the config is.

    Args:
        error (BaseException): As it was caught, with its traceback.
        cfg (Config): The whole config.

    Returns:
        str: The place in the config, the error, and which keys to look at: those that the error
        or the line that raised it names, else all of that place.
    """
    cfg = _plain(cfg)
    configs = _under_construction(error)
    place, config = _place(cfg, configs) if configs else _at_work(error, cfg) or ('', {})
    if not place:
        return ''
    if 'Fix: ' in str(error):
        return f'{place}: {error}'
    last = traceback.extract_tb(error.__traceback__)[-1]
    keys = {key: value for key, value in config.items() if key != 'type'}
    named = {key: value for key, value in keys.items()
             if re.search(rf'\b{re.escape(str(key))}\b', f'{error} {last.line}')}
    given = ', '.join(f'{key}={value!r}' for key, value in
                      (named or ({} if place == 'the config' else keys)).items())
    return (f'{place}: {type(error).__name__}: {error} (`{last.line}`, {last.filename}:'
            f'{last.lineno}). Fix: correct what it names{" or one of " * bool(given)}{given}.')


@contextlib.contextmanager
def config_errors_in_a_sentence(*cfgs: Config) -> Iterator[None]:
    """End the program with a sentence instead of a traceback when a config cannot be built.

    So does what fails in the first iteration or in a validation, below its traceback. Errors that
    come from anything else, such as from a later iteration of training, pass, and so do those of
    checkpoints and of numbers that are none.

    Args:
        cfgs (Config): The whole config; of several, the one is named in which the fault stands.
    """
    try:
        yield
    except (CheckpointError, FloatingPointError):
        raise  # they say which file or parameter is at fault
    except Exception as error:
        said = [(describe(error, cfg), cfg) for cfg in cfgs]
        if not any(sentence for sentence, _ in said):
            raise
        if not (_under_construction(error) or 'Fix: ' in str(error)):
            # It may be no fault of the config after all.
            traceback.print_exception(type(error), error, error.__traceback__)
        sentence, cfg = min(said, key=lambda pair: not pair[0] or _NOWHERE in pair[0])
        name = f'{cfg.filename}: ' if len(cfgs) > 1 else ''
        raise SystemExit(f'error: {name}{sentence}') from error
