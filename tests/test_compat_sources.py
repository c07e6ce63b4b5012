"""Where a checkpoint is, and what it holds, is said in a sentence when mmengine cannot use it."""
from __future__ import annotations

import pytest
import torch
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

from mmseg_nrd.compat import CheckpointError, find_checkpoint


def load(source):
    return CheckpointLoader.load_checkpoint(source, map_location='cpu', logger='silent')


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / 'my weights.pth'
    torch.save({'weight': torch.full((1, 1), 3.)}, path)
    return path


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
                                    'open-mmlab:s3://x.pth', 'torchvision://resnet18'])
def test_other_addresses_are_left_to_mmengine(source):
    assert find_checkpoint(source) == source


@pytest.mark.parametrize('source, words', [
    ('nowhere.pth', 'no such file. Fix: pass the path or URL'),
    ('file:///nowhere.pth', 'no such file. Fix: pass the path or URL'),
    ('/', 'is a folder; must be a file. Fix: '), ('file:///', 'is a folder; must be a file. Fix: '),
    ('file://elsewhere/x.pth', "is on 'elsewhere'; a file must be on this machine. Fix: "),
    ('open-mmlab://nosuch', 'no model of that name is known'),
    ('mmcls://nosuch', 'no model of that name is known')])
def test_what_is_not_there(source, words):
    for look in (load, lambda source: load_checkpoint(torch.nn.Linear(1, 1), source)):
        # Callers of mmengine may wait for its own kind of error.
        with pytest.raises(FileNotFoundError) as caught:
            look(source)
        assert isinstance(caught.value, CheckpointError)
        text = str(caught.value)
        assert text.startswith(f'checkpoint {source!r}: {words}') and 'Fix: ' in text


@pytest.mark.parametrize('source', [7, None, ['x.pth']])
def test_what_is_no_address(source):
    with pytest.raises(CheckpointError, match='must be text. Fix: '):
        load(source)


@pytest.mark.parametrize('content, words', [
    ([1, 2], 'holds a list'), (torch.zeros(2), 'holds a Tensor'),
    ({'state_dict': [1]}, "holds a list under 'state_dict'"),
    ({'state_dict': None}, "holds a NoneType under 'state_dict'"),
    ({'state_dict': {1: torch.zeros(1)}}, 'holds a parameter called 1'),
    ({2: torch.zeros(1)}, 'holds a parameter called 2')], ids=str)
def test_what_holds_no_weights(content, words, tmp_path):
    path = tmp_path / 'x.pth'
    torch.save(content, path)
    for look in (load, lambda source: load_checkpoint(torch.nn.Linear(1, 1), source)):
        with pytest.raises(CheckpointError) as caught:
            look(str(path))
        assert str(caught.value) == (
            f"{path}: {words}; must hold a dict, of parameters by name or with them under "
            "'state_dict'. Fix: save model.state_dict().")


def test_a_file_that_may_not_be_read(weights, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, 'Permission denied')
    monkeypatch.setattr(torch.serialization, '_open_file_like', refuse)
    with pytest.raises(CheckpointError, match=r'weights\.pth: cannot be read as a checkpoint '
                       r'\(PermissionError: .*Permission denied\)\. Fix: make it readable'):
        load(str(weights))
