"""Draw the figures of docs/mathematics.md and docs/conventions.md with the package's own code.

    python docs/figures/draw.py

What has areas of colour alone is a PNG of few colours; what has lines and words is SVG.
"""
from __future__ import annotations

import argparse
import io
from pathlib import Path

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt
from matplotlib.patches import ConnectionPatch, Rectangle
from mmseg.registry import DATASETS
from PIL import Image

from mmseg_nrd.apps.compare.panels import paint
from mmseg_nrd.apps.street_scenes.classes import CLASS_NAMES, IGNORE
from mmseg_nrd.apps.street_scenes.render import render_street_scene
from mmseg_nrd.evaluation import boundaries
from mmseg_nrd.ops import (
    dynamic_mlp,
    guided_upsample,
    num_dynamic_params,
    patch_coordinates,
    split_dynamic_params,
)

HERE = Path(__file__).parent
BLUE, ORANGE, GREY = '#3b6ea5', '#d9822b', '#bbbbbb'


def save(figure: plt.Figure, name: str, colours: int = 0) -> None:
    """SVG without a date, so that drawing twice gives one file; or PNG of some colours."""
    options = dict(bbox_inches='tight', facecolor='white')
    if not colours:
        figure.savefig(HERE / f'{name}.svg', metadata={'Date': None}, **options)
    else:
        picture = io.BytesIO()
        figure.savefig(picture, dpi=110, **options)
        few = Image.open(picture).convert('RGB').quantize(colours)
        few.save(HERE / f'{name}.png', optimize=True)
    plt.close(figure)


def bare(axes: plt.Axes, title: str) -> plt.Axes:
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=9)
    return axes


def draw_parameter_split() -> None:
    """Which of the 899 numbers of a place are which layer's."""
    channels = (18, 16, 16, 19)
    figure, axes = plt.subplots(figsize=(9, 1.7))
    start = 0
    for index, (weight, bias) in enumerate(
            split_dynamic_params(torch.arange(num_dynamic_params(channels)), channels)):
        for name, piece, colour, up, below in (
                ('w', weight, BLUE, .5, -.3), ('b', bias, ORANGE, 1.25, -.55)):
            axes.add_patch(Rectangle(
                (start, 0), piece.numel(), 1, facecolor=colour, edgecolor='white'))
            label = f'{name}{index}: ' + ' x '.join(map(str, piece.shape))
            axes.text(start + piece.numel() / 2, up, label, ha='center', va='center', fontsize=9,
                      color='white' if name == 'w' else 'black')
            # The pieces are views of 0, 1, 2, ...: where one starts stands in it.
            axes.text(start, below, int(piece.flatten()[0]), ha='center', fontsize=7)
            start += piece.numel()
    axes.text(start, -.3, start, ha='center', fontsize=7)
    axes.set(xlim=(-8, start + 8), ylim=(-.7, 1.6))
    axes.axis('off')
    save(figure, 'nrd_parameters')


def draw_patch_decoding() -> None:
    """A map of 3 x 4 places, each an MLP, and the patches that they decode."""
    torch.manual_seed(3)
    channels, side, (rows, columns) = (2, 16, 16, 5), 8, (3, 4)
    params = torch.randn(1, num_dynamic_params(channels), rows, columns)
    coordinates = patch_coordinates(side)
    logits = dynamic_mlp(params, coordinates.repeat(1, rows, columns)[None], channels, side)
    labels = logits[0].argmax(0)
    figure, (places, xy, decoded) = plt.subplots(
        1, 3, figsize=(9, 3), gridspec_kw=dict(width_ratios=(1, .42, 1)))
    bare(places, f'encoder map: {rows} x {columns} places,\neach predicts an MLP').imshow(
        params[0].norm(dim=0), cmap='Blues', alpha=.6)
    bare(decoded, f'logits: {rows * side} x {columns * side} pixels,\na patch for each place')
    decoded.imshow(labels, cmap='Set2', interpolation='nearest')
    for at in range(1, columns):
        places.axvline(at - .5, color='white')
        decoded.axvline(at * side - .5, color='white', linewidth=.8)
    for at in range(1, rows):
        places.axhline(at - .5, color='white')
        decoded.axhline(at * side - .5, color='white', linewidth=.8)
    bare(xy, 'x and y of every patch,\n0 to 7/8').axis('off')
    for index, name in enumerate('xy'):
        inset = xy.inset_axes([.1, .54 - .54 * index, .8, .46])
        inset.imshow(coordinates[index], cmap='Greys_r', vmin=-.2, vmax=1)
        inset.set(xticks=[], yticks=[], ylabel=name)
    i, j = 1, 1
    for panel, length in ((places, 1), (decoded, side)):
        panel.add_patch(Rectangle((j * length - .5, i * length - .5), length, length, fill=False,
                                  edgecolor=ORANGE, lw=2.5, zorder=3))
    figure.add_artist(ConnectionPatch(
        (j + .5, i), (j * side - .5, (i + .5) * side), 'data', 'data', axesA=places,
        axesB=decoded, color=ORANGE, arrowstyle='->', lw=1.5))
    save(figure, 'nrd_patches', colours=64)


