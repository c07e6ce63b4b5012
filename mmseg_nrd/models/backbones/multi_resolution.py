"""GUN's encoder: one backbone that looks at the image at two resolutions."""
from __future__ import annotations

import copy
from fractions import Fraction
from numbers import Real
from typing import Optional, Sequence, Tuple, Union

import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_nrd.checks import check_positive_int

from .branch_config import end_backbone_at
from .shared_layer import share_layers


@MODELS.register_module()
class MultiResolutionEncoder(BaseModule):
    """Multi-resolution encoder of GUN (Mazzini, BMVC 2018, arXiv 1807.07466).

    The paper's: a medium- and a low-resolution branch, made of one encoder; sharing weights
    between them beats not sharing. Reconstruction: which layers each branch runs, where its map
    is taken, the bilinear resizing, the guidance map, and BatchNorm per branch.

    The branch of the lowest resolution is the whole network (``trunk``); a branch before it is
    a part of that network and has no layer beyond the last level that is wanted of it. Shared
    layers exist once, in ``trunk``: checkpoints, freezing, weight decay and distributed training
    meet them once.

    Convention: the maps come as (guidance, medium, low), finest first, each at its branch's own
    size: an image of H x W gives a branch ceil(H * scale) x ceil(W * scale) pixels, and a level
    of stride s ceil(that / s). For a 1024 x 2048 image and the defaults on a DRN-D-22: 16
    channels at 512 x 1024, 128 at 64 x 128, 512 at 32 x 64. A head finds the guidance at index 0
    and the low branch at -1; ``MultiResolutionFusion`` brings the two branches together.

    Any backbone can be used. That a branch ends at its level is arranged for ``DRN``,
    ``EfficientNetLite``, ``StemResNetV1c`` and MMSeg's ResNets; for another, give a list with a
    config for each branch, each ending by itself where ``out_indices`` says (``num_stages``,
    ``depths`` or whatever that backbone calls it). Of shared layers the last config's say counts:
    what it freezes is frozen.

    With ``with_cp``, use a ``DRN`` or an ``EfficientNetLite`` for distributed training: the
    checkpoints in MMSeg's ResNets are reentrant, and DistributedDataParallel stops when shared
    layers run in two of them.

    Args:
        backbone (dict | list[dict]): Config of the backbone, without ``out_indices``; or one
            config for each branch.
        scales (Sequence[float]): Size at which each branch sees the image, falling. One scale
            makes a single-resolution baseline. Defaults to (1/2, 1/4).
        out_indices (Sequence[int]): The level that each branch hands out, as its backbone counts
            them: layers of a ``DRN``, stages of an ``EfficientNetLite`` or a ResNet; 0 the stem
            and i + 1 stage i of a ``StemResNetV1c``. Defaults to (4, 8).
        guidance_index (int, optional): Level of the first branch that is handed out as guidance;
            None for none. Defaults to 1.
        share_weights (bool): Whether the branches share their layers. Defaults to True.
        separate_norm (bool): Whether branches that share keep a BatchNorm each, all of them
            starting as those of ``trunk``, also where a checkpoint of an encoder is loaded whose
            branches share them. A convolution with two norms fits into no fusion, so after
            ``fuse_conv_bn`` such an encoder refuses to run. Defaults to False.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Pretrained weights of the
            backbone belong into its own config. Defaults to None.

    Raises:
        ValueError: if an argument is out of range, or layers cannot be shared.

    Example:
        >>> encoder = MultiResolutionEncoder(dict(type='DRN', depth=22)).eval()
        >>> [tuple(level.shape) for level in encoder(torch.zeros(1, 3, 128, 256))]
        [(1, 16, 64, 128), (1, 128, 8, 16), (1, 512, 4, 8)]
    """

    def __init__(self,
                 backbone: Union[dict, Sequence[dict]],
                 scales: Sequence[float] = (1 / 2, 1 / 4),
                 out_indices: Sequence[int] = (4, 8),
                 guidance_index: Optional[int] = 1,
                 share_weights: bool = True,
                 separate_norm: bool = False,
                 init_cfg=None):
        _check(scales, out_indices, guidance_index, share_weights)
        super().__init__(init_cfg)
        self.scales = tuple(float(scale) for scale in scales)
        # Of each branch, the levels that are wanted, in the order in which they come out.
        self.wanted = [(level,) for level in out_indices]
        if guidance_index is not None:
            self.wanted[0] = (guidance_index, *self.wanted[0])
        branches, self.handed_out = zip(*_build_branches(backbone, self.wanted))
        *parts, self.trunk = branches
        self.kept_norms = [share_layers(part, self.trunk, separate_norm)
                           for part in parts] if share_weights else []
        self.parts = ModuleList(parts)
        if separate_norm and not any(self.kept_norms):
            raise ValueError(
                'separate_norm=True: there must be a BatchNorm to separate, in branches that share '
                f'their layers (share_weights={share_weights}, scales={self.scales}). '
                'Fix: set separate_norm=False, or use a norm_cfg of BatchNorm.')

    def init_weights(self) -> None:
        """As any MMSeg module; then branches that keep norms of their own are given the trunk's.

        Without that, norms of the medium branch would miss the pretrained statistics. A file of
        the whole encoder has them all, or gives the trunk's as it is loaded.
        """
        fresh = not self.is_init
        super().init_weights()
        own = [self.init_cfg] if isinstance(self.init_cfg, dict) else self.init_cfg or []
        if fresh and not any('checkpoint' in config for config in own):
            self.load_state_dict(self.trunk.state_dict(prefix='trunk.'), strict=False)

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        # Of an encoder whose branches shared their norms, each branch gets the trunk's.
        if not any(key.startswith(f'{prefix}parts.') for key in state_dict):
            for number, names in enumerate(self.kept_norms):
                for name in names:
                    trunk = f'{prefix}trunk.{name}.'
                    state_dict.update({
                        f'{prefix}parts.{number}.{name}.{key[len(trunk):]}': value
                        for key, value in list(state_dict.items()) if key.startswith(trunk)})
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """Maps of a batch of images (B, 3, H, W): guidance, then one of each branch.

        Raises:
            RuntimeError: if branches keep norms of their own and the trunk's have been fused.
            ValueError: if a backbone hands out another number of levels than was asked for.
        """
        self._check_not_fused()
        out = []
        for branch, scale, handed_out, wanted in zip(
                [*self.parts, self.trunk], self.scales, self.handed_out, self.wanted):
            levels = branch(_resize(x, scale))
            if len(levels) != len(handed_out):
                raise ValueError(
                    f'{type(branch).__name__} handed out {len(levels)} levels: must be '
                    f'{len(handed_out)}, levels {handed_out}. Fix: choose levels it has in '
                    'out_indices and guidance_index, and let it be no longer than they need.')
            out += [levels[handed_out.index(level)] for level in wanted]
        return tuple(out)

    def _check_not_fused(self) -> None:
        for names in self.kept_norms:
            for name in names:
                # What every fusion leaves where the norm was.
                if isinstance(self.trunk.get_submodule(name), nn.Identity):
                    raise RuntimeError(
                        f'trunk.{name} has been fused into the convolution before it: with '
                        'separate_norm=True another branch runs that convolution with a norm of '
                        'its own. Fix: leave out fuse_conv_bn for this model.')


