"""What cannot be read as a checkpoint is named in one line, with a reason and a fix."""
from __future__ import annotations

import zipfile

import pytest
import torch
from hostile_cases import KINDS, bomb
from mmengine.runner.checkpoint import CheckpointLoader

from mmseg_nrd.compat import CheckpointError

pytestmark = pytest.mark.usefixtures('unpickler')


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
        assert text.startswith(f'{path}: cannot be read as a checkpoint (') and '\n' not in text
        # The end of a name in the old format may be missing; then it is an unknown one.
        assert 'Fix: ' in text and ('It is torn' in text or not zipped)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('zipped', [True, False])
def test_a_hostile_file_is_called_so(kind, zipped, tmp_path):
    path = tmp_path / 'x.pth'
    torch.save(bomb(kind, tmp_path / 'marker'), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match='asks for more than weights and training state '
                       'need; nothing of it was run. Fix: do not load it') as caught:
        load(path)
    text = str(caught.value)
    # torch's own message tells how to load the file all the same.
    assert '\n' not in text and 'weights_only' not in text and 'safe_globals' not in text


@pytest.mark.parametrize('content', [b'no checkpoint at all\n', b'<html>404</html>', b'\x80\x02.'])
def test_something_else_is_called_so(content, tmp_path):
    (tmp_path / 'x.pth').write_bytes(content)
    with pytest.raises(CheckpointError, match=r'x\.pth: cannot be read as a checkpoint \('):
        load(tmp_path / 'x.pth')


def test_a_zip_file_of_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / 'x.pth', 'w') as archive:
        archive.writestr('picture.png', b'')
    with pytest.raises(CheckpointError, match='cannot be read as a checkpoint'):
        load(tmp_path / 'x.pth')


def test_a_missing_file_is_no_unreadable_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / 'nowhere.pth')
