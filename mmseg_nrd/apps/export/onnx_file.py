"""Traced programs as ONNX files, and those run by onnxruntime."""
from __future__ import annotations

import importlib.util
import logging
import warnings
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor
from torch.export import ExportedProgram

from .runners import run_onnxruntime
from .trace import OPEN_AXES

# Grid sampling is an operator from 16 on; torch's own translations begin at 18; 20 is the first
# with the names of its modes as they are today.
OLDEST_OPSET, OPSET = 18, 20


def require_onnx() -> None:
    """Refuse to go on without the packages that write and run ONNX files: an ImportError."""
    missing = [name for name in ('onnx', 'onnxscript', 'onnxruntime')
               if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f'exporting to ONNX needs {", ".join(missing)}, not installed here. '
                          f'Fix: pip install {" ".join(missing)}')


def silence_exporters() -> None:
    """Keep to oneself what the exporters say of themselves.

    That is a deprecated call, operators of torchvision that torch goes without, what is not folded,
    and versions that :func:`write_onnx` refuses.
    """
    warnings.filterwarnings('ignore', category=FutureWarning, message='.*LeafSpec')
    for name in ('torch.onnx', 'onnxscript'):
        logging.getLogger(name).setLevel(logging.ERROR)


def check_opset(opset: int) -> None:
    """Refuse an operator set older than 18, or newer than any that the onnx package knows."""
    require_onnx()
    import onnx
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= opset <= newest:
        raise ValueError(
            f'opset {opset}: must be {OLDEST_OPSET} or newer, for which torch translates its '
            f'operators, grid sampling among them, and {newest} at most, the newest of onnx '
            f'{onnx.__version__}. Fix: --opset {OPSET}.')


def write_onnx(program: ExportedProgram, path: Path, output: str = 'logits',
               opset: int = OPSET, fp16: bool = False) -> None:
    """Write a program as one ONNX file; input ``images``, axes batch, height and width open.

    Args:
        program (ExportedProgram): From ``trace``.
        path (Path): File to write.
        output (str): Name of the output. Defaults to 'logits'.
        opset (int): Version of the operator set, 18 or newer. Defaults to 20.
        fp16 (bool): Store weights in half precision. Defaults to False.

    Raises:
        ImportError: if a package is missing.
        ValueError: if the operator set is too old or too new, or a weight too large for fp16.
    """
    check_opset(opset)
    translated = torch.onnx.export(
        program, (), dynamo=True, verbose=False, opset_version=opset, input_names=['images'],
        output_names=[output], dynamic_shapes=(OPEN_AXES,))
    got = translated.model.opset_imports['']
    if got != opset:
        raise ValueError(f'opset {opset}: torch {torch.__version__} could only write {got}. '
                         f'Fix: --opset {OPSET}.')
    translated.save(path, external_data=False)
    if fp16:
        _halve_weights(path)


def _halve_weights(path: Path) -> None:
    """Store the weights of an ONNX file in half precision; it computes in float32 as before.

    Each has a cast behind it, which runtimes work out once, when they load the file.
    """
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    model = onnx.load(path)
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != TensorProto.FLOAT:
            continue
        values, name = numpy_helper.to_array(weight), weight.name
        largest = np.abs(values).max(initial=0)
        if largest > np.finfo(np.float16).max:
            raise ValueError(f'{name}: holds {largest:.3g}; must be 65504 at most for half '
                             'precision. Fix: leave out --fp16.')
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f'{name}.half'))
        casts.append(helper.make_node('Cast', [weight.name], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.save(model, path)


def read_onnx(path: Path) -> Callable[[Tensor], Tensor]:
    """An ONNX file as a function of a batch of images, run by onnxruntime on the CPU.

    Raises:
        ImportError: if a package is missing.
    """
    require_onnx()
    run = run_onnxruntime(str(path))
    return lambda images: torch.from_numpy(run(images.numpy()))