def _resize(x: Tensor, scale: float) -> Tensor:
    if scale == 1:
        return x
    # Strided convolutions round up too. In integers: a graph with math.ceil() cannot be saved.
    ratio = Fraction(scale).limit_denominator(10**6)
    up, down = ratio.numerator, ratio.denominator
    size = [(side * up + down - 1) // down for side in x.shape[2:]]
    return F.interpolate(x, size, mode='bilinear', align_corners=False)


def _build_branches(backbone: Union[dict, Sequence[dict]], wanted: Sequence[Sequence[int]]):
    """A backbone for each branch, with the levels that it hands out."""
    listed = isinstance(backbone, (list, tuple))
    configs = list(backbone) if listed else [backbone] * len(wanted)
    if len(configs) != len(wanted):
        raise ValueError(
            f'backbone: a list of {len(configs)} configs; must have one for each of the '
            f'{len(wanted)} scales. Fix: give {len(wanted)} configs, or a single one.')
    for number, (config, levels) in enumerate(zip(configs, wanted)):
        if not isinstance(config, dict) or 'type' not in config or 'out_indices' in config:
            raise ValueError(
                f'backbone={config!r}: must be a config with a type and without out_indices. '
                'Fix: name the levels in the out_indices of MultiResolutionEncoder.')
        levels = tuple(sorted(set(levels)))
        ended = end_backbone_at(config, levels)
        if ended is None and number + 1 < len(wanted) and not listed:
            raise ValueError(
                f"backbone type={config['type']!r}: must be a DRN, a ResNet or an "
                'EfficientNetLite for its branches to end at levels '
                f'{[max(some) for some in wanted]} by themselves. Fix: give a list of configs, '
                'one for each scale, each ending at its level.')
        config, handed_out = ended or (dict(config, out_indices=levels), levels)
        # Some backbones take things out of the configs that they are given.
        yield MODELS.build(copy.deepcopy(config)), handed_out


def _check(scales: Sequence[float], out_indices: Sequence[int], guidance_index: Optional[int],
           share_weights: bool) -> None:
    if (not isinstance(scales, (list, tuple)) or not scales
            or not all(isinstance(scale, Real) and 0 < scale <= 1 for scale in scales)
            or list(scales) != sorted(set(scales), reverse=True)):
        raise ValueError(
            f'scales={scales!r}: must be a list or tuple of falling numbers above 0 and up to 1. '
            'Fix: such as (1/2, 1/4), the finer branch first.')
    if not isinstance(out_indices, (list, tuple)) or len(out_indices) != len(scales):
        raise ValueError(
            f'out_indices={out_indices!r}: must name one level for each of the {len(scales)} '
            'scales. Fix: such as (4, 8) for two branches of a DRN.')
    for number, level in enumerate(out_indices):
        check_positive_int(f'out_indices[{number}]', level, minimum=0)
    if share_weights and max(out_indices) > out_indices[-1]:
        raise ValueError(
            f'out_indices={out_indices!r}: no branch may go deeper than the last, whose layers it '
            'shares. Fix: give the last branch the deepest level, or set share_weights=False.')
    if guidance_index is not None:
        check_positive_int('guidance_index', guidance_index, minimum=0)
        if guidance_index > out_indices[0]:
            raise ValueError(
                f'guidance_index={guidance_index}: must not lie beyond level {out_indices[0]}, '
                'where the first branch ends. Fix: choose an earlier level, or None.')
