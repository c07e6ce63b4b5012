"""Say which part of a config is at fault when something cannot be built from it."""
from __future__ import annotations

import contextlib
import re
import traceback
from typing import Any, Iterator, List, Mapping

from mmengine.config import Config


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


def _under_construction(error: BaseException) -> List[Mapping]:
    """The configs that were being built when it was raised, outermost first."""
    configs = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        config = _plain(frame.f_locals.get('cfg'))
        # Runner.from_cfg, the registries' functions, and mmcv's build_norm_layer(cfg, ...).
        builds = frame.f_code.co_name.startswith(('build_', 'from_cfg'))
        if builds and isinstance(config, Mapping) and config not in configs:
            configs.append(config)
    return configs


def _find(value: Any, wanted: Mapping, path: str) -> Iterator[str]:
    """Every place at or below ``value`` where a config like ``wanted`` stands."""
    if isinstance(value, Mapping):
        if dict(value) == dict(wanted):
            yield path
        for key, inner in value.items():
            yield from _find(inner, wanted, f'{path}.{key}' if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _find(inner, wanted, f'{path}[{index}]')


def _place(cfg: Mapping, configs: List[Mapping]) -> str:
    """Where the innermost config stands in the whole one; its type alone if it is not there."""
    outer, path = cfg, ''
    for config in configs:
        for found in _find(outer, config, ''):
            path = f'{path}.{found}'.strip('.') if found else path
            outer = config
            break
    kind = configs[-1].get('type', 'no type')
    kind = getattr(kind, '__name__', kind)
    if outer is not configs[-1]:
        return f'a config of {kind}'
    return f'{path} ({kind})' if path else 'the config'


def describe(error: BaseException, cfg: Config) -> str:
    """One sentence on what cannot be built; empty if nothing was being built.

    Args:
        error (BaseException): As it was caught, with its traceback.
        cfg (Config): The whole config.

    Returns:
        str: The place in the config, the error, and which keys to look at: those that the error
        or the line that raised it names, else all of that place.
    """
    configs = _under_construction(error)
    if not configs:
        return ''
    place = _place(_plain(cfg), configs)
    if 'Fix: ' in str(error):
        return f'{place}: {error}'
    last = traceback.extract_tb(error.__traceback__)[-1]
    keys = {key: value for key, value in configs[-1].items() if key != 'type'}
    named = {key: value for key, value in keys.items()
             if re.search(rf'\b{re.escape(str(key))}\b', f'{error} {last.line}')}
    given = ', '.join(f'{key}={value!r}' for key, value in (named or keys).items())
    return (f'{place}: {type(error).__name__}: {error} (`{last.line}`, {last.filename}:'
            f'{last.lineno}). Fix: correct what it names{" or one of " * bool(given)}{given}.')


@contextlib.contextmanager
def config_errors_in_a_sentence(cfg: Config) -> Iterator[None]:
    """End the program with a sentence instead of a traceback when a config cannot be built.

    Errors that come from anything else, such as from an iteration of training, pass.

    Args:
        cfg (Config): The whole config.
    """
    try:
        yield
    except Exception as error:
        sentence = describe(error, cfg)
        if not sentence:
            raise
        raise SystemExit(f'error: {sentence}') from error
