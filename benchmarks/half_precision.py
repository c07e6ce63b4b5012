"""What weights in half precision cost an exported file in accuracy, on a config's test set.

    python -m benchmarks.half_precision CONFIG CHECKPOINT --out FILE.json
"""
from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Dict

from mmengine.logging import MMLogger
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import PixelData

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import load_segmentor, read_config, silence_host_warnings
from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.compare.training import numbers
from mmseg_nrd.apps.cost.environment import describe_environment
from mmseg_nrd.apps.cost.size import image_size
from mmseg_nrd.apps.export import ExportableSegmentor, read_onnx, trace, write_onnx
from mmseg_nrd.apps.export.onnx_file import silence_exporters


class FileModel(BaseModel):
    """An exported file in the place of a model, for MMSeg's own test loop."""

    def __init__(self, path: Path):
        super().__init__()
        self.run = read_onnx(path)

    def forward(self, inputs, data_samples=None, mode='predict'):
        for image, sample in zip(inputs, data_samples):
            sample.pred_sem_seg = PixelData(data=self.run(image[None]))
        return data_samples

    def test_step(self, data):
        return self(data['inputs'], data['data_samples'])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('checkpoint')
    parser.add_argument('--out', type=Path, required=True, metavar='FILE.json')
    args = parser.parse_args()
    silence_host_warnings()
    silence_exporters()
    MMLogger.get_instance('half', log_level='ERROR')
    results: Dict[str, object] = dict(
        command=shlex.join(['python', '-m', 'benchmarks.half_precision', *sys.argv[1:]]),
        environment=describe_environment('cpu'))
    cfg = read_config(args.config)
    model = ExportableSegmentor(load_segmentor(cfg, args.checkpoint, 'cpu')[0], labels=True)
    program = trace(model, image_size(cfg))
    with tempfile.TemporaryDirectory() as folder:
        cfg.work_dir = folder
        for name in ('fp32', 'fp16'):
            path = Path(folder, f'{name}.onnx')
            write_onnx(program, path, 'labels', fp16=name == 'fp16')
            runner = Runner.from_cfg(cfg)
            runner.model = FileModel(path)
            results[name] = dict(numbers(runner.test()), bytes=path.stat().st_size)
    write_json(args.out, results)


if __name__ == '__main__':
    main()
