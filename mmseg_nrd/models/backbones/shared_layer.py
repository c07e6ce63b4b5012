"""Running part of a network again with the layers of the whole one."""
from __future__ import annotations

from typing import Iterator, List, Optional

from mmengine.model import BaseModule
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from torch import nn


class SharedLayer(nn.Module):
    """A layer that lives in another module and is only called from here.

    It holds no parameter: optimisers, checkpoints, weight averages and DistributedDataParallel
    meet the layer once, at its owner. The owner is asked for it at every call, so replacing the
    layer there (SyncBN conversion, fusing) takes effect here too.

    Args:
        owner (nn.Module): The module that holds the layer.
        name (str): The layer's name in it.
    """

    def __init__(self, owner: nn.Module, name: str):
        super().__init__()
        # A tuple, because an attribute that is a module would be registered.
        self._owner = (owner,)
        self._name = name

    @property
    def layer(self) -> nn.Module:
        return getattr(self._owner[0], self._name)

    def forward(self, *args, **kwargs):
        """What the owner's layer returns."""
        return self.layer(*args, **kwargs)

    def extra_repr(self) -> str:
        return f'{self._name} of another {type(self._owner[0]).__name__}'


def _holds_state(module: nn.Module) -> bool:
    """Whether a module has parameters or buffers itself, without its children's."""
    return bool(module._parameters or module._buffers)


def _check_same(path: str, layer: nn.Module, other: Optional[nn.Module]) -> None:
    got, wanted = (
        None if module is None else
        (f'{type(module).__name__}({module.extra_repr()})',
         {name: list(t.shape) for name, t in module.state_dict().items()})
        for module in (layer, other))
    if got != wanted:
        raise ValueError(
            f'layer {path} is {got} in the shorter branch and {wanted} in the longest: branches '
            'that share weights must be parts of one network. Fix: give their configs the same '
            'layers, or set share_weights=False.')


def share_layers(part: nn.Module, whole: nn.Module, separate_norm: bool = False) -> List[str]:
    """Let ``part`` use the layers of ``whole`` that have the same names.

    Afterwards ``part`` holds no parameter, or with ``separate_norm`` those of its norms alone,
    which start as those of ``whole``. Layers are shared where a module has parameters or
    buffers of its own; what has none (ReLU, pooling, dropout) stays that of ``part``.

    Args:
        part (nn.Module): A network like ``whole``, with no layer that ``whole`` lacks.
        whole (nn.Module): The network that keeps the parameters.
        separate_norm (bool): Whether ``part`` keeps its BatchNorms. Defaults to False.

    Returns:
        list[str]: Names of the norms that ``part`` keeps.

    Raises:
        ValueError: if a layer of ``part`` differs from that of ``whole`` or is not there, or if it
            would be shared with a BatchNorm inside that is to be kept.
    """
    if _holds_state(part):
        raise ValueError(
            f'{type(part).__name__} holds {[*part._parameters, *part._buffers]} itself, beside its '
            'layers: these cannot be shared. Fix: set share_weights=False.')
    kept = list(_share(part, whole, separate_norm, prefix=''))
    for module in part.modules():
        if isinstance(module, BaseModule):
            # What it would initialise is not its own.
            module.is_init = True
    return kept


def _share(part: nn.Module, whole: nn.Module, separate_norm: bool, prefix: str) -> Iterator[str]:
    for name, layer in list(part.named_children()):
        path, other = prefix + name, getattr(whole, name, None)
        if not _holds_state(layer):
            yield from _share(layer, other, separate_norm, f'{path}.')
            continue
        _check_same(path, layer, other)
        if separate_norm and isinstance(layer, _BatchNorm):
            yield path
            continue
        if separate_norm and any(isinstance(inner, _BatchNorm) for inner in layer.modules()):
            raise ValueError(
                f'layer {path}, {type(layer).__name__}, holds '
                f'{[*layer._parameters, *layer._buffers]} itself, beside a BatchNorm: it can only '
                'be shared as a whole. Fix: set separate_norm=False.')
        setattr(part, name, SharedLayer(whole, name))
