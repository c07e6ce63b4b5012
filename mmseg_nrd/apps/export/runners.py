"""A segmentor in each runtime, and the program that measures the memory of one.

The program is the text of this file, ``python -c TEXT RUNTIME SOURCE BxCxHxW THREADS``. So nothing
of this package is imported here but where a runtime needs it: onnxruntime and OpenVINO are to be
seen without torch and MMSeg beside them.
"""
from __future__ import annotations

import sys
from functools import partial
from typing import Any, Callable, Optional

import numpy as np

# From images, (B, C, H, W) of uint8, to logits, (B, classes, H, W): an array on the CPU; on another
# device from and to what the runtime has there, so that no copy is timed.
Runner = Callable[[Any], Any]


def run_torch(model: Callable, threads: int, device: str = 'cpu',
              amp: Optional[str] = None) -> Runner:
    """An ``ExportableSegmentor`` as it is, under autocast to ``amp``, 'fp16' or 'bf16', if set."""
    import torch

    from mmseg_nrd.apps.cost.candidate import AMP
    torch.set_num_threads(threads)

    def run(images: Any) -> Any:
        with torch.inference_mode(), torch.autocast(device, AMP.get(amp), enabled=bool(amp)):
            return model(torch.as_tensor(images))

    return run


def run_compiled(model: Callable, threads: int, device: str = 'cpu', amp: Optional[str] = None,
                 mode: Optional[str] = None) -> Runner:
    """An ``ExportableSegmentor`` that ``torch.compile`` compiles as a whole when it first runs."""
    import torch

    from mmseg_nrd.apps.cost.candidate import allow_recompiling
    allow_recompiling()
    # Else the second config would be compiled for images of any size if the first had another.
    compiled = torch.compile(model, dynamic=False, mode=mode)
    return run_torch(compiled, threads, device, amp)


def _open_onnxruntime(path: str, threads: int, device: str) -> Any:
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are raised as well
    provider = f'{device.upper()}ExecutionProvider'
    # Else convolutions on a GPU would round to 10 bits.
    precise = {} if device == 'cpu' else {'use_tf32': '0'}
    session = onnxruntime.InferenceSession(path, options, providers=[(provider, precise)])
    # What a device lacks, a library of its for one, onnxruntime does on the CPU without a word.
    if provider not in session.get_providers():
        raise ValueError(f'onnxruntime on device {device!r}: it has {session.get_providers()}. '
                         'Fix: install onnxruntime-gpu, and what it asks for.')
    return session


def run_onnxruntime(path: str, threads: int = 0) -> Runner:
    """An ONNX file in onnxruntime; with 0 threads, as many as it chooses."""
    session = _open_onnxruntime(path, threads, 'cpu')
    return lambda images: session.run(None, {'images': images})[0]


def run_onnxruntime_on(path: str, threads: int, device: str) -> Runner:
    """The same from a tensor on a device to an ``OrtValue`` there."""
    session = _open_onnxruntime(path, threads, device)

    def run(images: Any) -> Any:
        binding = session.io_binding()
        binding.bind_input('images', device, 0, np.uint8, images.shape, images.data_ptr())
        binding.bind_output(session.get_outputs()[0].name, device)
        session.run_with_iobinding(binding)
        return binding.get_outputs()[0]

    return run


def run_openvino(path: str, threads: int) -> Runner:
    """An ONNX file in OpenVINO."""
    import openvino
    compiled = openvino.Core().compile_model(path, 'CPU', {
        'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': threads,
        # Where the CPU has bfloat16 it would compute in that, with logits 1 % off.
        'INFERENCE_PRECISION_HINT': 'f32'})
    return lambda images: compiled(images)[0]


RUNTIMES = dict(torch=run_torch, compile=run_compiled,
                graphs=partial(run_compiled, mode='reduce-overhead'), onnxruntime=run_onnxruntime,
                openvino=run_openvino)
# Those that run the module; the others run its ONNX file.
MODULE_RUNTIMES = ('torch', 'compile', 'graphs')


def _main(runtime: str, source: str, shape: str, threads: str) -> None:
    if runtime in MODULE_RUNTIMES:
        from mmseg_nrd.apps.export.runtimes import build_model
        source = build_model(source)
    run = RUNTIMES[runtime](source, int(threads))
    for _ in range(2):
        run(np.zeros([int(side) for side in shape.split('x')], np.uint8))
    # getrusage() would begin with what the process held that started this one.
    with open('/proc/self/status') as status:
        print(next(int(line.split()[1]) for line in status if line.startswith('VmHWM:')) * 1024)


if __name__ == '__main__':
    _main(*sys.argv[1:])
