"""Configs of backbones that end at a given level."""
from __future__ import annotations

from typing import Optional, Sequence, Tuple

from mmseg.models.backbones.resnet import ResNet
from mmseg.registry import MODELS

from .drn import DRN
from .efficientnet_lite import EfficientNetLite
from .stem_resnet import StemResNetV1c


def _kind(config: dict) -> type:
    kind = config['type']
    found = MODELS.get(kind) if isinstance(kind, str) else kind
    if not isinstance(found, type):
        raise ValueError(
            f'type={kind!r}: must be a backbone that is registered in MMSeg. Fix: correct the '
            'name, or import the package that registers it.')
    return found


def _end_resnet(config: dict, stages: Sequence[int]) -> dict:
    """A ResNet's config with its stages up to the last of ``stages`` and no further."""
    full = config.get('num_stages', 4)
    if not stages or max(stages) >= full:
        raise ValueError(
            f'stages {list(stages)} of {config}: must be some of stages 0 to {full - 1}. '
            'Fix: name levels that this backbone has in out_indices and guidance_index.')
    count = max(stages) + 1
    ended = dict(config, num_stages=count, out_indices=tuple(stages))
    for name, default in dict(strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1),
                              stage_with_dcn=(False,) * 4).items():
        ended[name] = tuple(config.get(name, default))[:count]
    ended['frozen_stages'] = min(config.get('frozen_stages', -1), count)
    if count < full:
        # ResNets give it to their last stage, which is not built here.
        ended['multi_grid'] = None
    if config.get('plugins'):
        ended['plugins'] = [
            dict(plugin, stages=plugin['stages'][:count]) if plugin.get('stages') else plugin
            for plugin in config['plugins']]
    return ended


def end_backbone_at(config: dict, levels: Sequence[int]) -> Optional[Tuple[dict, Tuple[int, ...]]]:
    """Change a backbone's config so that nothing beyond the last of ``levels`` is built.

    Args:
        config (dict): Config of a ``DRN``, an ``EfficientNetLite`` or of one of MMSeg's ResNets,
            without ``out_indices``.
        levels (Sequence[int]): Rising levels that are wanted, as the backbone counts them: layers
            of a ``DRN``, stages of an ``EfficientNetLite`` or a ResNet; 0 the stem and i + 1
            stage i of a ``StemResNetV1c``.

    Returns:
        tuple[dict, tuple[int, ...]] | None: The config, and which levels that backbone hands out,
        in order. None for any other backbone.

    Raises:
        ValueError: if the backbone has no such level.
    """
    kind, levels = _kind(config), tuple(levels)
    if issubclass(kind, (DRN, EfficientNetLite)):
        frozen = min(config.get('frozen_stages', -1), levels[-1])
        return dict(config, out_indices=levels, frozen_stages=frozen), levels
    if issubclass(kind, StemResNetV1c):
        stages = [level - 1 for level in levels if level]
        return _end_resnet(config, stages), (0, *(stage + 1 for stage in stages))
    if issubclass(kind, ResNet):
        return _end_resnet(config, levels), levels
    return None
