"""Smooth randomness: curves and fields that wander."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]


def field(rng: np.random.Generator, size: int, cells: int, octaves: int = 3, roughness: float = 0.5) -> Field:
    """Return a smooth field, shape ``(size, size)``, about -1 to 1.

    Parameters
    ----------
    cells
        Hills along a side.
    octaves, roughness
        How many times finer ones are added, each `roughness` as high.
    """
    total = np.zeros((size, size), dtype=np.float32)
    height = 1.0
    for octave in range(octaves):
        points = cells * 2**octave + 3
        coarse = Image.fromarray(rng.standard_normal((points, points)).astype(np.float32), "F")
        total += height * np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
        height *= roughness
    return np.asarray(total / np.abs(total).max(), dtype=np.float32)


def curve(rng: np.random.Generator, size: int, cells: int, octaves: int = 4, roughness: float = 0.5) -> Field:
    """Return a smooth line, shape ``(size,)``, -1 to 1; arguments as for `field`."""
    total = np.zeros(size, dtype=np.float32)
    places = np.arange(size) / size
    height = 1.0
    for octave in range(octaves):
        points = cells * 2**octave + 4
        coarse = rng.standard_normal(points)
        total += height * _through(coarse, 1 + places * (points - 3))
        height *= roughness
    return np.asarray(total / np.abs(total).max(), dtype=np.float32)


def _through(points: NDArray[np.float64], places: NDArray[np.float64]) -> Field:
    """Return Catmull and Rom's spline through points, at places that are counted in points."""
    index = np.floor(places).astype(int)
    at = places - index
    before, here, there, beyond = (points[np.clip(index + step, 0, len(points) - 1)] for step in (-1, 0, 1, 2))
    return np.asarray(
        here
        + 0.5
        * at
        * (
            there
            - before
            + at * (2 * before - 5 * here + 4 * there - beyond + at * (3 * (here - there) + beyond - before))
        ),
        dtype=np.float32,
    )


def closed_curve(rng: np.random.Generator, waves: int, points: int = 180) -> Field:
    """Return how far a soft closed shape reaches in each direction, shape ``(points,)``, about 0.6 to 1.4."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = np.ones(points)
    for wave in range(2, waves + 2):
        reach += rng.normal(0, 0.28 / wave) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.clip(reach, 0.35, 1.6), dtype=np.float32)
