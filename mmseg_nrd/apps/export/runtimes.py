"""The same segmentors in several runtimes: checked against eager logits, then timed in turns."""
from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor

from mmseg_nrd.apps.cli import load_segmentor, read_config
from mmseg_nrd.apps.cost.candidate import Settings, config_name
from mmseg_nrd.apps.cost.memory import peak_memory
from mmseg_nrd.apps.cost.size import image_size
from mmseg_nrd.apps.cost.suite import TURN_SECONDS, check_names, turn_ratios
from mmseg_nrd.apps.cost.timing import summarise_times, time_turns

from . import runners
from .check import Shape, check, random_images, shapes_around, tolerance
from .onnx_file import require_onnx, write_onnx
from .runners import MODULE_RUNTIMES, RUNTIMES, Runner, run_onnxruntime, run_onnxruntime_on
from .segmentor import ExportableSegmentor
from .trace import trace

# The threads of a runtime wait for more work for a while, and take the next one's cores:
# onnxruntime's for some 30 ms.
PAUSE_SECONDS = 0.1
_MEASURED = ('size', 'sizes', 'difference', 'tolerance', 'file_bytes', 'peak_bytes', 'seconds',
             'images_per_second', 'ratio', 'ratio_to_first_runtime', 'error')


def check_runtimes(runtimes: Sequence[str], settings: Settings) -> Dict[str, str]:
    """Versions of the packages that these runtimes need beside torch.

    Raises:
        ImportError: if one is missing.
        ValueError: if one does not run on the device, or not under autocast.
    """
    device, amp = settings.device, settings.amp
    for name, fits, needs in (('graphs', device != 'cpu', 'a GPU'),
                              ('openvino', device == 'cpu', '--device cpu')):
        if name in runtimes and not fits:
            raise ValueError(f'--runtime {name} with --device {device}: {name} needs {needs}. Fix: '
                             'leave it out, or choose another device.')
    if amp and not set(runtimes) <= set(MODULE_RUNTIMES):
        raise ValueError(f'--amp {amp} with --runtime {" ".join(runtimes)}: ONNX files compute in '
                         f'float32. Fix: only {", ".join(MODULE_RUNTIMES)} with --amp.')
    names = [name for name in runtimes if name not in MODULE_RUNTIMES]
    if names:
        require_onnx()
    if 'openvino' in names and importlib.util.find_spec('openvino') is None:
        raise ImportError('--runtime openvino: needs the package openvino, not installed here. '
                          'Fix: pip install openvino')
    return {name: importlib.import_module(name).__version__ for name in names}


def build_model(config: str, device: str = 'cpu') -> ExportableSegmentor:
    """A config's segmentor, with random weights, the same ones each time."""
    return ExportableSegmentor(load_segmentor(read_config(config), device=device)[0])


class _Case:
    """A config's model, and its file, each made when a runtime first asks for it."""

    def __init__(self, config: str, settings: Settings, folder: Path,
                 tell: Callable[[str], object]):
        self.config = config
        self.tell = tell
        self.path = folder / f'{config_name(config)}.onnx'
        self.images = settings.images('inference')
        self.device = settings.device
        self.amp = settings.amp
        self._shape = settings.shape

    @cached_property
    def model(self) -> ExportableSegmentor:
        return build_model(self.config, self.device)

    @cached_property
    def traceable(self) -> ExportableSegmentor:
        """The same model on the CPU, where it is traced and files of any size are tried."""
        return self.model if self.device == 'cpu' else build_model(self.config)

    @cached_property
    def size(self) -> Tuple[int, int]:
        return tuple(self._shape or image_size(read_config(self.config)))

    @cached_property
    def sizes(self) -> str:
        """Write the file; 'open' if it takes images of any size, 'fixed' if of this one only.

        Adaptive pooling, PSP's for one, is written without an error for the size that it is traced
        with, and then fails on others.
        """
        try:
            write_onnx(trace(self.traceable, self.size), self.path)
            run = run_onnxruntime(str(self.path), torch.get_num_threads())
            for shape in shapes_around(self.size)[1:]:
                _compare(self.traceable, run, shape)
            return 'open'
        except Exception as error:  # what else is wrong comes up again, and is raised then
            self.tell(f'for one size, since for any: {error!r:.200}')
            write_onnx(trace(self.traceable, self.size, self.images), self.path)
            return 'fixed'


def peak_bytes(runtime: str, source: str, shape: Sequence[int]) -> Optional[int]:
    """Resident memory at its peak of a process that loads a model and runs it twice.

    The libraries and the interpreter are in it. None where there is no Linux to tell.

    Raises:
        RuntimeError: if the process fails.
    """
    if sys.platform != 'linux':
        return None
    # As a file it would have this folder, and so our trace.py, before Python's own modules.
    done = subprocess.run(
        [sys.executable, '-c', Path(runners.__file__).read_text(encoding='utf-8'), runtime, source,
         'x'.join(map(str, shape)), str(torch.get_num_threads())],
        capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f'exit status {done.returncode}']
        raise RuntimeError(f'in a process of its own: {said[-1]}')
    return int(done.stdout.split()[-1])


