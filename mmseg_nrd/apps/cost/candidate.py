"""One config of a benchmark, built and made ready to be timed."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Optional, Tuple

import torch
from torch import nn

from mmseg_nrd.apps.cli import build, read_config

from .counting import count_parts
from .fuse_norms import fuse_norms
from .memory import peak_memory
from .parts import (
    PARTS,
    Steps,
    check_segmentor,
    inference_steps,
    part_parameters,
    random_samples,
    training_steps,
)
from .published import published_score
from .size import image_channels, image_size

AMP = {'fp16': torch.float16, 'bf16': torch.bfloat16}


@dataclass(frozen=True)
class Settings:
    """How every config of a benchmark is run.

    ``shape`` is (H, W) of the images, None takes each config's own. ``batch`` None takes 1 at
    inference and 2 in training, where norms need two values. ``amp`` is one of ``AMP``, ``fuse``
    takes norms into the convolutions before them, at inference; ``rounds`` are turns of each step.
    """
    device: str = 'cpu'
    shape: Optional[Tuple[int, int]] = None
    batch: Optional[int] = None
    amp: Optional[str] = None
    channels_last: bool = False
    fuse: bool = False
    compile: bool = False
    train_step: bool = False
    rounds: int = 9

    @property
    def modes(self) -> Tuple[str, ...]:
        return ('inference', 'training') if self.train_step else ('inference',)

    def images(self, mode: str) -> int:
        """Images at a time, in a mode."""
        return self.batch or (1 if mode == 'inference' else 2)


@dataclass
class Candidate:
    """A config's figures, and what to time.

    ``size`` is (H, W) of its images, ``published`` from :func:`published_score`, and ``error`` why
    it could not be built or run. ``figures`` (parameters, multiply-adds, peak bytes) and ``steps``
    are by mode and part.
    """
    config: str
    size: Optional[Tuple[int, int]] = None
    published: Optional[Dict[str, object]] = None
    error: Optional[str] = None
    figures: Dict[str, Dict[str, Dict[str, int]]] = field(default_factory=dict)
    steps: Dict[Tuple[str, str], Callable[[], object]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return config_name(self.config)


def config_name(config: str) -> str:
    """What a row is called: the config's file name, without its ending."""
    return Path(config.split('::')[-1]).stem


def prepare(config: str, settings: Settings) -> Candidate:
    """Build a config, count what it costs, run each of its steps and measure their memory."""
    try:
        cfg = read_config(config)
        candidate = Candidate(config, tuple(settings.shape or image_size(cfg)),
                              published_score(Path(cfg.filename)))
        for mode in settings.modes:
            _prepare_mode(candidate, cfg.model, mode, settings)
        return candidate
    except Exception as error:  # whatever a config of somebody else's raises is its row's result
        return Candidate(config, error=f'{type(error).__name__}: {error}')


def _prepare_mode(candidate: Candidate, cfg: dict, mode: str, settings: Settings) -> None:
    model = _model(cfg, mode, settings)
    within = partial(_run, mode, settings)
    make_steps = partial(within, partial(_make_steps, model, candidate.size, mode, settings))
    parameters = part_parameters(model, mode == 'training')
    multiply_adds = within(lambda: count_parts(model, make_steps()))
    if settings.compile:
        _compile(model)
    figures = candidate.figures[mode] = {}
    for name, step in make_steps().items():
        step = candidate.steps[mode, name] = partial(within, step)
        step()  # what is made once, such as a compiled graph, is not the step's memory
        figures[name] = dict(
            parameters=parameters[name], multiply_adds=multiply_adds[name],
            peak_bytes=peak_memory(step, settings.device))


def _model(cfg: dict, mode: str, settings: Settings) -> nn.Module:
    model = build(cfg, settings.device)
    check_segmentor(model)
    if settings.fuse and mode == 'inference':
        model = fuse_norms(model)
    model.train(mode == 'training')
    return model.to(memory_format=torch.channels_last) if settings.channels_last else model


def _make_steps(model: nn.Module, size: Tuple[int, int], mode: str, settings: Settings) -> Steps:
    images = torch.randn(settings.images(mode), image_channels(model), *size,
                         device=settings.device)
    if settings.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    if mode == 'inference':
        return inference_steps(model, images)
    return training_steps(
        model, images, random_samples(len(images), model.num_classes, size, settings.device))


def _run(mode: str, settings: Settings, step: Callable[[], object]) -> object:
    """Run a step in the modes of torch that it is measured under."""
    with torch.inference_mode(mode == 'inference'), torch.autocast(
            settings.device, AMP.get(settings.amp), enabled=settings.amp is not None):
        return step()


def allow_recompiling() -> None:
    """Let ``torch.compile`` compile many models in one process.

    Their parts share code, and each is a compilation of its own. Past the limit dynamo would run
    them uncompiled without a word.
    """
    from torch._dynamo import config as dynamo
    # By the names that torch before 2.7 has too.
    dynamo.cache_size_limit = dynamo.accumulated_cache_size_limit = 4096
    if hasattr(dynamo, 'fail_on_cache_limit_hit'):  # from torch 2.6 on
        dynamo.fail_on_cache_limit_hit = True


def _compile(model: nn.Module) -> None:
    """Compile each part's forward pass, which heads call by that name."""
    allow_recompiling()
    for name in PARTS:
        part = getattr(model, name, None)
        for module in part if isinstance(part, nn.ModuleList) else [part] * (part is not None):
            module.forward = torch.compile(module.forward)
