"""The writer: what it writes is what MMSeg's own data sets read; all or nothing appears."""
from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import mmseg
import numpy as np
import pytest
from mmengine.config import Config
from mmseg.registry import DATASETS
from mmseg.utils import register_all_modules

from mmseg_nrd.apps.street_scenes import writer
from mmseg_nrd.apps.street_scenes.classes import CLASS_NAMES, IGNORE
from mmseg_nrd.apps.street_scenes.layouts import LAYOUTS, label_table
from mmseg_nrd.apps.street_scenes.render import render_street_scene
from mmseg_nrd.apps.street_scenes.writer import scene_seed, write_street_scenes

STOCK = Path(mmseg.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'
TOOL = Path(__file__).parents[3] / 'tools' / 'make_street_scenes.py'
COMMAND = [sys.executable, str(TOOL)]
ENVIRONMENT = {**os.environ, 'PYTHONPATH': str(TOOL.parents[1])}
SIZE = (48, 80)
NUM_TRAIN, NUM_VAL = 3, 2
# layout, stock config, class names of ours that go by another name there; None is ignored
READERS = [
    ('cityscapes', 'cityscapes', {}),
    ('ade20k', 'ade20k',
     {'traffic sign': 'signboard', 'vegetation': 'tree', 'terrain': 'grass', 'rider': 'person',
      'train': 'van', 'motorcycle': 'minibike'}),
    ('pascal_context', 'pascal_context',
     {'pole': 'background', 'traffic light': 'light', 'traffic sign': 'sign',
      'vegetation': 'tree', 'terrain': 'grass', 'rider': 'person', 'motorcycle': 'motorbike'}),
    ('pascal_context', 'pascal_context_59',
     {'pole': None, 'traffic light': 'light', 'traffic sign': 'sign', 'vegetation': 'tree',
      'terrain': 'grass', 'rider': 'person', 'motorcycle': 'motorbike'}),
]


@pytest.fixture(scope='module')
def trees(tmp_path_factory):
    root = tmp_path_factory.mktemp('trees')
    return {layout: write_street_scenes(root / layout, layout, NUM_TRAIN, NUM_VAL, SIZE, seed=4,
                                        progress=False) for layout in LAYOUTS}


def build(config, loader, root, **changes):
    """The data set of a stock config, all as it stands there but the root and the transforms."""
    register_all_modules(init_default_scope=True)
    cfg = Config.fromfile(STOCK / f'{config}.py')[loader]['dataset']
    stock = [step for step in cfg['pipeline'] if step['type'].startswith('Load')]
    return DATASETS.build({**cfg, 'data_root': str(root), 'pipeline': stock, **changes})


@pytest.mark.parametrize('split, loader, count', [('train', 'train_dataloader', NUM_TRAIN),
                                                  ('val', 'val_dataloader', NUM_VAL)])
@pytest.mark.parametrize('layout, config, renamed', READERS, ids=[r[1] for r in READERS])
@pytest.mark.filterwarnings('ignore:`reduce_zero_label`')
def test_mmseg_reads_back_what_was_rendered(trees, layout, config, renamed, split, loader, count):
    dataset = build(config, loader, trees[layout])
    assert len(dataset) == count
    theirs = list(dataset.metainfo['classes'])
    for number in range(count):
        sample = dataset[number]
        image, label = render_street_scene(scene_seed(4, split, number), SIZE)
        expected = np.full(SIZE, IGNORE)
        for index, ours in enumerate(CLASS_NAMES):
            name = renamed.get(ours, ours)
            expected[label == index] = IGNORE if name is None else theirs.index(name)
        np.testing.assert_array_equal(sample['gt_seg_map'], expected)
        lost, swapped = (np.abs(read.astype(float) - image).mean()
                         for read in (sample['img'][..., ::-1], sample['img']))
        assert lost == 0 if layout == 'cityscapes' else lost < min(8, 0.5 * swapped)


def test_layouts_keep_classes_apart_where_they_can():
    shared = {name: len(CLASS_NAMES) - len(set(label_table(name)[:19])) for name in LAYOUTS}
    assert shared == {'cityscapes': 0, 'ade20k': 1, 'pascal_context': 1}


@pytest.mark.parametrize('layout', LAYOUTS)
def test_a_split_may_be_empty(tmp_path, layout):
    root = write_street_scenes(tmp_path / 'out', layout, 1, 0, SIZE, progress=False)
    assert len(build(layout, 'train_dataloader', root)) == 1
    assert build(layout, 'val_dataloader', root, lazy_init=True).load_data_list() == []


def contents(root):
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
            for path in sorted(root.rglob('*'))}


def test_equal_seeds_give_equal_trees_and_others_share_no_image(tmp_path):
    for name, seed in (('a', 0), ('b', 0), ('c', 1)):
        write_street_scenes(tmp_path / name, 'cityscapes', 2, 2, SIZE, seed, progress=False)
    first, again, other = (contents(tmp_path / name) for name in 'abc')
    assert first == again
    images = [data for tree in (first, other) for name, data in tree.items()
              if name.endswith('leftImg8bit.png')]
    assert len(images) == len(set(images)) == 8


