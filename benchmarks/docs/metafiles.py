"""Write the metafiles in which mim looks up what a config trains, costs and is expected to give.

All of it is read off the configs, but for the cost, which is counted. Results are the paper's, by
the line "Expected:" of the config's header, and their names say so.
"""
from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path
from typing import Dict, Iterator, List, Optional

import mmengine
from mmengine.config import Config

from mmseg_nrd.apps.cli import build, silence_host_warnings
from mmseg_nrd.apps.cost.counting import count_cost
from mmseg_nrd.apps.cost.size import image_size

ROOT = Path(__file__).resolve().parents[2]
# Short names of papers; others are called by the title that the configs' headers give.
COLLECTIONS = {
    'https://arxiv.org/abs/2107.14428': 'NRD',
    'https://arxiv.org/abs/1807.07466': 'GUN',
    'https://arxiv.org/abs/1802.02611': 'DeepLabV3+',
    'https://arxiv.org/abs/1706.05587': 'DeepLabV3',
    'https://arxiv.org/abs/2105.15203': 'SegFormer',
    'https://arxiv.org/abs/1411.4038': 'FCN',
    'https://arxiv.org/abs/1612.01105': 'PSPNet',
    'https://arxiv.org/abs/1807.10221': 'UPerNet',
    'https://arxiv.org/abs/1901.02446': 'Semantic FPN',
    'https://arxiv.org/abs/1912.08193': 'PointRend',
}
DATA_SETS = {
    'cityscapes': 'Cityscapes', 'ade20k': 'ADE20K', 'pascal-context': 'Pascal Context',
    'pascal-context-59': 'Pascal Context 59', 'street-scenes': 'rendered street scenes',
    'camvid': 'CamVid',
}
_NOTE = """\
# Written by `make metafiles`. FLOPs are multiply-adds of one image of the crop size, Parameters
# those used at inference; both are counted. Results are the papers': none of them was run here.
"""
_NAME = re.compile(r'_(?P<gpus>\d+)xb\d+-\d+k?_(?P<data>.+)-\d+x\d+$')
_PAPER = re.compile(r'^Paper: (?P<title>.+), [^,]+, (?P<url>https://\S+)$', re.MULTILINE)
_EXPECTED = re.compile(
    r'(?P<one>[\d.]+) mIoU on (?P<split>val|test)(?:, (?P<many>[\d.]+) with multi-scale and flip)?')


def config_folders(root: Path) -> List[Path]:
    """The folders of configs that can be trained, in the order of their names."""
    return sorted(folder for folder in (root / 'configs').iterdir()
                  if folder.name != '_base_' and any(folder.glob('*.py')))


def describe(path: Path, root: Path) -> Dict[str, object]:
    """The entry of a config in its metafile, without the cost.

    Args:
        path (Path): Of the config.
        root (Path): What the metafile's paths are relative to.

    Returns:
        dict[str, object]: with the keys of OpenMMLab's metafiles.

    Raises:
        ValueError: if the config's name or header does not say what is needed.
        KeyError: if its data are not one of ``DATA_SETS``.
    """
    name = _NAME.search(path.stem)
    header = ast.get_docstring(ast.parse(path.read_text(encoding='utf-8'))) or ''
    paper = _PAPER.search(header)
    if name is None or paper is None:
        raise ValueError(
            f'{path}: must be named METHOD_GPUSxbBATCH-ITERATIONS_DATA-HxW.py, and its docstring '
            "hold a line 'Paper: TITLE, VENUE, https://...'. Fix: do as the configs beside it.")
    cfg = Config.fromfile(path)
    entry = {
        'Name': path.stem,
        'In Collection': COLLECTIONS.get(paper['url'], paper['title']),
        'Config': path.relative_to(root).as_posix(),
        'Metadata': {
            'Training Data': DATA_SETS[name['data']],
            'Batch Size': int(name['gpus']) * cfg.train_dataloader.batch_size,
            'Iterations': cfg.train_cfg.max_iters,
            'Crop Size': '{}x{}'.format(*image_size(cfg)),
            'Architecture': list(_types(cfg.model)),
        },
        'Paper': paper['url'],
    }
    results = _results(header, DATA_SETS[name['data']])
    return entry if results is None else {**entry, 'Results': [results]}


def _types(model: dict) -> Iterator[str]:
    """Registered names of the parts; of a wrapper, what it wraps too; of a cascade, each head."""
    for name, inner in (('backbone', 'backbone'), ('neck', None), ('decode_head', 'head')):
        part = model.get(name)
        for each in part if isinstance(part, list) else [part]:
            while each is not None:
                yield each['type']
                each = each.get(inner)


def _results(header: str, data: str) -> Optional[Dict[str, object]]:
    found = _EXPECTED.search(' '.join(header.split()))
    if found is None:
        return None
    metrics = {'mIoU in the paper': float(found['one'])}
    if found['many']:
        metrics['mIoU(ms+flip) in the paper'] = float(found['many'])
    return {'Task': 'Semantic Segmentation',
            'Dataset': data if found['split'] == 'val' else f'{data} test', 'Metrics': metrics}


def add_cost(entry: Dict[str, object], root: Path) -> None:
    """Count what the config of an entry costs, and put it there.

    Raises:
        ValueError: from :func:`~mmseg_nrd.apps.cost.counting.count_cost`.
    """
    cfg = Config.fromfile(root / entry['Config'])
    # Of shapes alone: nothing is computed.
    cost = count_cost(build(cfg.model, 'meta'), image_size(cfg))
    entry['Metadata'].update(FLOPs=cost.multiply_adds, Parameters=cost.parameters)


def format_metafile(entries: List[Dict[str, object]]) -> str:
    """A metafile as YAML: the models, and the papers that they belong to.

    Args:
        entries (list[dict]): From :func:`describe`.

    Returns:
        str: the text of the file.
    """
    papers = {entry['In Collection']: entry['Paper'] for entry in entries}
    return _NOTE + mmengine.dump(dict(
        Collections=[{'Name': name, 'License': 'Apache-2.0', 'Paper': url}
                     for name, url in papers.items()],
        Models=entries), file_format='yaml', sort_keys=False)


def format_index(root: Path) -> str:
    """``model-index.yml``: where the metafiles are."""
    return mmengine.dump(dict(Import=[
        (folder / 'metafile.yml').relative_to(root).as_posix() for folder in config_folders(root)
    ]), file_format='yaml')


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    silence_host_warnings()
    texts = {ROOT / 'model-index.yml': format_index(ROOT)}
    for folder in config_folders(ROOT):
        entries = [describe(path, ROOT) for path in sorted(folder.glob('*.py'))]
        for entry in entries:
            print(f'counting {entry["Config"]}', flush=True)
            add_cost(entry, ROOT)
        texts[folder / 'metafile.yml'] = format_metafile(entries)
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding='utf-8') != text:
            path.write_text(text, encoding='utf-8')
            print(f'written  {path.relative_to(ROOT)}')


if __name__ == '__main__':
    main()
