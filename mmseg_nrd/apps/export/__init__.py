"""Segmentors as files that run without MMSegmentation: ONNX and torch.export."""
from .check import check, tolerance
from .onnx_file import OPSET, read_onnx, write_onnx
from .segmentor import ExportableSegmentor
from .trace import read_program, trace, write_program

__all__ = [
    'OPSET', 'ExportableSegmentor', 'check', 'read_onnx', 'read_program', 'tolerance', 'trace',
    'write_onnx', 'write_program',
]
