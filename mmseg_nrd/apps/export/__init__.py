"""Segmentors as files that run without MMSegmentation: ONNX and torch.export."""
from .check import check, tolerance
from .onnx_file import OPSET, read_onnx, write_onnx
from .segmentor import ExportableSegmentor
from .torch_file import read_program, write_program
from .trace import trace

__all__ = [
    'OPSET', 'ExportableSegmentor', 'check', 'read_onnx', 'read_program', 'tolerance', 'trace',
    'write_onnx', 'write_program',
]
