"""A segmentor in each runtime, and the program that measures the memory of one.

The program is the text of this file, ``python -c TEXT RUNTIME SOURCE BxCxHxW THREADS``. So nothing
of this package is imported here but where a runtime needs it: onnxruntime and OpenVINO are to be
seen without torch and MMSeg beside them.
"""
from __future__ import annotations

import sys
from typing import Callable

import numpy as np

# From images, (B, C, H, W) of uint8, to logits, (B, classes, H, W) of float32.
Runner = Callable[[np.ndarray], np.ndarray]


def run_torch(model: Callable, threads: int) -> Runner:
    """An ``ExportableSegmentor`` as it is."""
    import torch
    torch.set_num_threads(threads)

    def run(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(images)).numpy()

    return run


def run_compiled(model: Callable, threads: int) -> Runner:
    """An ``ExportableSegmentor`` that ``torch.compile`` compiles as a whole when it first runs."""
    import torch

    from mmseg_nrd.apps.cost.candidate import allow_recompiling
    allow_recompiling()
    # Else the second config would be compiled for images of any size if the first had another.
    return run_torch(torch.compile(model, dynamic=False), threads)


def run_onnxruntime(path: str, threads: int = 0) -> Runner:
    """An ONNX file in onnxruntime; with 0 threads, as many as it chooses."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are raised as well
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    return lambda images: session.run(None, {'images': images})[0]


def run_openvino(path: str, threads: int) -> Runner:
    """An ONNX file in OpenVINO."""
    import openvino
    compiled = openvino.Core().compile_model(path, 'CPU', {
        'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': threads,
        # Where the CPU has bfloat16 it would compute in that, with logits 1 % off.
        'INFERENCE_PRECISION_HINT': 'f32'})
    return lambda images: compiled(images)[0]


RUNNERS = dict(torch=run_torch, compile=run_compiled, onnxruntime=run_onnxruntime,
               openvino=run_openvino)
# Those that run the module; the others run its ONNX file.
MODULE_RUNTIMES = ('torch', 'compile')


def _main(runtime: str, source: str, shape: str, threads: str) -> None:
    if runtime in MODULE_RUNTIMES:
        from mmseg_nrd.apps.export.runtimes import build_model
        source = build_model(source)
    run = RUNNERS[runtime](source, int(threads))
    for _ in range(2):
        run(np.zeros([int(side) for side in shape.split('x')], np.uint8))
    # getrusage() would begin with what the process held that started this one.
    with open('/proc/self/status') as status:
        print(next(int(line.split()[1]) for line in status if line.startswith('VmHWM:')) * 1024)


if __name__ == '__main__':
    _main(*sys.argv[1:])
