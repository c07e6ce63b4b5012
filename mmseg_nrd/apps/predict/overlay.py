"""Predictions to look at: images in the colours of their classes, a legend, and PNG files."""
from __future__ import annotations

import os
from pathlib import Path
from typing import List, NamedTuple, Sequence, Tuple

import cv2
import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

_BACKGROUND, _INK, _EDGE = (255, 255, 255), (34, 34, 34), (136, 136, 136)
_BAND = 64  # rows that are painted at once


class Entry(NamedTuple):
    """A line of the legend: RGB and text."""
    colour: Tuple[int, int, int]
    text: str


def legend_entries(labels: np.ndarray, classes: Sequence[str],
                   palette: Sequence[Sequence[int]]) -> List[Entry]:
    """The classes that occur, by how much of the image they cover, the largest first."""
    counts = np.zeros(len(classes), np.int64)
    for start in range(0, len(labels), _BAND):
        # bincount makes int64 of what it counts: eight images of labels, were it done at once.
        counts += np.bincount(labels[start:start + _BAND].ravel(), minlength=len(classes))
    order = np.argsort(-counts, kind='stable')
    shares = [f'{share:.0%}' if share >= 0.01 else '<1%' for share in counts / labels.size]
    return [Entry(tuple(palette[index]), f'{classes[index]} {shares[index]}')
            for index in order if counts[index]]


def displayable(image: np.ndarray) -> np.ndarray:
    """A copy of an image, (H, W) or (H, W, C), that can be painted on: (H, W, 3), uint8, BGR.

    Values beyond 0 to 255 are clipped; of more than three channels the first three are shown, one
    is shown grey.
    """
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] < 3:
        image = image[..., [0, 0, 0]]
    shown = np.empty((*image.shape[:2], 3), np.uint8)
    for start in range(0, len(image), _BAND):
        rows = slice(start, start + _BAND)
        shown[rows] = np.clip(image[rows, :, :3], 0, 255)
    return shown


def paint(image: np.ndarray, labels: np.ndarray, palette: Sequence[Sequence[int]],
          opacity: float) -> None:
    """Lay the RGB colours of labels (H, W) over an image (H, W, 3), uint8, BGR, in place.

    MMSeg's visualizer does it in floating point, all at once: 24 bytes for each pixel.
    """
    colours = np.array(palette, np.uint8)[:, ::-1]
    for start in range(0, len(image), _BAND):
        rows = slice(start, start + _BAND)
        image[rows] = cv2.addWeighted(
            image[rows], 1 - opacity, colours[labels[rows]], opacity, 0)


def draw_legend(entries: Sequence[Entry], length: int, size: int, beside: bool) -> np.ndarray:
    """Draw a legend (h, w, 3), uint8, RGB, to put below an image, or beside it.

    It is at least as long as that side of the image, ``length`` pixels; letters have ``size``.
    """
    font = ImageFont.truetype(findfont('DejaVu Sans'), size)
    line, gap, swatch = round(1.5 * size), size // 2, size
    widths = [gap + swatch + gap + round(font.getlength(entry.text)) + gap for entry in entries]
    lines = max(1, (length - 2 * gap) // line) if beside else _fewest_lines(widths, length)
    columns = [slice(start, start + lines) for start in range(0, len(entries), lines)]
    wide = sum(max(widths[column]) for column in columns)
    high = min(lines, len(entries)) * line + 2 * gap
    sheet = Image.new('RGB', (wide, max(length, high)) if beside else (max(length, wide), high),
                      _BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    left = gap
    for column in columns:
        for row, entry in enumerate(entries[column]):
            middle = gap + row * line + line // 2
            pen.rectangle((left, middle - swatch // 2, left + swatch, middle + swatch // 2),
                          fill=entry.colour, outline=_EDGE)
            pen.text((left + swatch + gap, middle), entry.text, fill=_INK, font=font, anchor='lm')
        left += max(widths[column])
    return np.asarray(sheet)


def _fewest_lines(widths: Sequence[int], length: int) -> int:
    """Lines of columns, filled one after the other, that are no wider than ``length`` in all."""
    for lines in range(1, len(widths)):
        starts = range(0, len(widths), lines)
        if sum(max(widths[start:start + lines]) for start in starts) <= length:
            return lines
    return len(widths)


def draw_overlay(image: np.ndarray, labels: np.ndarray, classes: Sequence[str],
                 palette: Sequence[Sequence[int]], opacity: float) -> np.ndarray:
    """An image in the colours of its labels, with a legend of the classes that occur.

    Convention: the image stands at the top left, pixel for pixel; the legend below it, or beside
    it if the image is higher than wide.

    Args:
        image (np.ndarray): (H, W, 3), BGR, or another that :func:`displayable` takes.
        labels (np.ndarray): (H, W), uint8, class numbers.
        classes (Sequence[str]): Their names.
        palette (Sequence): An RGB triple for each class.
        opacity (float): Of the colours, 0 to 1.

    Returns:
        np.ndarray: (H', W', 3), uint8, BGR.
    """
    height, width = labels.shape
    beside = height > width
    legend = draw_legend(legend_entries(labels, classes, palette), height if beside else width,
                         max(11, max(height, width) // 64), beside)
    size = ((max(height, len(legend)), width + legend.shape[1]) if beside else
            (height + len(legend), max(width, legend.shape[1])))
    sheet = np.full((*size, 3), _BACKGROUND, np.uint8)
    painted = sheet[:height, :width]
    painted[:] = displayable(image)
    paint(painted, labels, palette, opacity)
    sheet[-len(legend):, -legend.shape[1]:] = legend[..., ::-1]
    return sheet


def _save_png(path: Path, picture: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all. whole_file() would look through the folder for each of many pictures.
    unfinished = path.with_name(f'{path.name}.{os.getpid()}.unfinished')
    try:
        picture.save(unfinished, format='PNG')
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def save_labels(path: Path, labels: np.ndarray, palette: Sequence[Sequence[int]]) -> None:
    """Save labels (H, W), uint8, as a PNG that holds class numbers and shows their colours.

    Args:
        path (Path): File to write; its folder is made.
        labels (np.ndarray): (H, W), uint8.
        palette (Sequence): An RGB triple for each class.
    """
    picture = Image.fromarray(labels)
    picture.putpalette(np.array(palette, np.uint8).tobytes())
    _save_png(path, picture)


def save_picture(path: Path, picture: np.ndarray) -> None:
    """Save a picture (H, W, 3), uint8, BGR, as a PNG."""
    _save_png(path, Image.fromarray(np.ascontiguousarray(picture[..., ::-1])))
