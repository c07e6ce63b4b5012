"""Which images are meant, and what the files made of them are called."""
from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Iterable, Iterator, List, Sequence, Tuple

IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.ppm', '.tif', '.tiff', '.webp')


def _images_in(folder: Path, above: Tuple[str, ...] = ()) -> Iterator[Path]:
    real = os.path.realpath(folder)
    # Links to folders are followed, as by ** in patterns, but not round and round.
    if real in above:
        return
    for path in sorted(folder.iterdir()):
        # Thumbnails and the like; some systems leave '._x.jpg' beside an x.jpg, which is no image.
        if path.name.startswith('.'):
            continue
        if path.is_dir():
            yield from _images_in(path, (*above, real))
        # What is neither a file nor a link to nowhere: a device, or a pipe, which could block.
        elif path.suffix.lower() in IMAGE_SUFFIXES and (path.is_file() or not path.exists()):
            yield path


def find_images(sources: Iterable[str], leave_out: Sequence[Path] = ()) -> List[Path]:
    """Images that a command line names, each once, in the order of the command line.

    Args:
        sources (Iterable[str]): Images, folders, searched at any depth for files with one of
            ``IMAGE_SUFFIXES``, and patterns, with ``**`` for folders at any depth. An image that
            is named, or matched by a pattern, may have any suffix. Links to folders are followed;
            what begins with a dot is left out unless it is named. ``~`` is the home folder.
        leave_out (Sequence[Path]): Folders with nothing that is meant: what was made earlier.
            Defaults to ().

    Returns:
        list[Path]: absolute; symbolic links stay as they are.

    Raises:
        FileNotFoundError: if there is no image to one of the sources.
        PermissionError: if a folder cannot be searched.
    """
    made = {Path(os.path.realpath(folder)) for folder in leave_out}
    images = {}
    for source in sources:
        # A file may be called img[1].png, which as a pattern would be img1.png.
        named = source if os.path.exists(source) else os.path.expanduser(source)
        matches = [named] if os.path.exists(named) else sorted(
            glob.glob(named, recursive=True))
        if not matches:
            raise FileNotFoundError(
                f'{source!r}: no such file or folder, and no pattern that matches one. '
                'Fix: pass images, folders or patterns in quotes.')
        found = [Path(os.path.abspath(image)) for match in map(Path, matches)
                 for image in (_images_in(match) if match.is_dir() else [match])]
        found = [image for image in found
                 if not made & set(Path(os.path.realpath(image)).parents)]
        if not found:
            raise FileNotFoundError(
                f"{source!r}: no image in it; must hold one with a suffix of "
                f"{', '.join(IMAGE_SUFFIXES)}. Fix: pass another folder, or the images by name.")
        images.update(dict.fromkeys(found))
    return list(images)


def output_names(images: Sequence[Path]) -> List[str]:
    """A name for what is made of each image, no two of them equal.

    Convention: the folders below the deepest one that all images share stay, the suffix goes;
    if that leaves two alike (x.jpg and x.png), all names keep their suffix.

    Args:
        images (Sequence[Path]): Absolute, all different.

    Returns:
        list[str]: relative paths, to which a suffix is to be added.

    Example:
        >>> output_names([Path('/data/a/x.jpg'), Path('/data/b/x.png')])
        ['a/x', 'b/x']
    """
    root = os.path.commonpath([image.parent for image in images])
    whole = [os.path.relpath(image, root) for image in images]
    bare = [os.path.splitext(name)[0] for name in whole]
    return bare if len(set(bare)) == len(bare) else whole
