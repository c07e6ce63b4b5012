from __future__ import annotations

import numpy as np
import pytest
from mmseg.registry import TRANSFORMS
from reference import lighting


def build(**arguments):
    return TRANSFORMS.build(dict(type='RandomLighting', **arguments))


def image(height=3, width=5, dtype=np.uint8):
    return np.random.RandomState(1).uniform(0, 255, (height, width, 3)).astype(dtype)


def jitter(picture, seed=0, **arguments):
    np.random.seed(seed)
    return build(**arguments)(dict(img=picture))['img']


def drawn(seed, scale):
    np.random.seed(seed)
    return np.random.normal(0, scale, 3)


@pytest.mark.parametrize('size', [(3, 5), (1, 1), (4, 1)], ids=str)
@pytest.mark.parametrize('scale', [0.1, np.float32(3)])
def test_equals_the_formula(size, scale):
    for seed in range(4):
        expected = lighting(image(*size, np.float64), drawn(seed, scale))
        got = jitter(image(*size, np.float64), seed, scale=scale)
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize('seed', range(4))
def test_integers_are_rounded_to_the_nearest(seed):
    picture, coefficients = image(20, 20), drawn(seed, 0.1)
    exact = np.array(lighting(picture, coefficients))
    got = jitter(picture, seed)
    assert got.dtype == np.uint8
    assert np.abs(got - exact).max() <= 0.5 + 1e-4


@pytest.mark.parametrize('dtype', [np.uint8, np.float16, np.float32, np.float64])
def test_keeps_dtype_shape_and_the_given_image(dtype):
    picture = image(dtype=dtype)
    before = picture.copy()
    results = build(scale=1.)(dict(img=picture, other=7))
    assert results['img'].dtype == dtype and results['img'].shape == picture.shape
    assert results['other'] == 7 and not np.array_equal(results['img'], before)
    np.testing.assert_array_equal(picture, before)


def test_strength():
    """0.1 is the default, and the spread is proportional to it."""
    assert build().scale == 0.1 and repr(build()) == 'RandomLighting(scale=0.1)'
    np.testing.assert_array_equal(jitter(image(), scale=0), image())
    picture = np.full((1, 1, 3), 128., np.float64)
    spread = np.std([jitter(picture, seed)[0, 0] for seed in range(500)], axis=0)
    # blue, green, red: 25.5 times the root of the summed squares of eigenvalue and vector
    np.testing.assert_allclose(spread, [3.26, 3.22, 3.17], rtol=0.1)


@pytest.mark.parametrize('scale', [-0.1, float('nan'), float('inf'), '0.1', None, True, (0.1,)])
def test_refuses_a_bad_scale(scale):
    with pytest.raises(ValueError, match='scale=.*finite number of at least 0.*Fix: 0.1'):
        build(scale=scale)


@pytest.mark.parametrize('picture', [
    np.zeros((4, 4), np.uint8), np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4, 4), np.uint8),
    np.zeros((2, 4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.int32), np.zeros((4, 4, 3), bool)],
    ids=lambda picture: f'{picture.shape}-{picture.dtype}')
def test_refuses_what_is_no_colour_image(picture):
    with pytest.raises(ValueError, match=r'must be \(H, W, 3\), uint8 or floating.*Fix'):
        build()(dict(img=picture))
