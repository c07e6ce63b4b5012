"""How a photograph is to be turned when it is shown."""
from __future__ import annotations

from PIL import Image, UnidentifiedImageError

_ORIENTATION = 0x0112


def orientation(path: str) -> int:
    """The EXIF orientation of an image file, 1 to 8; 1, as it is stored, if it names none.

    Only the head of the file is read.
    """
    try:
        with Image.open(path) as image:
            # Pillow would decode a whole PNG to look for the tag behind the pixels.
            if image.format == 'PNG' and 'exif' not in image.info:
                return 1
            return image.getexif().get(_ORIENTATION, 1)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return 1
