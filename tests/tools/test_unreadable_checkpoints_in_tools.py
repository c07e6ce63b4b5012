"""Every tool that loads a checkpoint refuses a hostile or torn one in a sentence."""
from __future__ import annotations

import pytest
import torch
from hostile_cases import bomb
from street_scene_configs import NRD

TOOLS = ('train to resume', 'train from weights', 'test', 'convert_checkpoint', 'predict',
         'export_onnx', 'export_torch', 'compare')


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
        'compare': [NRD, '--out', work, '--iters', 1, '--cfg-options', *small,
                    f'load_from={path}'],
        'convert_checkpoint': [NRD, path, tmp_path / 'ours.pth'],
        'export_onnx': [NRD, path, '--out', tmp_path / 'x.onnx'],
        'export_torch': [NRD, path, '--out', tmp_path / 'x.pt2'],
        'predict': [image, '--config', NRD, '--checkpoint', path, '--out', work, '--quiet'],
    }[tool]
    said = call(tool.split()[0], *arguments)
    assert said.startswith(f'error: {path}: cannot be read as a checkpoint (') and 'Fix: ' in said
    assert ('torn' if kind == 'torn' else 'nothing of it was run') in said
    assert not marker.exists()
