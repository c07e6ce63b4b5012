"""Slow oracles, written from the formulas alone; they share no code with what they check.

Nothing here imports the package, and nothing here is clever: every pixel is a loop turn.
"""
from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def num_dynamic_params(channels) -> int:
    """Parameters of a real stack of linear layers of these widths."""
    layers = [nn.Linear(c_in, c_out) for c_in, c_out in zip(channels[:-1], channels[1:])]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def patch_coordinates(patch_size: int, scale_factor: int = 1) -> Tensor:
    """Channel 0 is column / patch_size, channel 1 is row / patch_size.

    A pixel that is cut into parts spans half a pixel to each side; a part is where its middle is.
    """
    side = patch_size * scale_factor
    places = []
    for part in range(side):
        pixel, within = divmod(part, scale_factor)
        middle = -0.5 + (within + 0.5) / scale_factor
        places.append((pixel + middle) / patch_size)
    out = torch.zeros(2, side, side)
    for row in range(side):
        for column in range(side):
            out[0, row, column] = places[column]
            out[1, row, column] = places[row]
    return out


def read_layers(theta: Tensor, channels) -> list[tuple[Tensor, Tensor]]:
    """Flat parameters of one place to (weight, bias): w0, b0, w1, b1, ...; weights out-major."""
    layers, position = [], 0
    for c_in, c_out in zip(channels[:-1], channels[1:]):
        rows = []
        for _ in range(c_out):
            rows.append(theta[position:position + c_in])
            position += c_in
        layers.append((torch.stack(rows), theta[position:position + c_out]))
        position += c_out
    assert position == len(theta)
    return layers


def mlp(pixel: Tensor, layers) -> Tensor:
    """One pixel through one MLP: ReLU after every layer but the last."""
    for number, (weight, bias) in enumerate(layers):
        pixel = (weight * pixel).sum(dim=1) + bias
        if number + 1 < len(layers):
            pixel = torch.where(pixel > 0, pixel, torch.zeros_like(pixel))
    return pixel


