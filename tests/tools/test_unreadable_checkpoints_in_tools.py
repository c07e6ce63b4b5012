"""Every tool that loads a checkpoint refuses a hostile or torn one in a sentence."""
from __future__ import annotations

import runpy
import sys

import pytest
import torch
from hostile_cases import bomb
from mmengine.registry import DefaultScope
from street_scene_configs import NRD, ROOT

TOOLS = ('train to resume', 'train from weights', 'test', 'convert_checkpoint', 'predict',
         'export_onnx', 'export_torch')


@pytest.fixture
def call(monkeypatch, capsys):
    """Run a tool in this process; returns the error it ends with."""

    def run(name: str, *arguments) -> str:
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        monkeypatch.syspath_prepend(str(ROOT / 'tools'))
        with DefaultScope.overwrite_default_scope('mmseg'), pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / 'tools' / f'{name}.py'), run_name='__main__')
        if ended.value.code != 2:
            return ended.value.code
        # As argparse says it: after the usage and the program's name.
        return capsys.readouterr().err.splitlines()[-1].split(': ', 1)[1]

    return run


@pytest.mark.parametrize('kind', ['in the message hub', 'torn'])
@pytest.mark.parametrize('tool', TOOLS)
def test_it_is_refused_with_its_path(tool, kind, call, small, street_scenes, tmp_path):
    path, marker, work = tmp_path / 'iter_2.pth', tmp_path / 'marker', tmp_path / 'work'
    torch.save(bomb('in the message hub', marker), path)
    if kind == 'torn':
        path.write_bytes(path.read_bytes()[:-30])
    (tmp_path / 'last_checkpoint').write_text(str(path))
    image = next(street_scenes.rglob('*_leftImg8bit.png'))
    arguments = {
        'train to resume': [NRD, '--resume', '--work-dir', tmp_path, '--cfg-options', *small],
        'train from weights': [NRD, '--work-dir', work, '--cfg-options', *small,
                               f'load_from={path}'],
        'test': [NRD, path, '--work-dir', work, '--cfg-options', *small],
        'convert_checkpoint': [NRD, path, tmp_path / 'ours.pth'],
        'export_onnx': [NRD, path, '--out', tmp_path / 'x.onnx'],
        'export_torch': [NRD, path, '--out', tmp_path / 'x.pt2'],
        'predict': [image, '--config', NRD, '--checkpoint', path, '--out', work, '--quiet'],
    }[tool]
    said = call(tool.split()[0], *arguments)
    assert said.startswith(f'error: {path}: cannot be read as a checkpoint (') and 'Fix: ' in said
    assert ('It is torn' if kind == 'torn' else 'nothing of it was run') in said
    assert not marker.exists()
