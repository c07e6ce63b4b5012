"""The tests on other versions: `nox -l` lists them, `nox -s forks` runs one.

Arguments behind `--` go to pytest, as in `nox -s oldest -- tests/models`. Each session installs
into an environment of its own under .nox, torch included; `nox -r` uses it again. What was measured
with these is in docs/versions.md.
"""
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.sessions = ['pinned', 'oldest', 'forks']  # full_mmcv compiles for minutes: by name

REQUIREMENTS = Path('requirements')
PINNED = ['-c', str(REQUIREMENTS / 'constraints.txt')]
# mmcv's setup.py wants torch and pkg_resources there, and forgets to ask for them.
TO_BUILD = ['setuptools<82', 'wheel', 'torch==2.13.0', 'ninja', 'psutil']
TESTED_WITH = ['ftfy', 'regex', 'pytest', 'pytest-xdist', 'hypothesis', 'onnx', 'onnxscript',
               'onnxruntime', 'openvino']


def first_that_runs(*versions):
    """The first of these Pythons that the machine has; otherwise None, which is nox's own."""
    for version in versions:
        try:
            # pyenv has a command for each Python that it knows of, also where that cannot run.
            subprocess.run([f'python{version}', '--version'], check=True, capture_output=True)
        except (FileNotFoundError, subprocess.CalledProcessError):
            continue
        return version
    return None


def run_tests(session):
    """The arguments for pytest, or the fast tests as docs/versions.md has them."""
    command = ['-m', 'pytest', *session.posargs] if session.posargs else [
        '-m', 'benchmarks.docs.versions', session.name.split('-')[0], '-n', 'auto',
        '--maxprocesses', '4']
    # From the checkout, so that sessions share no build folder.
    session.run('python', *command, env={'PYTHONPATH': str(Path.cwd())})


@nox.session(python=first_that_runs('3.11', '3.12'))
def pinned(session):
    """What `make test` has: requirements/constraints.txt."""
    session.install(*PINNED, *TO_BUILD[:3])
    session.install(*PINNED, 'mmcv-lite', 'mmengine', 'mmsegmentation', *TESTED_WITH)
    run_tests(session)


@nox.session(python=first_that_runs('3.10', '3.11'))
def oldest(session):
    """The oldest versions that are supported: requirements/oldest.txt."""
    session.install('-r', str(REQUIREMENTS / 'oldest.txt'))
    run_tests(session)


@nox.session(python=first_that_runs('3.11', '3.12'))
def forks(session):
    """The forks onedl-mmcv, onedl-mmengine and onedl-mmsegmentation, without compiled ops."""
    # Before torch: without it, onedl-mmcv's setup.py builds no ops.
    session.install(*PINNED, 'setuptools<82', 'wheel', 'packaging', 'numpy')
    session.install('--no-deps', '--no-build-isolation', 'onedl-mmcv==2.3.6')
    session.install(*PINNED, 'torch==2.13.0')
    session.install(*PINNED, '-r', str(REQUIREMENTS / 'forks.txt'), 'addict', 'opencv-python',
                    'pyyaml', 'pillow', 'yapf', *TESTED_WITH)
    run_tests(session)


def install_full_mmcv(session, *what):
    session.install('--no-build-isolation', *what, env={'MMCV_WITH_OPS': '1', 'FORCE_CUDA': '0'})


@nox.session(python=first_that_runs('3.11', '3.12'))
def full_mmcv(session):
    """mmcv 2.1.0 with compiled ops, built from source."""
    session.install(*PINNED, *TO_BUILD)
    session.install(*PINNED, 'mmengine', 'mmsegmentation', *TESTED_WITH)
    install_full_mmcv(session, '--no-binary', 'mmcv', 'mmcv==2.1.0')
    run_tests(session)


@nox.session(python=first_that_runs('3.11', '3.12'))
def full_mmcv_2_0(session):
    """mmcv 2.0.1 with compiled ops, built from source for a torch that it did not know."""
    session.install(*PINNED, *TO_BUILD)
    session.install(*PINNED, 'mmengine', 'mmsegmentation', *TESTED_WITH)
    source = Path(session.create_tmp()) / 'mmcv-2.0.1'
    session.run('python', '-m', 'pip', 'download', '--no-deps', '--no-build-isolation',
                '--no-binary', 'mmcv', '-d', str(source.parent), 'mmcv==2.0.1')
    shutil.unpack_archive(f'{source}.tar.gz', source.parent)
    setup = source / 'setup.py'
    # The headers of torch want it.
    setup.write_text(setup.read_text().replace('c++14', 'c++17'))
    install_full_mmcv(session, str(source))
    run_tests(session)
