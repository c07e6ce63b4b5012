"""One config of a benchmark, built and made ready to be timed."""
from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Optional, Tuple

import torch
from mmengine.config import Config
from mmengine.hub import get_config
from torch import nn

from .building import build, fuse_norms
from .counting import count_parts
from .parts import (
    PARTS,
    check_segmentor,
    inference_steps,
    part_parameters,
    random_samples,
    training_steps,
)
from .peak_memory import peak_memory
from .published import published_score
from .settings import AMP, Settings
from .size import image_channels, image_size


@dataclass
class Candidate:
    """A config's figures, and what to time.

    Attributes:
        config (str): Path or upstream name, as given.
        size (tuple[int, int], optional): (H, W) of its images.
        published (dict, optional): Its accuracy by its authors, see
            :func:`~mmseg_nrd.apps.cost.published.published_score`.
        error (str, optional): Why it could not be built or run.
        parameters, multiply_adds, peak_bytes (dict): By mode and part.
        steps (dict[tuple[str, str], Callable]): By mode and part.
    """
    config: str
    size: Optional[Tuple[int, int]] = None
    published: Optional[Dict[str, object]] = None
    error: Optional[str] = None
    parameters: Dict[str, Dict[str, int]] = field(default_factory=dict)
    multiply_adds: Dict[str, Dict[str, int]] = field(default_factory=dict)
    peak_bytes: Dict[str, Dict[str, int]] = field(default_factory=dict)
    steps: Dict[Tuple[str, str], Callable[[], object]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return config_name(self.config)


def config_name(config: str) -> str:
    """What a row is called: the config's file name, without its ending."""
    return Path(config.split('::')[-1]).stem


def read_config(config: str) -> Config:
    """Read a config by its path, or by its name in a package, such as ``mmseg::``.

    Args:
        config (str): Either.

    Returns:
        Config: with a model in it.

    Raises:
        ValueError: if it describes no model.
    """
    cfg = get_config(config) if '::' in config else Config.fromfile(config)
    if 'model' not in cfg:
        raise ValueError(f'{config}: has no model. Fix: name the config of a segmentor.')
    return cfg


def prepare(config: str, settings: Settings) -> Candidate:
    """Build a config, count what it costs, run each of its steps and measure their memory.

    Args:
        config (str): Path or upstream name.
        settings (Settings): How to run it.

    Returns:
        Candidate: ready to be timed, or with its ``error``.
    """
    candidate = Candidate(config)
    try:
        _prepare(candidate, settings)
    except Exception as error:  # whatever a config of somebody else's raises is its row's result
        candidate.error = f'{type(error).__name__}: {error}'
        candidate.steps.clear()
    return candidate


def _prepare(candidate: Candidate, settings: Settings) -> None:
    cfg = read_config(candidate.config)
    _check_mask_head(cfg.model)
    candidate.published = published_score(Path(cfg.filename))
    candidate.size = tuple(settings.shape or image_size(cfg))
    for mode in settings.modes:
        _prepare_mode(candidate, cfg.model, mode, settings)


def _check_mask_head(cfg: dict) -> None:
    head = cfg.get('decode_head')
    kind = head.get('type') if isinstance(head, dict) else None
    if kind in ('MaskFormerHead', 'Mask2FormerHead') and not importlib.util.find_spec('mmdet'):
        raise ImportError(f'{kind} needs mmdet, which is not installed. Fix: install mmdet, or '
                          'leave this config out.')


def _prepare_mode(candidate: Candidate, cfg: dict, mode: str, settings: Settings) -> None:
    training = mode == 'training'
    model = _model(cfg, training, settings)
    within = _surroundings(mode, settings)
    make_steps = within(_step_maker(model, candidate.size, mode, settings))
    candidate.parameters[mode] = part_parameters(model, training)
    candidate.multiply_adds[mode] = within(lambda: count_parts(model, make_steps()))()
    if settings.compile:
        _compile(model)
    peaks = candidate.peak_bytes[mode] = {}
    for name, step in make_steps().items():
        step = candidate.steps[mode, name] = within(step)
        step()  # what is made once, such as a compiled graph, is not the step's memory
        peaks[name] = peak_memory(step, settings.device)


def _model(cfg: dict, training: bool, settings: Settings) -> nn.Module:
    model = build(cfg, settings.device)
    check_segmentor(model)
    if settings.fuse and not training:
        model = fuse_norms(model)
    model.train(training)
    return model.to(memory_format=torch.channels_last) if settings.channels_last else model


def _step_maker(model: nn.Module, size: Tuple[int, int], mode: str,
                settings: Settings) -> Callable[[], dict]:
    images = torch.randn(settings.images(mode), image_channels(model), *size,
                         device=settings.device)
    if settings.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    if mode == 'inference':
        return lambda: inference_steps(model, images)
    samples = random_samples(len(images), model.num_classes, size, settings.device)
    return lambda: training_steps(model, images, samples)


def _surroundings(mode: str, settings: Settings) -> Callable:
    """Wraps a step in the modes of torch that it runs under."""
    def within(step):
        def run():
            with torch.inference_mode(mode == 'inference'), torch.autocast(
                    settings.device, AMP.get(settings.amp), enabled=settings.amp is not None):
                return step()
        return run
    return within


def _compile(model: nn.Module) -> None:
    """Compile each part's forward pass, which heads call by that name."""
    from torch._dynamo import config as dynamo
    # Parts of many models share their code, and each is a compilation of its own. Past the limit
    # dynamo would run them uncompiled without a word.
    dynamo.recompile_limit = dynamo.accumulated_recompile_limit = 4096
    dynamo.fail_on_recompile_limit_hit = True
    for name in PARTS:
        part = getattr(model, name, None)
        for module in part if isinstance(part, nn.ModuleList) else [part] * (part is not None):
            module.forward = torch.compile(module.forward)
