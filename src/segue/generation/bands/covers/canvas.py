"""What layouts draw with: pictures in OKLab for fields of colour, a large Pillow canvas for shapes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from segue.engines.writing import Sound
from segue.generation.bands.covers.colours import Colour, Palette, as_rgb, to_rgb
from segue.generation.bands.covers.noise import Field

#: Pixels along a side.
SIZE: Final = 1000
#: Shapes are drawn larger and made smaller, so that their edges are smooth.
FINER: Final = 2

Lab = NDArray[np.float32]
Place = Literal["top", "bottom", "middle"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a layout is given."""

    palette: Palette
    sound: Sound
    rng: np.random.Generator

    @property
    def energy(self) -> float:
        """How full the music is, 0 to 1."""
        return 0.5 if self.sound.energy is None else self.sound.energy


@dataclass(frozen=True, slots=True)
class Picture:
    """What a layout draws.

    Attributes
    ----------
    image
        RGB, `SIZE` pixels square.
    place
        Where there is room for words.
    room
        Its share of the height.
    ink
        A colour that can be read there.
    """

    image: Image.Image
    place: Place
    room: float
    ink: Colour


Layout = Callable[[Scene], Picture]


def from_lab(lab: Lab) -> Image.Image:
    """Return a picture of OKLab colours, shape ``(SIZE, SIZE, 3)``."""
    return Image.fromarray(to_rgb(lab), "RGB")


def filled(colour: Colour) -> Lab:
    """Return a picture of one colour."""
    return np.tile(colour, (SIZE, SIZE, 1)).astype(np.float32)


def blend(below: Lab, colour: Colour | Lab, coverage: Field) -> Lab:
    """Return a picture with a colour laid over it where `coverage`, shape ``(SIZE, SIZE)``, is above 0."""
    return np.asarray(below + (colour - below) * coverage[..., None], dtype=np.float32)


def grid() -> tuple[Field, Field]:
    """Return the pixels' places, 0 to 1, from the left and from the top; shape ``(SIZE, SIZE)`` each."""
    along = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE
    return np.tile(along, (SIZE, 1)), np.tile(along[:, None], (1, SIZE))


def inside(distance: Field) -> Field:
    """Return how much of each pixel lies where a distance, in widths of the picture, is below 0."""
    return np.asarray(np.clip(0.5 - distance * SIZE, 0, 1), dtype=np.float32)


class Shapes:
    """A canvas for shapes; coordinates are shares of its side."""

    def __init__(self, ground: Colour | Image.Image) -> None:
        self._side = SIZE * FINER
        if isinstance(ground, Image.Image):
            self._image = ground.resize((self._side, self._side), Image.Resampling.BICUBIC)
        else:
            self._image = Image.new("RGB", (self._side, self._side), as_rgb(ground))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: NDArray[np.floating], colour: Colour) -> None:
        """Fill a polygon of points, shape ``(points, 2)``."""
        self._draw.polygon([(float(x), float(y)) for x, y in points * self._side], fill=as_rgb(colour))

    def line(self, points: NDArray[np.floating], colour: Colour, width: float) -> None:
        """Draw a line through points, shape ``(points, 2)``."""
        scaled = [(float(x), float(y)) for x, y in points * self._side]
        self._draw.line(scaled, fill=as_rgb(colour), width=max(1, round(width * self._side)), joint="curve")

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        self._draw.ellipse(self._box(x, y, radius), fill=as_rgb(colour))

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        """Draw a circle."""
        self._draw.ellipse(self._box(x, y, radius), outline=as_rgb(colour), width=max(1, round(width * self._side)))

    def slice(self, x: float, y: float, radius: float, angles: tuple[float, float], colour: Colour) -> None:
        """Fill a part of a circle, from one angle to another, in degrees clockwise from the right."""
        self._draw.pieslice(self._box(x, y, radius), *angles, fill=as_rgb(colour))

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle from its upper left corner."""
        box = [v * self._side for v in (x, y, x + width, y + height)]
        self._draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=as_rgb(colour))

    def image(self) -> Image.Image:
        """Return the picture at its size."""
        return self._image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)

    def _box(self, x: float, y: float, radius: float) -> tuple[float, float, float, float]:
        side = self._side
        return (x - radius) * side, (y - radius) * side, (x + radius) * side, (y + radius) * side