def draw_guided_sampling() -> None:
    """A disc at 1/8: bilinear, offsets that point away from its outline, and what they give."""
    small, factor = 8, 8
    size = small * factor
    row, column = torch.meshgrid(*[torch.arange(size) + .5] * 2, indexing='ij')
    away = torch.stack([column, row]) - torch.tensor([30., 34.])[:, None, None]
    distance = away.norm(dim=0)
    inside = (distance < 21).float()
    shares = F.avg_pool2d(inside[None, None], factor)
    # Up to a pixel of the small map, away from the outline, and nothing far from it.
    from_outline = (distance - 21) / factor
    length = from_outline.sign() * (1 - from_outline.abs()).clamp(min=0)
    offsets = (away / distance * length)[None]
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.6))
    style = dict(cmap='Blues', vmin=0, vmax=1, interpolation='nearest')
    bare(axes[0], f'a map of {small} x {small}').imshow(shares[0, 0], **style)
    for panel, title, table in ((axes[1], 'zero offsets: bilinear', 0 * offsets),
                                (axes[3], 'guided', offsets)):
        bare(panel, title).imshow(guided_upsample(shares, table)[0, 0], **style)
        panel.contour(inside, levels=[.5], colors=ORANGE, linewidths=.8)
    bare(axes[2], 'offsets (p, q)').imshow(shares[0, 0], extent=(0, size, size, 0), **style)
    every = slice(3, None, 5)
    axes[2].quiver(column[every, every], row[every, every], *offsets[0, :, every, every] * factor,
                   angles='xy', scale_units='xy', scale=1, width=.006, color=ORANGE)
    save(figure, 'gum_sampling', colours=128)


def draw_upsampling_frames() -> None:
    """Where ordinary upsampling from 4 to 8 pixels reads, for both values of align_corners."""
    source, size = 4, 8
    figure, axes = plt.subplots(2, 1, figsize=(7, 2.6), sharex=True)
    for panel, aligned in zip(axes, (False, True)):
        # A map that holds its own coordinates, read without clamping at the borders.
        index = torch.arange(size, dtype=torch.float64)
        at = index * (source - 1) / (size - 1) if aligned else (index + .5) * source / size - .5
        ramp = torch.arange(source, dtype=torch.float64)[None, None]
        read = F.interpolate(ramp, size, mode='linear', align_corners=aligned)[0, 0]
        for pixel in range(source):
            panel.add_patch(Rectangle((pixel - .5, -.4), 1, .8, facecolor='#dbe6f2',
                                      edgecolor='white', lw=2))
        panel.plot(range(source), [0] * source, 'o', color=BLUE, ms=8, label='source pixels')
        panel.plot(at, [0] * size, '|', color=GREY, ms=22, label='place of an output pixel')
        panel.plot(read, [0] * size, 'x', color=ORANGE, ms=7, label='read there')
        panel.set(yticks=[], ylim=(-.5, .5), xlim=(-.7, source - .3), xticks=range(source))
        panel.set_title(f'align_corners={aligned}', fontsize=9, loc='left')
        panel.spines[:].set_visible(False)
    axes[0].legend(ncols=3, fontsize=7, loc='lower right', bbox_to_anchor=(1, 1), frameon=False)
    axes[1].set_xlabel('source pixels', fontsize=8)
    save(figure, 'upsampling_frames')


def draw_boundary_regions() -> None:
    """What Boundary IoU and trimap IoU look at in a street scene."""
    image, truth = render_street_scene(5, (256, 512))
    ignored = truth == IGNORE
    labels = np.where(ignored, len(CLASS_NAMES), truth).astype(np.uint8)
    distance = boundaries.boundary_distance(*labels.shape, 0.02)
    region = boundaries.boundary_region(labels, ignored, distance)
    band = boundaries.trimap_band(boundaries.label_contour(labels, ignored), ignored, 4)
    colours = paint(truth, DATASETS.get('CityscapesDataset').METAINFO['palette'])
    figure, axes = plt.subplots(2, 2, figsize=(9, 4.9), layout='constrained')
    bare(axes[0, 0], 'a rendered street scene').imshow(image)
    bare(axes[0, 1], 'its labels; black is ignored').imshow(colours)
    for panel, title, part in (
            (axes[1, 0], f'Boundary IoU: at most {distance} pixels from the outline', region),
            (axes[1, 1], 'trimap IoU: at most 4 pixels from a contour', band)):
        bare(panel, title).imshow(np.where(part[..., None], colours, np.uint8(245)))
    save(figure, 'boundary_regions', colours=96)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split('\n')[0]).parse_args()
    matplotlib.use('Agg')
    # Names in an SVG are random otherwise.
    matplotlib.rcParams.update({'svg.hashsalt': 'mmseg_nrd', 'font.size': 9})
    for draw in (draw_parameter_split, draw_patch_decoding, draw_guided_sampling,
                 draw_upsampling_frames, draw_boundary_regions):
        draw()


if __name__ == '__main__':
    main()
