"""From a band, or a release of it, to its cover."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from segue.engines.writing import Sound
from segue.generation.bands.covers import geometric, organic
from segue.generation.bands.covers.canvas import SIZE, Layout, Scene
from segue.generation.bands.covers.colours import palette_for
from segue.generation.bands.covers.lettering import letter
from segue.music.chance import between, chance, pick

MEDIA_TYPE: Final = "image/jpeg"
_QUALITY: Final = 90
_GRAIN: Final = 2.2
#: Layouts, and the energy that they suit best.
LAYOUTS: Final[dict[Layout, float]] = {
    organic.hills: 0.3,
    organic.ridges: 0.7,
    organic.streams: 0.4,
    organic.glow: 0.25,
    organic.cuttings: 0.4,
    organic.orbits: 0.15,
    geometric.arcs: 0.6,
    geometric.tiles: 0.75,
    geometric.discs: 0.5,
    geometric.stripes: 0.9,
    geometric.dots: 0.6,
    geometric.shimmer: 0.95,
}


@dataclass(frozen=True, slots=True)
class CoverRequest:
    """What a cover is to show.

    Attributes
    ----------
    name
        Of the band.
    title
        Of the release; without one it is the band's own cover.
    sound
        What the music is like.
    band_seed
        Draws what all covers of a band share: hue, layout and lettering.
    seed
        Draws the rest.
    vector
        Where the music lies in the space of tastes: bands that lie near each other have like hues.
    """

    name: str
    title: str | None
    sound: Sound
    band_seed: int
    seed: int
    vector: tuple[float, ...] | None = None


def draw_cover(request: CoverRequest) -> bytes:
    """Return a cover as JPEG, `SIZE` pixels square; the same request gives the same bytes."""
    own = chance(request.band_seed, "cover")
    layout = pick(own, tuple(LAYOUTS), _weights(request.sound))
    hue = _hue(request, own)
    if request.title is not None:
        hue += between(chance(request.seed, "cover hue"), (-40.0, 40.0))
    rng = chance(request.seed, "cover", request.title or "")
    scene = Scene(palette_for(request.sound, hue, rng), request.sound, rng)
    image = letter(layout(scene), request.name, request.title, chance(request.band_seed, "lettering"))
    return _encoded(_grained(image, rng))


def _weights(sound: Sound) -> tuple[float, ...]:
    energy = 0.5 if sound.energy is None else sound.energy
    return tuple(float(np.exp(-(((energy - best) / 0.3) ** 2)) + 0.05) for best in LAYOUTS.values())


def _hue(request: CoverRequest, rng: np.random.Generator) -> float:
    """Return a hue: by where the music lies, else by chance."""
    drawn = between(rng, (0.0, 360.0))
    if request.vector is None:
        return drawn
    # Two directions that never change: the angle between them is a place on the circle of hues.
    directions = chance(0, "hues").standard_normal((2, len(request.vector)))
    first, second = directions @ np.asarray(request.vector)
    return float(np.rad2deg(np.arctan2(second, first))) + 0.1 * drawn


def _grained(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a picture with the grain of print, which also keeps soft colours from banding."""
    grain = rng.normal(0, _GRAIN, (SIZE, SIZE, 1))
    pixels = np.asarray(image, dtype=np.float32) + grain
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()
