"""Write trees of street scenes that MMSeg's dataset classes read unchanged."""
from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .layouts import Layout, get_layout, label_table
from .render import checked_count, checked_size, render_street_scene

SPLITS = ('train', 'val')
MAX_SCENES = 2**24  # in a split, so that no two splits or trees share a seed


def scene_seed(seed: int, split: str, number: int) -> int:
    """Seed of scene ``number`` of a split in the tree with the given ``seed``.

    Every pair of tree and split owns a block of 2**24 consecutive seeds: no scene occurs twice,
    neither in both splits nor in trees of different seeds, and any 24 scenes in a row of a split
    show all classes.

    Raises:
        ValueError: If ``split`` is unknown, or a number is negative or too large.

    Example:
        >>> scene_seed(0, 'train', 5), scene_seed(0, 'val', 5)
        (5, 16777221)
    """
    if split not in SPLITS:
        raise ValueError(f"split={split!r}: must be one of {', '.join(SPLITS)}; "
                         "for example split='train'")
    block = 2 * checked_count('seed', seed) + SPLITS.index(split)
    return block * MAX_SCENES + checked_count('number', number, MAX_SCENES - 1)


def _write_image(path: Path, image: np.ndarray) -> None:
    """Encode by suffix."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if path.suffix == '.jpg' else []
    done, data = cv2.imencode(path.suffix, image, options)
    if not done:
        raise OSError(f'{path}: OpenCV could not encode it; check its {path.suffix} support')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.tobytes())


def _write_tree(root: Path, layout: Layout, table: np.ndarray, counts: dict[str, int],
                size: tuple[int, int], seed: int, progress: bool) -> None:
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not progress) as bars:
        for split, count in counts.items():
            for path in layout.paths(split, 0):  # also for an empty split
                (root / path).parent.mkdir(parents=True, exist_ok=True)
            names = []
            for number in bars.track(range(count), description=f'{split} scenes'):
                image, label = render_street_scene(scene_seed(seed, split, number), size)
                image_path, label_path = (root / path for path in layout.paths(split, number))
                _write_image(image_path, image[..., ::-1])
                _write_image(label_path, table[label])
                names.append(image_path.stem + '\n')
            if layout.list_path:
                list_path = root / layout.list_path.format(split=split)
                list_path.parent.mkdir(parents=True, exist_ok=True)
                list_path.write_text(''.join(names), encoding='utf-8')


def _refuse_occupied(out: Path) -> None:
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists():
        kind = 'a folder with something in it' if out.is_dir() else 'a file'
        raise FileExistsError(f'{out} is {kind}: the tree goes to a new or an empty folder; '
                              'name another, or remove it')


def write_street_scenes(out: str | os.PathLike[str], layout: str = 'cityscapes',
                        num_train: int = 400, num_val: int = 100,
                        size: tuple[int, int] = (128, 256), seed: int = 0,
                        progress: bool = True) -> Path:
    """Render street scenes into a tree for one of MMSeg's stock dataset configs.

    The tree takes the place of the config's ``data_root``. It is built in a folder beside ``out``
    (``out`` + '.partial-' + eight digits) and renamed at the end, so ``out`` is absent or whole. A
    run that fails or is interrupted removes that folder; one that is killed leaves it behind.

    Args:
        out (str | os.PathLike): The folder to make; it may exist if it is empty.
        layout (str): 'cityscapes', 'ade20k' or 'pascal_context'. The last serves the data sets of
            60 and of 59 classes. Defaults to 'cityscapes'.
        num_train (int): Number of training scenes. Defaults to 400.
        num_val (int): Number of validation scenes. Defaults to 100.
        size (tuple[int, int]): Height and width in pixels. Defaults to (128, 256).
        seed (int): Number of the tree; see :func:`scene_seed`. Defaults to 0.
        progress (bool): Whether to show a bar on standard error. Defaults to True.

    Returns:
        Path: ``out``, absolute.

    Convention: label images hold one channel of class numbers as the layout's dataset class
    expects them: ADE20K's plus one with 0 ignored, the others' with 255 ignored.

    Raises:
        ValueError: If an argument is out of range, or there is no scene to write.
        FileExistsError: If ``out`` is a file or a folder that is not empty; it stays as it is.

    Example:
        >>> root = write_street_scenes('data/ade', 'ade20k', num_train=24, num_val=8)
        >>> sorted(path.name for path in root.iterdir())
        ['annotations', 'images']
    """
    chosen = get_layout(layout)
    counts = {'train': checked_count('num_train', num_train, MAX_SCENES),
              'val': checked_count('num_val', num_val, MAX_SCENES)}
    if not any(counts.values()):
        raise ValueError('num_train=0 and num_val=0: at least one must be above 0; '
                         'for example num_train=400')
    size, seed = checked_size(size), checked_count('seed', seed)
    out = Path(out).resolve()
    _refuse_occupied(out)
    table = label_table(layout)

    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f'{out.name}.partial-{secrets.token_hex(4)}')
    try:
        partial.mkdir()
        _write_tree(partial, chosen, table, counts, size, seed, progress)
        _refuse_occupied(out)  # somebody may have filled it meanwhile
        if out.is_dir():
            out.rmdir()
        os.replace(partial, out)
    except BaseException:  # also on Ctrl-C
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return out
