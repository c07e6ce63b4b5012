"""The README's commands, letter by letter, in folders and environments of their own.

The recipes they train are made small first: the commands stay as they are printed.
"""
from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from install_cases import call

ROOT = Path(__file__).parents[2]
README = (ROOT / 'README.md').read_text()
SCENES = 'configs/street_scenes/{}_r18_1xb8-300_street-scenes-128x256.py'
NRD, OTHER = SCENES.format('nrd'), SCENES.format('deeplabv3plus')
SWAP = 'Swap the head of a config you have'
VIDEO = 'Label a video, without torch'
DEMO = 'nrd_efficientnet-lite0_1xb8-300_street-scenes-128x256'
CHECKPOINT = f'work_dirs/{Path(NRD).stem}/iter_300.pth'
# What stands for a choice of the reader's.
CHOICES = {'CONFIG CONFIG': f'{NRD} {OTHER}',
           'PATH_OF_A_CONFIG': f'{{tree}}/{NRD}'}
# What runs elsewhere, and why not here.
ELSEWHERE = {
    'make demo': 'five minutes; `tools/compare.py`, as in the list below',
    'make test': 'runs this',
    'source .venv/bin/activate': 'the environment is on the path already',
    'git clone': 'the network', 'tools/prepare_camvid.py': 'reads that clone'}
SMALLER = {
    'datasets/street_scenes_128x256.py': {'crop_size = (128, 256)': 'crop_size = (32, 64)',
                                          'scale=(256, 128)': 'scale=(64, 32)',
                                          'batch_size=8': 'batch_size=2',
                                          'pipeline=test_pipeline': 'pipeline=test_pipeline, '
                                                                    'indices=8'},
    'models/street_scenes_r18-d32.py': {'        channels=512': '        channels=16'},
    'street_scenes_r18.py': {'size=(128, 256)': 'size=(32, 64)'}}

pytestmark = pytest.mark.slow


def commands(heading: str) -> list:
    """The commands of a section, each in one line and without its comment."""
    section = README.split(f'\n## {heading}\n')[1].split('\n## ')[0]
    blocks = re.findall(r'^```bash\n(.*?)^```$', section, re.DOTALL | re.MULTILINE)
    lines = [re.split(r'(?:^|\s+)# ', line)[0].strip() for block in blocks
             for line in re.sub(r' *\\\n *', ' ', block).split('\n')]
    return [line for line in lines if line and not any(part in line for part in ELSEWHERE)]


def run(heading: str, bin_folder: Path, cwd: Path, tree: Path) -> str:
    """Run a section's commands one after the other, with the tree's configs; what they print."""
    said = []
    for line in commands(heading):
        for placeholder, choice in CHOICES.items():
            line = line.replace(placeholder, choice.format(tree=tree))
        said += [call('bash', '-c', f'PATH={bin_folder}:$PATH; {line}', cwd=cwd, timeout=1800)]
    return '\n'.join(said)


@pytest.fixture(scope='module')
def small_checkout(make_checkout) -> Path:
    tree = make_checkout()
    for name, changes in SMALLER.items():
        path = tree / 'configs' / '_base_' / name
        for before, after in changes.items():
            assert path.read_text().count(before) == 1, before
            path.write_text(path.read_text().replace(before, after))
    return tree


def scores(output: str) -> list:
    return re.findall(r'mIoU: ([\d.]+)', output)


def test_no_section_is_left_out():
    with_commands = [section.split('\n')[0] for section in README.split('\n## ')
                     if '```bash' in section]
    assert with_commands == [
        'See it work', 'Install', SWAP, 'Train, test, compare', VIDEO, 'With mim']
    assert all(part in README for part in [*CHOICES, *ELSEWHERE])


def test_train_test_compare(make_environment, small_checkout):
    output = run('Train, test, compare', make_environment('-e', small_checkout),
                 small_checkout, small_checkout)
    # Validated three times, resumed at its end, and tested: the last two are one checkpoint's.
    assert len(scores(output)) >= 4
    assert (small_checkout / 'work_dirs' / 'comparison' / 'comparison.png').is_file()
    assert len(list((small_checkout / 'work_dirs' / 'predictions').rglob('*.png'))) == 200


def test_swap(make_environment, small_checkout):
    run(SWAP, make_environment('-e', small_checkout), small_checkout, small_checkout)
    assert 'NRDHead' in (small_checkout / 'nrd_r50.py').read_text()


def test_a_video_where_there_is_no_torch(make_environment, small_checkout, tmp_path):
    bin_folder = make_environment('-e', small_checkout)
    video, export, label = commands(VIDEO)
    checkpoint = small_checkout / re.search(r'\S+\.pth', export)[0]
    checkpoint.parent.mkdir(parents=True)
    call(bin_folder / 'python', '-c', f"""
import mmseg_nrd, torch
from mmseg_nrd.apps.cli import load_segmentor, read_config
model = load_segmentor(read_config('configs/street_scenes/{DEMO}.py'))[0]
torch.save(model.state_dict(), {str(checkpoint)!r})""", cwd=small_checkout)
    for line in (video, export):
        call('bash', '-c', f'PATH={bin_folder}:$PATH; {line}', cwd=small_checkout)
    call(sys.executable, '-m', 'venv', tmp_path, cwd=tmp_path)
    call(tmp_path / 'bin' / 'pip', 'install', '-q', 'numpy', 'opencv-python', 'onnxruntime',
         cwd=tmp_path)
    said = call('bash', '-c', f'PATH={tmp_path}/bin:$PATH; {label}', cwd=small_checkout)
    assert 'onnxruntime: 300 frames' in said and (small_checkout / 'labelled.mp4').is_file()


def test_with_mim_in_an_empty_environment(make_bare_environment, small_checkout, build, tmp_path):
    wheel = build('build_wheel', small_checkout, small_checkout / 'dist')
    output = run('With mim', make_bare_environment(wheel), tmp_path, small_checkout)
    assert 'cityscapes/miou_in_the_paper' in output and len(scores(output)) >= 3 * 4 + 1
    assert len(list(tmp_path.glob('work_dirs/grid_search_*/iter_300.pth'))) == 2
    assert (tmp_path / CHECKPOINT).is_file()


def test_install(make_environment, wheel, small_checkout):
    bin_folder = make_environment(wheel)
    output = run('Install', bin_folder, small_checkout, small_checkout)
    assert output.count('Successfully installed mmseg_nrd') == 2
    call(bin_folder / 'python', '-c', 'import mmseg_nrd', cwd=bin_folder)
