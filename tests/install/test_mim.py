"""The routes of the README through mim: from a wheel in an environment of its own, from a clone."""
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from install_cases import call

ROOT = Path(__file__).parents[2]
NRD = 'nrd_r18_1xb8-300_street-scenes-128x256'
SCENES = 'data/street_scenes'
SMALL = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'default_hooks.logger.interval=1',
         'default_hooks.checkpoint.interval=2', 'train_dataloader.batch_size=2',
         'model.decode_head.channels=16', 'model.auxiliary_head.channels=8',
         *(f'{split}_dataloader.{key}' for split in ('train', 'val', 'test')
           for key in ('num_workers=0', 'persistent_workers=False'))]

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def work(tmp_path_factory) -> Path:
    """A folder that has nothing to do with the repository."""
    return tmp_path_factory.mktemp('work')


@pytest.fixture(scope='module')
def commands(make_environment, wheel, work) -> Path:
    commands = make_environment(wheel)
    where = call(commands / 'python', '-c', 'import mmseg_nrd; print(mmseg_nrd.__file__)', cwd=work)
    assert Path(where.strip()).is_relative_to(commands.parent)
    return commands


@pytest.fixture(scope='module')
def mim(commands, work):
    return lambda *arguments, **more: call(commands / 'mim', *arguments, cwd=work, **more)


@pytest.fixture(scope='module')
def scenes(mim, work) -> Path:
    mim('run', 'mmseg_nrd', 'make_street_scenes', SCENES, '--train', 6, '--val', 3, '--quiet')
    return work / SCENES


@pytest.fixture(scope='module')
def trained(mim, scenes) -> str:
    return mim('train', 'mmseg_nrd', f'{NRD}.py', '--cfg-options', *SMALL)


def losses(output: str) -> list:
    return [float(loss) for loss in re.findall(r'Iter\(train\).* loss: ([\d.]+)', output)]


def test_search_shows_the_papers_results_as_such_and_the_cost(mim):
    shown = mim('search', 'mmseg_nrd', '--config', 'nrd_r50_4xb4-84k_cityscapes-512x1024')
    assert re.search(r'cityscapes/miou_in_the_paper +79\.8', shown)
    assert re.search(r'cityscapes/miou\(ms\+flip\)_in_the_paper +80\.8', shown)
    assert re.search(r'flops +\d{11}\n', shown) and re.search(r'parameters +43\d{6}\n', shown)


def test_search_filters(mim, work):
    names = mim('search', 'mmseg_nrd', '--valid-config')
    assert set(re.findall(r"'(\w\S+)'", names)) == {
        path.stem for path in ROOT.glob('configs/[!_]*/*.py')}
    mim('search', 'mmseg_nrd', '--model', 'gun', '--dataset', 'cityscapes', '--condition',
        'flops<60000000000', '--json', 'found.json')
    found = json.loads((work / 'found.json').read_text())['flops']
    assert 'gun_drn-d-22_8xb1-93k_cityscapes-1024x2048' in found
    assert all(flops < 60e9 for flops in found.values())


def test_the_package_is_listed(mim):
    assert re.search(r'^mmseg[-_]nrd ', mim('list'), re.MULTILINE)


def test_train_runs_two_iterations_and_validates(trained, work):
    assert len(losses(trained)) == 2 and all(0 < loss < 20 for loss in losses(trained))
    assert re.search(r'mIoU: [\d.]+', trained)
    assert (work / 'work_dirs' / NRD / 'iter_2.pth').is_file()


def test_test_gives_the_score_of_validation(trained, mim):
    tested = mim('test', 'mmseg_nrd', f'{NRD}.py', '--checkpoint', f'work_dirs/{NRD}/iter_2.pth',
                 '--cfg-options', *SMALL)
    scores = [float(re.findall(r'mIoU: ([\d.]+)', text)[-1]) for text in (trained, tested)]
    assert scores[0] == pytest.approx(scores[1], abs=0.01)


