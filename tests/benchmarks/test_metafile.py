"""Metafiles say what the configs, their names, their headers and the claims say."""
from __future__ import annotations

import re
from pathlib import Path

import mmengine
import pytest

from benchmarks.docs.metafiles import (
    add_cost,
    config_folders,
    describe,
    format_index,
    format_metafile,
)

ROOT = Path(__file__).parents[2]
FOLDERS = sorted({path.parent for path in ROOT.glob('configs/[!_]*/*.py')})
FILES = sorted(path for folder in FOLDERS for path in folder.glob('*.py'))
ENTRIES = {entry['Name']: entry for folder in FOLDERS
           for entry in mmengine.load(folder / 'metafile.yml')['Models']}
SAMPLE = ROOT / 'configs/street_scenes/nrd_r18_1xb8-300_street-scenes-128x256.py'


def without_cost(entry: dict) -> dict:
    metadata = {key: value for key, value in entry['Metadata'].items()
                if key not in ('FLOPs', 'Parameters')}
    return dict(entry, Metadata=metadata)


def test_the_index_names_a_metafile_for_each_folder():
    assert (ROOT / 'model-index.yml').read_text() == format_index(ROOT), 'run make metafiles'
    assert mmengine.load(ROOT / 'model-index.yml')['Import'] == [
        f'configs/{folder.name}/metafile.yml' for folder in FOLDERS]
    assert config_folders(ROOT) == FOLDERS
    assert {folder.name for folder in FOLDERS} >= {
        'benchmark', 'camvid', 'gun', 'nrd', 'street_scenes', 'swap'}


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_a_metafile_lists_the_configs_of_its_folder(folder):
    entries = mmengine.load(folder / 'metafile.yml')['Models']
    assert [entry['Config'] for entry in entries] == [
        f'configs/{folder.name}/{path.name}' for path in sorted(folder.glob('*.py'))
    ], 'run make metafiles'
    assert (folder / 'metafile.yml').read_text() == format_metafile(entries)


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.stem)
def test_an_entry_says_what_its_config_says(path):
    entry = ENTRIES[path.stem]
    assert without_cost(entry) == describe(path, ROOT), 'run make metafiles'
    # mim looks for names in lower case.
    assert entry['Name'] == path.stem.lower()
    # What the file is called, by OpenMMLab's rules.
    gpus, images, iterations, thousand, height, width = re.search(
        r'_(\d+)xb(\d+)-(\d+)(k?)_.*-(\d+)x(\d+)$', path.stem).groups()
    metadata = entry['Metadata']
    assert metadata['Batch Size'] == int(gpus) * int(images)
    assert metadata['Iterations'] == int(iterations) * (1000 if thousand else 1)
    assert metadata['Crop Size'] == f'{height}x{width}'


def test_results_are_those_that_the_claims_give_as_the_papers():
    claims = (ROOT / 'docs' / 'claims.md').read_text()
    rows = re.findall(r'^\| .* \| ([\d.]+) / ([\d.]+) \| .*`(nrd_\S+)`, \d+ \|$',
                      claims, re.MULTILINE)
    assert len(rows) == 6
    results = {name: entry['Results'] for name, entry in ENTRIES.items() if 'Results' in entry}
    # This one is on the test set.
    gun, = results.pop('gun_drn-d-22_8xb1-93k_cityscapes-1024x2048')
    assert gun['Dataset'] == 'Cityscapes test' and gun['Metrics'] == {'mIoU in the paper': 70.4}
    assert '| 70.4 mIoU at 33.3 FPS' in claims
    assert {name: each['Metrics'] for name, (each,) in results.items()} == {
        name: {'mIoU in the paper': float(one), 'mIoU(ms+flip) in the paper': float(many)}
        for one, many, name in rows}
    for name, (each,) in results.items():
        assert each['Dataset'] == ENTRIES[name]['Metadata']['Training Data']


@pytest.mark.parametrize('name, parts', [
    ('gun_drn-d-22_8xb1-93k_cityscapes-1024x2048', 'MultiResolutionEncoder DRN '
     'MultiResolutionFusion GuidedUpsamplingHead FCNHead'),
    ('pointrend_r18_1xb8-300_street-scenes-128x256', 'ResNetV1c FPN FPNHead PointHead'),
])
def test_wrapped_parts_and_cascades_are_named_too(name, parts):
    assert ENTRIES[name]['Metadata']['Architecture'] == parts.split()


def test_the_cost_is_counted():
    entry = describe(SAMPLE, ROOT)
    add_cost(entry, ROOT)
    assert entry == ENTRIES[SAMPLE.stem], 'run make metafiles'
    assert entry['Metadata']['FLOPs'] > 1e8


def write_config(path, paper):
    path.write_text(f'"""A config.\n\nPaper: {paper}\n"""\n'
                    'train_dataloader = dict(batch_size=4)\ntrain_cfg = dict(max_iters=84000)\n'
                    'model = dict(data_preprocessor=dict(size=(512, 1024)))\n')
    return path


@pytest.mark.parametrize('name, paper, error', [
    ('nrd_r50.py', 'NRD, NeurIPS 2021, https://arxiv.org/abs/2107.14428', ValueError),
    ('x_4xb4-84k_cityscapes-512x1024.py', 'NRD, NeurIPS 2021', ValueError),
    ('x_4xb4-84k_loveda-512x1024.py', 'NRD, 2021, https://arxiv.org/abs/2107.14428', KeyError),
])
def test_a_config_that_says_too_little_is_refused(name, paper, error, tmp_path):
    with pytest.raises(error):
        describe(write_config(tmp_path / name, paper), tmp_path)


def test_a_paper_without_a_short_name_goes_by_its_title(tmp_path):
    path = write_config(tmp_path / 'x_4xb4-84k_cityscapes-512x1024.py',
                        'On X, and Y, CVPR 2031, https://arxiv.org/abs/1')
    assert describe(path, tmp_path)['In Collection'] == 'On X, and Y'