def test_seeds_of_trees_and_splits_do_not_meet():
    last = 2**24 - 1
    blocks = [(scene_seed(seed, split, 0), scene_seed(seed, split, last))
              for seed in range(3) for split in ('train', 'val')]
    assert blocks[0] == (0, last)
    assert all(before[1] < after[0] for before, after in zip(blocks, blocks[1:]))


@pytest.mark.parametrize('arguments, message', [
    ({'layout': 'coco'}, r"layout='coco': must be one of cityscapes, ade20k, pascal_context;"),
    ({'num_train': -1}, r'num_train=-1: num_train must be an integer of at least 0'),
    ({'num_val': 1.5}, r'num_val=1.5: num_val must be an integer'),
    ({'num_val': 2**24 + 1}, r'at most 16777216'),
    ({'num_train': 0, 'num_val': 0}, r'num_train=0 and num_val=0: at least one must be above 0'),
    ({'size': (16, 64)}, r'size=\(16, 64\).*at least 32 and 64'),
    ({'seed': -2}, r'seed=-2.*at least 0; for example seed=1'),
])
def test_wrong_arguments_are_refused_before_anything_is_made(tmp_path, arguments, message):
    defaults = {'num_train': 1, 'num_val': 1, 'size': SIZE, 'progress': False}
    with pytest.raises(ValueError, match=message):
        write_street_scenes(tmp_path / 'out', **{**defaults, **arguments})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match=r"split='test': must be one of train, val"):
        scene_seed(0, 'test', 0)


@pytest.mark.parametrize('kind', ['folder', 'file'])
def test_an_occupied_target_is_refused_and_left_alone(tmp_path, kind):
    out = tmp_path / 'out'
    if kind == 'folder':
        (out / 'leftImg8bit').mkdir(parents=True)
        (out / 'leftImg8bit' / 'mine.png').write_bytes(b'precious')
    else:
        out.write_bytes(b'precious')
    before = contents(tmp_path)
    with pytest.raises(FileExistsError, match=r'out is a .*name another, or remove it'):
        write_street_scenes(out, num_train=1, num_val=0, size=SIZE, progress=False)
    assert contents(tmp_path) == before


@pytest.mark.parametrize('error', [KeyboardInterrupt, RuntimeError])
def test_a_run_that_fails_leaves_nothing(tmp_path, monkeypatch, error):
    def fail_at_the_third(seed, size):
        if seed == 2:
            raise error
        return render_street_scene(seed, size)

    monkeypatch.setattr(writer, 'render_street_scene', fail_at_the_third)
    with pytest.raises(error):
        write_street_scenes(tmp_path / 'out', num_train=5, num_val=0, size=SIZE, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_filled_meanwhile_is_left_alone(tmp_path, monkeypatch):
    out = tmp_path / 'out'

    def interfere(seed, size):
        out.mkdir(exist_ok=True)
        (out / 'mine').write_bytes(b'precious')
        return render_street_scene(seed, size)

    monkeypatch.setattr(writer, 'render_street_scene', interfere)
    with pytest.raises(FileExistsError, match='out is a folder with something in it'):
        write_street_scenes(out, num_train=1, num_val=0, size=SIZE, progress=False)
    assert contents(tmp_path) == {'out': None, 'out/mine': b'precious'}


def test_a_killed_run_leaves_no_tree(tmp_path):
    out = tmp_path / 'out'
    process = subprocess.Popen([*COMMAND, out, '--train', '100000', '--size', *map(str, SIZE)],
                               env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob('out.partial-*/leftImg8bit/train/*/*.png'))) < 5:
            assert process.poll() is None and not out.exists() and time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert not out.exists()


def test_the_command_line_fills_an_empty_folder_and_shows_how_far_it_is(tmp_path):
    out = tmp_path / 'out'
    out.mkdir()
    options = ('--layout', 'ade20k', '--train', 2, '--val', 1, '--size', *SIZE, '--seed', 9)
    done = subprocess.run([*COMMAND, out, *map(str, options)], env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert '2/2' in done.stderr and '1/1' in done.stderr
    assert done.stdout.splitlines()[-1] == f'2 training and 1 validation scenes in {out}'
    same = write_street_scenes(tmp_path / 'same', 'ade20k', 2, 1, SIZE, 9, progress=False)
    assert contents(out) == contents(same)


def test_the_command_line_refuses_an_occupied_target(tmp_path):
    (tmp_path / 'mine').write_text('precious')
    done = subprocess.run([*COMMAND, tmp_path], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 2 and 'something in it' in done.stderr.splitlines()[-1]
    assert contents(tmp_path) == {'mine': b'precious'}
