"""Light of a scene: time of day, sun direction, haze, and the palette of materials."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# Ranges of colour (RGB, 0 to 255) that overlap across classes on purpose: a grey may be road,
# wall, car or sky, a green may be tree, lawn, bus or facade. Shape has to tell them apart.
PALETTES: dict[str, tuple[tuple[int, int, int], ...]] = {
    'road': ((92, 92, 94), (120, 118, 116), (74, 76, 82), (132, 118, 106), (104, 84, 76)),
    'sidewalk': ((140, 138, 134), (112, 110, 110), (150, 132, 112), (136, 100, 88), (96, 96, 100)),
    'terrain': ((84, 110, 52), (128, 122, 66), (112, 92, 66), (66, 88, 48), (140, 128, 100)),
    'leaf': ((58, 92, 40), (84, 108, 44), (40, 66, 40), (140, 104, 40), (126, 66, 44),
             (96, 86, 60)),
    'facade': ((168, 156, 136), (136, 82, 66), (120, 118, 116), (186, 164, 112), (92, 82, 76),
               (120, 134, 118), (128, 140, 156), (198, 192, 182), (76, 78, 86)),
    'stone': ((132, 124, 112), (120, 74, 60), (98, 96, 96), (160, 150, 132), (104, 108, 92)),
    'metal': ((92, 96, 98), (58, 62, 60), (150, 150, 148), (70, 84, 70), (116, 96, 78)),
    'paint': ((196, 196, 194), (40, 42, 46), (120, 124, 128), (140, 36, 34), (40, 66, 122),
              (60, 96, 66), (184, 156, 60), (150, 104, 76), (84, 88, 96), (90, 130, 150)),
    'cloth': ((44, 46, 56), (122, 44, 44), (58, 74, 112), (170, 164, 152), (72, 90, 60),
              (116, 100, 84), (190, 150, 60), (96, 60, 96), (84, 84, 86)),
    'skin': ((196, 150, 124), (150, 106, 82), (98, 70, 56)),
}


def pick(rng: np.random.Generator, palette: str, spread: float = 14.0) -> np.ndarray:
    """A colour (3,) float around a random entry of a palette."""
    entries = PALETTES[palette]
    base = np.array(entries[rng.integers(len(entries))], dtype=np.float64)
    shift = rng.normal(0, spread) + rng.normal(0, 0.5 * spread, 3)
    return np.clip(base + shift, 8, 247)


@dataclass(frozen=True)
class Light:
    """Illumination of one scene. Colours are RGB, 0 to 255, before the sensor's exposure."""

    sun: tuple[float, float, float]  # unit vector towards the sun
    ambient: float  # share of light that reaches every face
    direct: float  # share that only lit faces get; 0 under clouds
    zenith: np.ndarray  # sky colour at the top
    skyline: np.ndarray  # sky colour at the horizon, and of the haze
    haze: float  # extinction per metre
    clouds: float  # 0 to 1
    night: bool

    def shade(self, right: float, up: float, forward: float) -> float:
        """Brightness factor of a face with this unit normal."""
        facing = right * self.sun[0] + up * self.sun[1] + forward * self.sun[2]
        return self.ambient + self.direct * max(facing, 0.0) + 0.06 * up


_SKIES = (  # zenith, horizon, relative frequency
    ((88, 132, 190), (176, 196, 212), 0.34),  # clear
    ((168, 172, 176), (196, 198, 198), 0.26),  # overcast
    ((112, 118, 128), (150, 150, 150), 0.14),  # dull
    ((104, 112, 150), (222, 172, 128), 0.16),  # low sun
    ((34, 40, 62), (86, 78, 82), 0.10),  # dusk
)


def sample_light(rng: np.random.Generator) -> Light:
    """Clear noon to dusk, with haze and clouds."""
    weights = np.array([sky[2] for sky in _SKIES])
    kind = int(rng.choice(len(_SKIES), p=weights / weights.sum()))
    zenith, skyline, _ = _SKIES[kind]
    cloudy = kind in (1, 2, 4)
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 1.1)
    sun = (math.cos(azimuth) * math.cos(elevation), math.sin(elevation),
           math.sin(azimuth) * math.cos(elevation))
    return Light(
        sun=sun,
        ambient=rng.uniform(0.85, 1.0) if cloudy else rng.uniform(0.62, 0.8),
        direct=0.12 if cloudy else rng.uniform(0.4, 0.7),
        zenith=np.clip(np.array(zenith) + rng.normal(0, 10, 3), 8, 247),
        skyline=np.clip(np.array(skyline) + rng.normal(0, 10, 3), 8, 247),
        haze=float(rng.choice([0.002, 0.005, 0.012])) * rng.uniform(0.6, 1.4),
        clouds=rng.uniform(0.5, 1.0) if cloudy else rng.uniform(0.0, 0.7),
        night=kind == 4)