def dynamic_mlp(params: Tensor, inputs: Tensor, channels, patch_size: int) -> Tensor:
    """(B, N, H, W) and (B, c0, Hp, Wp) to (B, cL, Hp, Wp), pixel by pixel."""
    batch, _, height, width = params.shape
    images = []
    for image in range(batch):
        rows = []
        for row in range(height * patch_size):
            pixels = []
            for column in range(width * patch_size):
                place = params[image, :, row // patch_size, column // patch_size]
                pixels.append(mlp(inputs[image, :, row, column], read_layers(place, channels)))
            rows.append(torch.stack(pixels, dim=-1))
        images.append(torch.stack(rows, dim=-2))
    return torch.stack(images)


def batch_norm(inputs: Tensor, state: dict, eps: float = 1e-5) -> Tensor:
    """BatchNorm in eval mode, from its saved statistics, channel by channel."""
    out = torch.empty_like(inputs)
    for channel in range(inputs.shape[1]):
        mean, variance = state['running_mean'][channel], state['running_var'][channel]
        scale = state['weight'][channel] / math.sqrt(variance + eps)
        out[:, channel] = (inputs[:, channel] - mean) * scale + state['bias'][channel]
    return out


def nrd_decode(params: Tensor, guidance: Tensor, norm: dict, channels,
               patch_size: int, scale_factor: int = 1) -> Tensor:
    """NRD from controller output and the 16 guidance channels on, in eval mode.

    Only the pixels that exist are ever looked at, so no padding can matter; those below or beside
    the last place take that place's MLP. The result has the guidance's size; with a scale factor
    the guidance is one that was resized by it.
    """
    _, _, places_down, places_across = params.shape
    batch, _, height, width = guidance.shape
    coordinates = patch_coordinates(patch_size, scale_factor)
    side = patch_size * scale_factor
    out = torch.zeros(batch, channels[-1], height, width)
    for image in range(batch):
        for row in range(height):
            for column in range(width):
                xy = coordinates[:, row % side, column % side]
                pixel = torch.cat([xy, guidance[image, :, row, column]])
                pixel = batch_norm(pixel[None], norm)[0]
                place = params[image, :, min(row // side, places_down - 1),
                               min(column // side, places_across - 1)]
                out[image, :, row, column] = mlp(pixel, read_layers(place, channels))
    return out


def lighting(image, coefficients):
    """AlexNet's colour jitter of one BGR image with values 0 to 255, pixel by pixel.

    Each pixel's (red, green, blue) moves by the sum over components k of p_k a_k l_k, with unit
    vectors p_k, coefficients a_k and eigenvalues l_k, which hold for values of 0 to 1.
    """
    components = [  # (eigenvalue, (red, green, blue))
        (0.2175, (-0.5675, -0.5808, -0.5836)),
        (0.0188, (0.7192, -0.0045, -0.6948)),
        (0.0045, (0.4009, -0.8140, 0.4203)),
    ]
    out = []
    for row in image.tolist():
        out.append([])
        for blue, green, red in row:
            pixel = [red, green, blue]
            for coefficient, (eigenvalue, vector) in zip(coefficients, components):
                for channel in range(3):
                    pixel[channel] += 255 * eigenvalue * coefficient * vector[channel]
            red, green, blue = (min(max(value, 0.), 255.) for value in pixel)
            out[-1].append((blue, green, red))
    return out


def regular_position(index: int, size: int, source: int, align_corners: bool = False) -> float:
    """Where ordinary upsampling from ``source`` to ``size`` pixels reads, in source pixels."""
    if not align_corners:
        return (index + 0.5) * source / size - 0.5
    return index * (source - 1) / (size - 1) if size > 1 else 0.


def hat(distance: Tensor) -> Tensor:
    return torch.where(distance.abs() < 1, 1 - distance.abs(), torch.zeros_like(distance))


def guided_upsample(feats: Tensor, offsets: Tensor, mode: str = 'bilinear',
                    align_corners: bool = False) -> Tensor:
    """V_i: the sum over all source pixels (n, m), from positions moved to the border."""
    batch, _, h, w = feats.shape
    _, _, height, width = offsets.shape
    out = [[[None] * width for _ in range(height)] for _ in range(batch)]
    for image in range(batch):
        for row in range(height):
            for column in range(width):
                x = regular_position(column, width, w, align_corners)
                y = regular_position(row, height, h, align_corners)
                x = (x + offsets[image, 0, row, column]).clamp(0, w - 1)
                y = (y + offsets[image, 1, row, column]).clamp(0, h - 1)
                if mode == 'nearest':
                    value = feats[image, :, math.floor(y.item() + 0.5), math.floor(x.item() + 0.5)]
                else:
                    value = sum(feats[image, :, n, m] * hat(x - m) * hat(y - n)
                                for n in range(h) for m in range(w))
                out[image][row][column] = value
    return torch.stack([torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
                        for rows in out])


def square_around(row: int, column: int):
    return [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def erode(mask, times: int):
    """A mask (rows of bools) less its rim, so often; outside of the image nothing is set."""
    height, width = len(mask), len(mask[0])
    for _ in range(times):
        mask = [[all(0 <= r < height and 0 <= c < width and mask[r][c]
                     for r, c in square_around(row, column)) for column in range(width)]
                for row in range(height)]
    return mask


def dilate(mask, times: int):
    """A mask and its rim, so often."""
    height, width = len(mask), len(mask[0])
    for _ in range(times):
        mask = [[any(0 <= r < height and 0 <= c < width and mask[r][c]
                     for r, c in square_around(row, column)) for column in range(width)]
                for row in range(height)]
    return mask


def in_class_boundary(labels, ignored, label: int, distance: int):
    """M less erode(M or ignored), with M the class's pixels that are not ignored."""
    rows, columns = range(len(labels)), range(len(labels[0]))
    mask = [[labels[r][c] == label and not ignored[r][c] for c in columns] for r in rows]
    kept = erode([[mask[r][c] or ignored[r][c] for c in columns] for r in rows], distance)
    return [[mask[r][c] and not kept[r][c] for c in columns] for r in rows]


def in_contour(truth, ignored):
    """Pixels with a 4-neighbour of another label, where neither is ignored."""
    height, width = len(truth), len(truth[0])

    def differs(row, column, r, c):
        inside = 0 <= r < height and 0 <= c < width
        return inside and not ignored[r][c] and truth[r][c] != truth[row][column]

    return [[not ignored[row][column] and any(
        differs(row, column, r, c) for r, c in (
            (row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)))
        for column in range(width)] for row in range(height)]


def mask_overlap(one, other):
    """Pixels of the intersection and of the union of two masks."""
    pairs = [pair for rows in zip(one, other) for pair in zip(*rows)]
    return [sum(a and b for a, b in pairs), sum(a or b for a, b in pairs)]


def boundary_overlap(pred, truth, num_classes: int, distance: int, ignore_index: int):
    """[intersection, union] of the boundary regions of each class; maps are lists of rows."""
    ignored = [[label == ignore_index for label in row] for row in truth]
    return [mask_overlap(in_class_boundary(pred, ignored, label, distance),
                         in_class_boundary(truth, ignored, label, distance))
            for label in range(num_classes)]


def trimap_overlap(pred, truth, num_classes: int, width: int, ignore_index: int):
    """[intersection, union] of each class in a band around the truth's contours."""
    ignored = [[label == ignore_index for label in row] for row in truth]
    near = dilate(in_contour(truth, ignored), width)
    rows, columns = range(len(truth)), range(len(truth[0]))

    def in_band(labels, label):
        return [[near[r][c] and not ignored[r][c] and labels[r][c] == label for c in columns]
                for r in rows]

    return [mask_overlap(in_band(pred, label), in_band(truth, label))
            for label in range(num_classes)]
