"""Files that torch cannot load are named in one line, with its reason."""
from __future__ import annotations

import pickle
import zipfile

import pytest
import torch
from hostile_cases import needs_torch_2_6
from mmengine.runner.checkpoint import CheckpointLoader

from mmseg_nrd.compat import CheckpointError, explain_unreadable

pytestmark = needs_torch_2_6


def load(path):
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu', logger='silent')


@pytest.mark.parametrize('zipped', [True, False])
def test_no_shorter_piece_of_a_file_is_a_checkpoint(zipped, tmp_path):
    path = tmp_path / 'x.pth'
    torch.save({'weight': torch.ones(50)}, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    assert torch.equal(load(path)['weight'], torch.ones(50))
    for size in [*range(0, len(content), 7), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(CheckpointError) as caught:
            load(path)
        text = str(caught.value)
        assert text.startswith(f'{path}: ') and '\n' not in text
        # The end of a name in the old format may be missing; then it is an unknown one.
        assert 'torn' in text or not zipped


@pytest.mark.parametrize('content', [b'no checkpoint at all\n', b'<html>404</html>', b'\x80\x02.'])
def test_something_else(content, tmp_path):
    (tmp_path / 'x.pth').write_bytes(content)
    with pytest.raises(CheckpointError, match=r'x\.pth: '):
        load(tmp_path / 'x.pth')


def test_a_zip_file_of_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / 'x.pth', 'w') as archive:
        archive.writestr('picture.png', b'')
    with pytest.raises(CheckpointError, match=r'x\.pth: '):
        load(tmp_path / 'x.pth')


@pytest.mark.parametrize('kind', [RuntimeError, EOFError, pickle.UnpicklingError])
def test_who_waits_for_torchs_own_kinds_of_error_gets_them(kind):
    with pytest.raises(kind, match=r'^x\.pth: .*its reason'), explain_unreadable('x.pth'):
        raise kind('its reason')


@pytest.mark.parametrize('error', [PermissionError(13, 'no'), OSError(5, 'a bad disk')])
def test_the_systems_own_errors_pass(error):
    with pytest.raises(OSError) as caught, explain_unreadable('x.pth'):
        raise error
    assert caught.value is error


def test_what_torch_says_of_devices_is_kept():
    said = ('Attempting to deserialize object on a CUDA device, please use torch.load with '
            'map_location')
    with pytest.raises(RuntimeError, match=said), explain_unreadable('x.pth'):
        raise RuntimeError(said)