def test_tools_take_our_configs_by_their_names(mim, scenes, work):
    mim('run', 'mmseg_nrd', 'benchmark', f'{NRD}.py',
        'configs/street_scenes/deeplabv3plus_r18_1xb8-300_street-scenes-128x256.py', '--shape', 64,
        128, '--rounds', 1, '--json', 'cost.json')
    rows = json.loads((work / 'cost.json').read_text())
    assert [row['error'] for row in rows] == [None, None] and rows[0]['name'] == NRD
    # A list of them too; that it gets to the third says that the first two were read.
    said = mim('run', 'mmseg_nrd', 'benchmark', '@configs/benchmark/decoders.txt', '--baseline',
               'nowhere', status=1)
    assert 'must be one of deeplabv3plus_r50-d8' in said and 'nrd_r50_4xb4-84k' in said
    mim('run', 'mmseg_nrd', 'train', f'{NRD}.py', '--work-dir', 'by_run', '--cfg-options', *SMALL)
    assert (work / 'by_run' / 'iter_2.pth').is_file()


@pytest.mark.parametrize('tool', sorted(
    {path.stem for path in ROOT.glob('tools/*.py')} -
    {'benchmark', 'make_street_scenes', 'test', 'train'}))
def test_the_other_tools_start(mim, tool):
    # mim keeps -h to itself, unless it stands behind a double dash.
    assert f'usage: {tool}.py' in mim('run', 'mmseg_nrd', tool, '--', '--help')


def test_gridsearch_trains_each_value(mim, scenes, work):
    output = mim('gridsearch', 'mmseg_nrd', f'{NRD}.py', '--work-dir', 'grid', '--search-args',
                 '--optim_wrapper.optimizer.lr 0.01 0.02', '--cfg-options', *SMALL)
    assert len(losses(output)) == 4
    for rate in (0.01, 0.02):
        folder = work / f'grid_search_optim_wrapper.optimizer.lr_{rate}'
        assert (folder / 'iter_2.pth').is_file()
        config, = folder.glob(f'{NRD}_search_*.py')
        assert f'lr={rate}' in config.read_text()


def test_mmsegs_own_tools_train_our_configs(mim, scenes, work):
    config = ROOT / 'configs' / 'street_scenes' / f'{NRD}.py'
    output = mim('train', 'mmsegmentation', config, '--work-dir', 'by_mmseg', '--cfg-options',
                 *SMALL)
    assert len(losses(output)) == 2 and (work / 'by_mmseg' / 'iter_2.pth').is_file()


def test_an_editable_install_is_found_where_the_checkout_is_on_the_path(
        make_environment, make_checkout, scenes, work):
    tree = make_checkout()
    commands = make_environment('-e', tree)
    data = [f'{split}_dataloader.dataset.data_root={scenes}' for split in ('train', 'val', 'test')]
    train = ['train', 'mmseg_nrd', f'{NRD}.py', '--work-dir', work / 'editable', '--cfg-options',
             *SMALL, *data]
    assert 'we can not find the config file in codebase' in ' '.join(
        call(commands / 'mim', *train, cwd=work, status=1).split())
    output = call(commands / 'python', '-m', 'mim', *train, cwd=tree)
    assert len(losses(output)) == 2 and f'{tree.resolve()}/configs' in output
    output = call(commands / 'mim', 'train', 'mmsegmentation', tree / 'configs' / 'street_scenes' /
                  f'{NRD}.py', *train[3:], cwd=work)
    assert len(losses(output)) == 2
    assert '79.8' in call(commands / 'mim', 'search', 'mmseg_nrd', '--config',
                          'nrd_r50_4xb4-84k_cityscapes-512x1024', cwd=work, PYTHONPATH=str(tree))
    output = call(commands / 'mim', *train, cwd=work, PYTHONPATH=str(tree))
    assert len(losses(output)) == 2 and f'{tree.resolve()}/configs' in output