def _compare(model: ExportableSegmentor, run: Runner, shape: Shape, device: str = 'cpu',
             amp: Optional[str] = None) -> Tuple[float, float]:
    """How far logits differ from eager ones in float32, and how far they may.

    Raises:
        ValueError: if it is farther.
    """
    def run_on_cpu(images: Tensor) -> Tensor:
        logits = run(images.numpy() if device == 'cpu' else images.to(device))
        tensor = logits if isinstance(logits, Tensor) else torch.from_numpy(
            logits if isinstance(logits, np.ndarray) else logits.numpy())
        return tensor.float().to(device)

    (_, difference, scale), = check(model, run_on_cpu, [shape], device)
    # bfloat16 keeps three bits fewer than half precision.
    allowed = tolerance(scale, fp16=amp is not None) * (8 if amp == 'bf16' else 1)
    if not difference <= allowed:
        raise ValueError(f'its logits differ from eager ones by {difference:.1e}: must be '
                         f'{allowed:.1e} or less. Fix: leave this runtime out.')
    return difference, allowed


def _load(case: _Case, runtime: str) -> Runner:
    threads = torch.get_num_threads()
    if runtime in MODULE_RUNTIMES:
        return RUNTIMES[runtime](case.model, threads, case.device, case.amp)
    if case.device == 'cpu':
        return RUNTIMES[runtime](str(case.path), threads)
    return run_onnxruntime_on(str(case.path), threads, case.device)


def _prepare(case: _Case, runtime: str, row: dict) -> Callable[[], object]:
    """Load a model into a runtime, check it, and fill in its row; returns what to time."""
    row['size'] = case.size
    is_file = runtime not in MODULE_RUNTIMES
    if is_file:
        row['sizes'] = case.sizes
        row['file_bytes'] = case.path.stat().st_size
    run = _load(case, runtime)
    shape = (row['images'], *case.size)
    row['difference'], row['tolerance'] = _compare(case.model, run, shape, case.device, case.amp)
    images = random_images(shape, case.model.channels)
    if case.device == 'cpu':
        step = partial(run, images.numpy())
        if not case.amp:
            source = str(case.path) if is_file else case.config
            row['peak_bytes'] = peak_bytes(runtime, source, images.shape)
    else:
        step = partial(run, images.to(case.device))
        # Graphs hold their memory from when they were captured on, which is before this.
        if runtime in ('torch', 'compile'):
            row['peak_bytes'] = peak_memory(step, case.device)
    return step


def measure_runtimes(configs: Sequence[str], runtimes: Sequence[str], settings: Settings,
                     baseline: Optional[str] = None,
                     tell: Callable[[str], object] = lambda text: None) -> List[Dict[str, object]]:
    """Load every config into every runtime, then time all of them in turns, in this process.

    Each is the whole segmentor, from pixels to logits of the image's size.

    Args:
        configs (Sequence[str]): Paths or upstream names.
        runtimes (Sequence[str]): Of ``RUNTIMES``.
        settings (Settings): ``device``, ``shape``, ``batch``, ``amp`` and ``rounds`` count.
        baseline (str, optional): As in :func:`~mmseg_nrd.apps.cost.suite.check_names`.
        tell (Callable): Is told what is being done, and how far logits differ.

    Returns:
        list[dict]: a row for each config and runtime: its figures, or its error.

    Raises:
        ImportError: if the package of a runtime is missing.
        ValueError: if two configs have the same name, or none the baseline's, or a runtime does
            not go with the settings.
    """
    baseline = check_names(configs, baseline)
    check_runtimes(runtimes, settings)
    # On a GPU too, float32 is what logits are compared in.
    torch.backends.cudnn.allow_tf32 = False
    rows, steps = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for number, config in enumerate(configs, start=1):
            case = _Case(config, settings, Path(folder), tell)
            for runtime in dict.fromkeys(runtimes):
                key = config_name(config), runtime
                row = rows[key] = dict(
                    name=key[0], config=config, runtime=runtime, baseline=baseline,
                    images=case.images, **dict.fromkeys(_MEASURED))
                tell(f'[{number}/{len(configs)}] loading {key[0]} into {runtime}')
                try:
                    steps[key] = _prepare(case, runtime, row)
                    tell(f"maximum difference {row['difference']:.1e}, of {row['tolerance']:.1e} "
                         'allowed')
                except Exception as error:  # whatever a runtime cannot do is its row's result
                    row['error'] = f'{type(error).__name__}: {error}'
        tell(f'timing {len(steps)} steps, {settings.rounds} rounds')
        seconds = time_turns(
            steps, settings.rounds, warmup=1, turn_seconds=TURN_SECONDS,
            pause_seconds=PAUSE_SECONDS, tell=tell)
    for (name, runtime), turns in seconds.items():
        row = rows[name, runtime]
        row['seconds'] = dict(asdict(summarise_times(turns)), turns=turns)
        row['images_per_second'] = row['images'] / row['seconds']['median']
        for key, other in (('ratio', (baseline, runtime)),
                           ('ratio_to_first_runtime', (name, runtimes[0]))):
            if other in seconds:
                row[key] = turn_ratios(turns, seconds[other])
    return list(rows.values())
