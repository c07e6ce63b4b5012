"""Where a checkpoint is, and whether it holds weights."""
from __future__ import annotations

import pytest
import torch
from hostile_cases import needs_torch_2_6
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

from mmseg_nrd.compat import CheckpointError, check_weights, find_checkpoint


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
                                    'open-mmlab:s3://x.pth', 'torchvision://resnet18'])
def test_other_addresses_are_left_to_mmengine(source):
    assert find_checkpoint(source) == source


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


@pytest.mark.parametrize('error', [KeyError('mine'), OSError('mine'), ValueError('mine')])
def test_a_registered_loader_fails_in_its_own_words(error, monkeypatch):
    def load_store(filename, map_location=None):
        raise error
    monkeypatch.setattr(CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes))
    CheckpointLoader.register_scheme(prefixes='store:', loader=load_store)
    with pytest.raises(type(error)) as caught:
        load('store:a.pth')
    assert caught.value is error


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


NO_WEIGHTS = [
    ([1, 2], 'list'), (torch.zeros(2), 'Tensor'), ({'state_dict': [1]}, 'list'),
    ({'state_dict': None}, 'NoneType'), ({'state_dict': {1: torch.zeros(1)}}, '1'),
    ({2: torch.zeros(1)}, '2')]


@pytest.mark.parametrize('content, word', NO_WEIGHTS, ids=str)
def test_what_holds_no_weights_by_name(content, word):
    with pytest.raises(CheckpointError, match=f'^x.pth: holds .*{word}.* Fix: '):
        check_weights('x.pth', content)


@pytest.mark.parametrize('content, word', NO_WEIGHTS, ids=str)
def test_mmengine_loads_it_all_the_same(content, word, tmp_path):
    # As a tensor, which MMSeg's VPD reads its class embeddings from.
    torch.save(content, tmp_path / 'x.pth')
    assert str(load(str(tmp_path / 'x.pth'))) == str(content)
