"""Labels out of an ONNX file against its logits and NumPy's argmax, in turns in one process.

    python -m benchmarks.labels_in_graph CONFIG [CONFIG ...] [--shape H W] --out FILE.json
"""
from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Callable, Dict

import numpy as np
import torch

from mmseg_nrd.apps.cli import load_segmentor, read_config, silence_host_warnings
from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.cost.candidate import config_name
from mmseg_nrd.apps.cost.environment import describe_environment
from mmseg_nrd.apps.cost.suite import turn_ratios
from mmseg_nrd.apps.cost.timing import summarise_times, time_turns
from mmseg_nrd.apps.export import ExportableSegmentor, trace, write_onnx
from mmseg_nrd.apps.export.check import random_images
from mmseg_nrd.apps.export.onnx_file import silence_exporters
from mmseg_nrd.apps.export.runners import RUNTIMES
from mmseg_nrd.apps.export.runtimes import PAUSE_SECONDS


def _steps(config: str, size: tuple, folder: Path) -> Dict[tuple, Callable[[], np.ndarray]]:
    """Both ways to labels, in each runtime."""
    inner = load_segmentor(read_config(config), device='cpu')[0]
    steps: Dict[tuple, Callable[[], np.ndarray]] = {}
    for kind in ('logits', 'labels'):
        model = ExportableSegmentor(inner, labels=kind == 'labels')
        path = folder / f'{config_name(config)}_{kind}.onnx'
        write_onnx(trace(model, size), path, kind)
        images = random_images((1, *size), model.channels).numpy()
        for name in ('onnxruntime', 'openvino'):
            run = RUNTIMES[name](str(path), torch.get_num_threads())
            steps[config_name(config), name, kind] = (
                (lambda run=run, images=images: run(images)) if kind == 'labels' else
                (lambda run=run, images=images: run(images).argmax(1).astype(np.uint8)))
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+', metavar='CONFIG')
    parser.add_argument('--shape', type=int, nargs=2, default=(512, 1024), metavar=('H', 'W'))
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('--out', type=Path, required=True, metavar='FILE.json')
    args = parser.parse_args()
    silence_host_warnings()
    silence_exporters()
    steps: Dict[tuple, Callable[[], np.ndarray]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for config in args.configs:
            steps.update(_steps(config, tuple(args.shape), Path(folder)))
        turns = time_turns(
            steps, args.rounds, turn_seconds=0.2, pause_seconds=PAUSE_SECONDS, tell=print)
    rows = []
    for name, runtime, kind in steps:
        if kind == 'labels':
            outside, inside = (turns[name, runtime, each] for each in ('logits', 'labels'))
            rows.append(dict(
                config=name, runtime=runtime, logits_and_argmax=asdict(summarise_times(outside)),
                labels=asdict(summarise_times(inside)), ratio=turn_ratios(inside, outside)))
            print(f"{name}, {runtime}: {rows[-1]['ratio']['seconds']:.2f} of the time")
    write_json(args.out, dict(
        command=shlex.join(['python', '-m', 'benchmarks.labels_in_graph', *sys.argv[1:]]),
        environment=describe_environment('cpu'), rows=rows))


if __name__ == '__main__':
    main()
