"""Where a checkpoint is, whether it can be read, and whether it holds weights."""
from __future__ import annotations

import pickle
import zipfile

import pytest
import torch
from hostile_cases import bomb, needs_torch_2_6
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

from mmseg_nrd.compat import CheckpointError, explain_unreadable, find_checkpoint, weights_of


def load(source):
    return CheckpointLoader.load_checkpoint(source, map_location='cpu', logger='silent')


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / 'my weights.pth'
    torch.save({'weight': torch.full((1, 1), 3.)}, path)
    return path


@needs_torch_2_6
@pytest.mark.parametrize('source', [
    str, lambda path: path.as_uri(), lambda path: f'file://localhost{path}', lambda path: '~/'
    + path.name], ids=['path', 'uri', 'uri of this machine', 'home'])
def test_a_file_by_any_of_its_names(source, weights, monkeypatch):
    monkeypatch.setenv('HOME', str(weights.parent))
    assert find_checkpoint(source(weights)) == str(weights)
    layer = torch.nn.Linear(1, 1)
    load_checkpoint(layer, source(weights))
    assert layer.weight.item() == 3


@pytest.mark.parametrize('source', ['http://127.0.0.1/x.pth', 's3://bucket/x.pth',
                                    'open-mmlab:s3://x.pth', 'torchvision://resnet18',
                                    'package://nowhere/x.pth'])
def test_other_addresses_are_left_to_mmengine(source):
    assert find_checkpoint(source) == source


def test_weights_in_an_installed_package(weights, tmp_path, monkeypatch):
    package = tmp_path / 'models_by_pip'
    package.mkdir()
    (package / '__init__.py').write_text('raise SystemExit("imported")')
    weights.rename(package / 'a.pth')
    torch.save(bomb('beside weights', tmp_path / 'marker'), package / 'bomb.pth')
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load('package://models_by_pip/a.pth')['weight'].item() == 3
    with pytest.raises(CheckpointError, match='models_by_pip.bomb.pth: .*more than weights'):
        load('package://models_by_pip/bomb.pth')
    assert not (tmp_path / 'marker').exists()
    torch.save({'weight': torch.ones(1)}, tmp_path / 'beside.pth')
    for source, words in (
            ('models_by_pip/../beside.pth', 'no file'),
            (f'models_by_pip/{tmp_path}/beside.pth', 'no file'),
            ('models_by_pip/b.pth', 'no file .*models_by_pip.b.pth. Fix: '),
            ('not_there_at_all/a.pth', 'Fix: pip install not-there-at-all'),
            ('models_by_pip.sub/a.pth', 'no package'), ('json.py', 'no package')):
        with pytest.raises(FileNotFoundError, match=words):
            load(f'package://{source}')


# The last one takes the place of mmengine's own loader of files.
@pytest.mark.parametrize('prefix, source', [
    ('store:', 'store:a.pth'), (r'\w+@', 'me@a.pth'), ('/store/', '/store/a.pth'), ('~', '~/a.pth'),
    ('file://', 'file://store/a.pth'), ('', 'a.pth')])
def test_a_registered_loader_is_asked(prefix, source, monkeypatch):
    def load_store(filename, map_location=None):
        return asked.append((filename, map_location)) or 'what it loads'
    asked = []
    monkeypatch.setattr(CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes))
    CheckpointLoader.register_scheme(prefixes=prefix, loader=load_store, force=True)
    assert load(source) == 'what it loads' and asked == [(source, 'cpu')]
    assert find_checkpoint(source) == source


@pytest.mark.parametrize('source, words', [
    ('nowhere.pth', 'no such file'), ('file:///nowhere.pth', 'no such file'),
    ('nothing://nowhere.pth', 'no such file'), ('/', 'is a folder'), ('file:///', 'is a folder'),
    ('file://elsewhere/x.pth', "is on 'elsewhere'")])
def test_what_is_not_there(source, words):
    with pytest.raises(CheckpointError, match=f'{words}.* Fix: ') as caught:
        find_checkpoint(source)
    assert repr(source) in str(caught.value)
    # Callers of mmengine may wait for its own kind of error.
    with pytest.raises(FileNotFoundError):
        load(source)


@pytest.mark.parametrize('content, word', [
    ([1, 2], 'list'), (torch.zeros(2), 'Tensor'), ({'state_dict': [1]}, 'list'),
    ({'state_dict': None}, 'NoneType'), ({'state_dict': {1: torch.zeros(1)}}, '1'),
    ({2: torch.zeros(1)}, '2')], ids=str)
def test_what_holds_no_weights_by_name(content, word, tmp_path):
    with pytest.raises(CheckpointError, match=f'^x.pth: holds .*{word}.* Fix: '):
        weights_of('x.pth', content)
    # mmengine loads it all the same: MMSeg's VPD reads its class embeddings from a tensor.
    torch.save(content, tmp_path / 'x.pth')
    assert str(load(str(tmp_path / 'x.pth'))) == str(content)


@needs_torch_2_6
@pytest.mark.parametrize('zipped', [True, False])
def test_no_shorter_piece_of_a_file_is_a_checkpoint(zipped, tmp_path):
    path = tmp_path / 'x.pth'
    torch.save({'weight': torch.ones(50)}, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    assert torch.equal(load(str(path))['weight'], torch.ones(50))
    for size in [*range(0, len(content), 7), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(CheckpointError) as caught:
            load(str(path))
        text = str(caught.value)
        assert text.startswith(f'{path}: ') and '\n' not in text
        # The end of a name in the old format may be missing; then it is an unknown one.
        assert 'torn' in text or not zipped


@needs_torch_2_6
@pytest.mark.parametrize('content', [b'no checkpoint at all\n', b'<html>404</html>', b'\x80\x02.'])
def test_a_file_of_something_else(content, tmp_path):
    (tmp_path / 'x.pth').write_bytes(content)
    with zipfile.ZipFile(tmp_path / 'zip.pth', 'w') as archive:
        archive.writestr('picture.png', content)
    for name in ('x.pth', 'zip.pth'):
        with pytest.raises(CheckpointError, match=f'{name}: '):
            load(str(tmp_path / name))


# The last is what is said of a device that is not there.
@pytest.mark.parametrize('kind, said', [
    (RuntimeError, 'its reason'), (EOFError, 'its reason'), (pickle.UnpicklingError, 'its reason'),
    (RuntimeError, 'Attempting to deserialize object on a CUDA device, please use')])
def test_who_waits_for_torchs_own_kinds_of_error_gets_them(kind, said):
    with pytest.raises(kind, match=rf'^x\.pth: .*{said}'), explain_unreadable('x.pth'):
        raise kind(said)


@pytest.mark.parametrize('error', [PermissionError(13, 'no'), OSError(5, 'a bad disk')])
def test_the_systems_own_errors_pass(error):
    with pytest.raises(OSError) as caught, explain_unreadable('x.pth'):
        raise error
    assert caught.value is error
