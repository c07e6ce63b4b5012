"""What a run of the tests gave, and on which versions of which distributions."""
from __future__ import annotations

import importlib.metadata
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Dict, List, Sequence

# Import names that more than one distribution brings, first what there is most often.
_PROVIDERS = dict(
    mmengine=('mmengine', 'onedl-mmengine'),
    mmseg=('mmsegmentation', 'onedl-mmsegmentation'),
    mmcv=('mmcv', 'mmcv-lite', 'onedl-mmcv'))


def host_distributions() -> Dict[str, str]:
    """The installed distribution and its version, by import name.

    Returns:
        dict[str, str]: such as ``{'mmcv': 'mmcv-lite 2.1.0', ...}``; with a word on compiled
        operators for mmcv.

    Raises:
        ImportError: if none is installed for a name.
    """
    from mmengine.utils.dl_utils import mmcv_full_available
    installed = {}
    for name, providers in _PROVIDERS.items():
        for provider in providers:
            try:
                installed[name] = f'{provider} {importlib.metadata.version(provider)}'
            except importlib.metadata.PackageNotFoundError:
                continue
            break
        else:
            raise ImportError(f'{name}: none of {", ".join(providers)} is installed. Fix: install '
                              'one.')
    installed['mmcv'] += ', compiled' if mmcv_full_available() else ', no ops'
    return installed


def read_junit(path: Path) -> Dict[str, object]:
    """Counts of a file that ``pytest --junit-xml`` wrote, and the names of what failed.

    Args:
        path (Path): The file.

    Returns:
        dict[str, object]: ``passed``, ``failed``, ``skipped`` (ints), ``seconds`` (float) and
        ``failures`` (list[str]). Errors count as failures.
    """
    suites = list(ElementTree.parse(path).getroot().iter('testsuite'))
    cases = [case for suite in suites for case in suite.iter('testcase')]
    # One that fails, and whose teardown fails too, stands there twice.
    names = {_name(case) for case in cases}
    failures = sorted({_name(case) for case in cases
                       if any(case.find(kind) is not None for kind in ('failure', 'error'))})
    skipped = sum(case.find('skipped') is not None for case in cases)
    return dict(passed=len(names) - len(failures) - skipped, failed=len(failures),
                skipped=skipped, seconds=sum(float(suite.get('time')) for suite in suites),
                failures=failures)


def _name(case: ElementTree.Element) -> str:
    return f'{case.get("classname")}::{case.get("name")}'


def version_lines(folder: Path) -> List[Sequence[str]]:
    """Lines of a table, from what ``record_tests`` wrote into a folder, under a header."""
    lines = [('environment', 'Python', 'torch', 'mmengine', 'mmsegmentation', 'mmcv', 'numpy',
              'passed', 'failed', 'skipped', 'commit')]
    for path in sorted(folder.glob('*.json')):
        result = json.loads(path.read_text(encoding='utf-8'))
        where = result['environment']
        lines.append((
            f'`{result["name"]}`', where['python'], where['torch'], where['mmengine'],
            where['mmseg'], where['mmcv'], where['numpy'],
            *(str(result[count]) for count in ('passed', 'failed', 'skipped')), where['commit']))
    return lines
