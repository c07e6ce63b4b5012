"""The data check as a user runs it."""
from __future__ import annotations

import json
import re

import faulty_data
import pytest
from street_scene_configs import NRD

UPSTREAM = 'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py'


def roots(root) -> list:
    return ['--cfg-options', *(f'{split}_dataloader.dataset.data_root={root}'
                               for split in ('train', 'val', 'test'))]


def test_whole_data_pass_with_an_upstream_config(tool, street_scenes, tmp_path):
    output = tool('check_dataset', UPSTREAM, '--split', 'train', 'val', 'test', '--json',
                  tmp_path / 'deep' / 'data.json', *roots(street_scenes))
    assert 'train: 6 of 6 images looked at, 6 of them with labels' in output
    assert 'val: 3 of 3' in output and 'test: 3 of 3' in output
    assert re.search(r'0 road\D+[\d,]+ .* 6 ', output) and 'reading train' in output
    told = json.loads((tmp_path / 'deep' / 'data.json').read_text())
    assert [split['split'] for split in told['splits']] == ['train', 'val', 'test']
    assert told['splits'][0]['sizes'] == [dict(height=128, width=256, images=6)]


def test_every_fault_of_every_split_is_listed(call, tmp_path):
    faulty_data.spoil(tmp_path, 'label out of range')
    faulty_data.image_path(tmp_path, 'a', 'val').write_bytes(b'')
    faulty_data.label_path(tmp_path, 'c', 'val').unlink()
    output = call('check_dataset', NRD, '--workers', 2, *roots(tmp_path), status=1)
    errors = [line for line in output.splitlines() if line.startswith('error: ')]
    assert [line.split(': ')[1] for line in errors] == [
        str(faulty_data.label_path(tmp_path)), str(faulty_data.image_path(tmp_path, 'a', 'val')),
        str(faulty_data.label_path(tmp_path, 'c', 'val'))]


@pytest.mark.parametrize('arguments, words', [
    (['nowhere.py'], 'nowhere.py'), ([NRD, *roots('nowhere')], 'looked for nowhere'),
    ([NRD, '--workers', '0'], 'workers=0')])
def test_what_cannot_be_checked_is_refused(call, arguments, words):
    last = call('check_dataset', *arguments, status=1).splitlines()[-1]
    assert re.match(f'error: .*{words}', last)


def test_what_was_read_is_told_though_the_next_split_is_missing(call, street_scenes):
    output = call('check_dataset', NRD, *roots(street_scenes),
                  'val_dataloader.dataset.data_root=nowhere', status=1)
    assert 'train: 6 of 6 images looked at' in output
    assert re.match('error: .*looked for nowhere', output.splitlines()[-1])
