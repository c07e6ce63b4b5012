"""A checkout of its own, so that builds leave nothing in this one, and what is built from it."""
from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from install_cases import call

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='session')
def git():
    """Call git in a clone; what it prints."""
    if shutil.which('git') is None or not (ROOT / '.git').exists():
        pytest.skip('what belongs to the project is asked of git, and this is no clone')

    def run(*arguments: str, cwd: Path) -> str:
        identity = ('-c', 'user.name=test', '-c', 'user.email=test@localhost')
        return subprocess.run(['git', *identity, *arguments], cwd=cwd, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    return run


@pytest.fixture(scope='session')
def tracked(git) -> list:
    """The repository's files, with what is new and not ignored."""
    names = git('ls-files', '-co', '--exclude-standard', '-z', cwd=ROOT).split('\0')
    return sorted(name for name in names if (ROOT / name).is_file())


@pytest.fixture(scope='session')
def make_checkout(git, tracked, tmp_path_factory):
    def make() -> Path:
        tree = tmp_path_factory.mktemp('checkout') / 'mmseg_nrd'
        for name in tracked:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
        git('init', '--quiet', cwd=tree)
        git('add', '--all', cwd=tree)
        git('commit', '--quiet', '--message', 'all', cwd=tree)
        return tree

    return make


@pytest.fixture(scope='session')
def checkout(make_checkout) -> Path:
    return make_checkout()


@pytest.fixture(scope='session')
def build():
    """Call a hook of the build backend, as pip does, in a process of its own."""

    def run(hook: str, tree: Path, out: Path) -> Path:
        out.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, '-c', 'import sys\nfrom setuptools import build_meta\n'
             'name = getattr(build_meta, sys.argv[1])(sys.argv[2])\nprint(name)', hook, str(out)],
            cwd=tree, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return out / done.stdout.split('\n')[-2]

    return run


@pytest.fixture(scope='session')
def wheel(build, checkout) -> Path:
    return build('build_wheel', checkout, checkout / 'dist')


@pytest.fixture(scope='session')
def sdist(build, checkout) -> Path:
    return build('build_sdist', checkout, checkout / 'dist')


@pytest.fixture(scope='session')
def held_by():
    """The files in a wheel."""
    return lambda path: set(zipfile.ZipFile(path).namelist())


@pytest.fixture(scope='session')
def make_environment(tmp_path_factory):
    """An environment with mim and one install of the package; the rest is this one's."""

    def make(*install) -> Path:
        home = tmp_path_factory.mktemp('environment')
        call(sys.executable, '-m', 'venv', home, cwd=home)
        pip = [home / 'bin' / 'python', '-m', 'pip', '--disable-pip-version-check', 'install',
               '--no-deps']
        subprocess.run([*pip, '-q', '-r', ROOT / 'requirements' / 'mim.txt'], check=True)
        # For packages that are built in place: setuptools, as this environment has it. The path
        # comes after the environment's own, so that its mmseg_nrd is the one that is imported.
        folder = next(home.glob('lib/python*/site-packages'))
        (folder / 'host.pth').write_text(sysconfig.get_paths()['purelib'] + '\n')
        call(*pip, '--force-reinstall', '--no-build-isolation', *install, cwd=home)
        return home / 'bin'

    return make


@pytest.fixture(scope='session')
def make_bare_environment(tmp_path_factory):
    """An environment with a wheel, what pip finds that it needs, and mim; nothing of this one's."""

    def make(wheel: Path) -> Path:
        home = tmp_path_factory.mktemp('bare')
        call(sys.executable, '-m', 'venv', home, cwd=home)
        # The torch that is tested, since the newest may be one for a GPU.
        for what in ([f'torch=={metadata.version("torch").split("+")[0]}'], [f'{wheel}[lite]'],
                     ['--no-deps', '-r', ROOT / 'requirements' / 'mim.txt']):
            call(home / 'bin' / 'python', '-m', 'pip', '--disable-pip-version-check', 'install',
                 '-q', *what, cwd=home, timeout=1800)
        return home / 'bin'

    return make
