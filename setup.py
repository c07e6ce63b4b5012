"""The only place for the package's metadata; pyproject.toml configures tools."""
import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r"__version__ = '([^']+)'",
                    (HERE / 'mmseg_nrd' / 'version.py').read_text()).group(1)

# Upstream MMSegmentation and its forks share import names, so no hard requirement names one.
MMSEG = ['mmsegmentation>=1.0.0', 'mmengine>=0.5.0']
# What tools/export_onnx.py writes and checks ONNX files with.
EXPORT = ['onnx', 'onnxscript', 'onnxruntime']

setup(
    name='mmseg_nrd',
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
    python_requires='>=3.9',
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
        'lite': [*MMSEG, 'mmcv-lite>=2.0.0rc4,<2.2'],
        'mmseg': MMSEG,
        'export': EXPORT,
        'test': ['pytest', 'hypothesis', 'ruff', *EXPORT],
    },
    classifiers=[
        'License :: OSI Approved :: Apache Software License',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
