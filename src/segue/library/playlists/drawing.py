"""Covers that are drawn: a mosaic of a list's first tracks, each a field of colours of its own, or their pictures."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

#: In pixels; it is a square.
SIDE: Final = 600
MEDIA_TYPE: Final = "image/jpeg"
#: Whoever draws otherwise draws anew what others keep.
DRAWN_AS: Final = "1"
_QUALITY: Final = 88
_ROWS: Final = 2
#: Hues of one picture, apart from its first: near it, or across.
_CHORDS: Final = ((0.09, 0.18), (0.12, 0.25), (-0.12, -0.22), (0.20, 0.30), (-0.08, 0.16), (0.15, -0.15))

Field = NDArray[np.float64]

_LAB_TO_ROOTS: Final = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_CONES_TO_RGB: Final = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A track's part of a cover: its own picture where it has one, else what is drawn for its id."""

    track_id: UUID
    picture: bytes | None = None


def draw_cover(playlist_id: UUID, tiles: Sequence[Tile]) -> bytes:
    """Draw a cover as a JPEG of `SIDE` pixels a side; the same list and tiles give the same bytes.

    Parameters
    ----------
    tiles
        Of different tracks. Four make a mosaic; of fewer the first makes all of it, and of none the list itself.
    """
    if len(tiles) >= _ROWS * _ROWS:
        side = SIDE // _ROWS
        cover = Image.new("RGB", (SIDE, SIDE))
        for number, tile in enumerate(tiles[: _ROWS * _ROWS]):
            cover.paste(_painted(tile, side), (number % _ROWS * side, number // _ROWS * side))
    elif tiles:
        cover = _painted(tiles[0], SIDE)
    else:
        cover = _painted(Tile(playlist_id), SIDE)
    out = io.BytesIO()
    cover.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _painted(tile: Tile, side: int) -> Image.Image:
    if tile.picture is not None:
        try:
            # Written by ourselves from what was decoded in a child process.
            with Image.open(io.BytesIO(tile.picture), formats=("JPEG",)) as image:
                return ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        except (UnidentifiedImageError, OSError):
            pass
    return _field(tile.track_id.int, side)


def _field(seed: int, side: int) -> Image.Image:
    """Paint three colours that melt into each other along bent waves, with a light in one corner."""
    rng = np.random.default_rng(seed)
    steps = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(steps, steps)
    angle = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    bend = 0.12 * np.sin(2 * np.pi * (across * rng.uniform(0.6, 1.6) + rng.uniform()))
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * ((along + bend) * rng.uniform(0.5, 1.1) + rng.uniform()))
    far = np.hypot(x - rng.uniform(0.1, 0.9), y - rng.uniform(0.1, 0.9))
    spot = np.exp(-((far / rng.uniform(0.35, 0.6)) ** 2))
    hue = rng.uniform()
    near, other = _CHORDS[rng.integers(len(_CHORDS))]
    low = _oklab(rng.uniform(0.36, 0.50), 0.14, hue)
    high = _oklab(rng.uniform(0.66, 0.76), 0.16, hue + near)
    shine = _oklab(0.87, 0.12, hue + other)
    mixed = low + (high - low) * wave[..., None]
    mixed += (shine - mixed) * (0.9 * spot[..., None])
    bands = rng.integers(5, 12)
    mixed[..., 0] -= 0.035 * (np.floor((far + 0.4 * bend) * bands) % 2) + 0.12 * np.clip(y - 0.55, 0, 1)
    return Image.fromarray(np.uint8(255 * _srgb(mixed) + 0.5))


def _oklab(lightness: float, chroma: float, hue: float) -> Field:
    """Return a colour of OKLab (Ottosson 2020), where mixtures stay clear; the hue is in turns."""
    return np.array([lightness, chroma * np.cos(2 * np.pi * hue), chroma * np.sin(2 * np.pi * hue)])


def _srgb(lab: Field) -> Field:
    """Return colours of OKLab as sRGB, 0 to 1; what a screen cannot show is cut."""
    light = np.clip((lab @ _LAB_TO_ROOTS.T) ** 3 @ _CONES_TO_RGB.T, 0, 1)
    shown: Field = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return shown
