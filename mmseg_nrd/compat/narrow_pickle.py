"""A pickle module for torch before 2.6, as strict as ``weights_only`` and good for training state.

It knows the opcodes that torch's own restricted unpickler knows, serves the names that torch
serves, and with them what mmengine's training state needs. Nothing else can be named or called,
and only what is listed here can be filled: no class, no function, nothing of another module.
"""
from __future__ import annotations

import functools
import pickle
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict

import torch
from torch._weights_only_unpickler import _get_allowed_globals

from .training_state import history_type, restorable_types, training_state_names

_OPCODES = [
    pickle.APPEND, pickle.APPENDS, pickle.BINFLOAT, pickle.BINGET, pickle.BININT, pickle.BININT1,
    pickle.BININT2, pickle.BINPERSID, pickle.BINPUT, pickle.BINUNICODE, pickle.BUILD,
    pickle.EMPTY_DICT, pickle.EMPTY_LIST, pickle.EMPTY_SET, pickle.EMPTY_TUPLE, pickle.GLOBAL,
    pickle.LONG1, pickle.LONG_BINGET, pickle.LONG_BINPUT, pickle.MARK, pickle.NEWFALSE,
    pickle.NEWOBJ, pickle.NEWTRUE, pickle.NONE, pickle.PROTO, pickle.REDUCE, pickle.SETITEM,
    pickle.SETITEMS, pickle.SHORT_BINSTRING, pickle.STOP, pickle.TUPLE, pickle.TUPLE1,
    pickle.TUPLE2, pickle.TUPLE3]


@functools.cache
def _names() -> dict:
    # Torch 2.6 lists these; the older ones do not.
    containers = {'collections.Counter': Counter, 'builtins.set': set,
                  'builtins.bytearray': bytearray, 'builtins.complex': complex}
    return {**_get_allowed_globals(), **containers, **training_state_names()}


@functools.cache
def _callable_ids() -> frozenset:
    """By identity, as what is loaded may claim to equal anything."""
    # Named as marks only; called, sparse tensors would believe any index.
    marks = set(map(id, {*torch._tensor_classes, *torch._storage_classes}))
    return frozenset(map(id, _names().values())) - marks


class _Handlers(dict):
    """Opcodes and what does them; the others are refused."""

    def __missing__(self, code: int):
        raise pickle.UnpicklingError(
            f'a checkpoint asks for the opcode {bytes([code])!r}, which no weights need')


class Unpickler(pickle._Unpickler):
    """The restricted unpickler; its methods are what the opcodes of the same names do."""
    dispatch = _Handlers()

    def find_class(self, module: str, name: str):
        """What a checkpoint gets for a name, which Python 2 may have given."""
        module, name = NAME_MAPPING.get(
            (module, name), (IMPORT_MAPPING.get(module, module), name))
        if f'{module}.{name}' not in _names():
            raise pickle.UnpicklingError(f'Unsupported global: GLOBAL {module}.{name}')
        return _names()[f'{module}.{name}']

    def load_reduce(self):
        arguments = self.stack.pop()
        function = self.stack[-1]
        if id(function) not in _callable_ids():
            raise pickle.UnpicklingError(f'a checkpoint asks for a call of {type(function)}')
        self.stack[-1] = function(*arguments)

    def load_newobj(self):
        arguments = self.stack.pop()
        kind = self.stack[-1]
        if kind is not torch.nn.Parameter and kind is not history_type():
            raise pickle.UnpicklingError(f'a checkpoint asks for an instance of {kind!r}')
        self.stack[-1] = kind(*arguments)

    def load_build(self):
        state = self.stack.pop()
        target = self.stack[-1]
        kind = type(target)
        if kind is OrderedDict:
            target.__dict__.update(state)
        elif kind is torch.Tensor:
            torch.Tensor.set_(target, *state)
        elif kind is torch.nn.Parameter or kind in restorable_types():
            kind.__setstate__(target, state)
        else:
            raise pickle.UnpicklingError(f'a checkpoint asks for another state of {kind}')

    def load_append(self):
        item = self.stack.pop()
        self._top(list).append(item)

    def load_appends(self):
        items = self.pop_mark()
        self._top(list).extend(items)

    def load_setitem(self):
        value, key = self.stack.pop(), self.stack.pop()
        self._top(dict, OrderedDict, Counter)[key] = value

    def load_setitems(self):
        items = self.pop_mark()
        target = self._top(dict, OrderedDict, Counter)
        for key, value in zip(items[::2], items[1::2]):
            target[key] = value

    def load_binpersid(self):
        if type(self.stack[-1]) is not tuple or self.stack[-1][:1] != ('storage',):
            raise pickle.UnpicklingError('a checkpoint asks for something kept beside it')
        super().load_binpersid()

    def _top(self, *kinds: type):
        if type(self.stack[-1]) not in kinds:
            raise pickle.UnpicklingError(
                f'a checkpoint asks for {type(self.stack[-1])} to be filled as {kinds[0]}')
        return self.stack[-1]


for _code, in _OPCODES:
    Unpickler.dispatch[_code] = getattr(Unpickler, pickle._Unpickler.dispatch[_code].__name__)


def load(file, *, encoding: str = 'ASCII'):
    """Unpickle one object, as :func:`pickle.load` does, and no more than data.

    Args:
        file (BinaryIO): Where it is read from.
        encoding (str): Of what Python 2 wrote as text.

    Returns:
        object: what ``file`` holds.

    Raises:
        pickle.UnpicklingError: if it asks for more.
    """
    return Unpickler(file, encoding=encoding).load()
