"""Colours that go together, taken from the mood of the music; mixed in OKLab, where equal steps look equal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from segue.engines.writing import Sound
from segue.music.chance import between, pick

Colour = NDArray[np.float32]
Ground = Literal["paper", "night", "colour"]

#: Hues of a scheme in degrees beside the first one.
_SCHEMES: Final = (
    (0.0, 28.0, 52.0, 80.0),
    (0.0, 24.0, 180.0, 204.0),
    (0.0, 150.0, 210.0, 30.0),
    (0.0, 120.0, 240.0, 20.0),
    (0.0, 10.0, -14.0, 170.0),
    (0.0, -40.0, -75.0, 110.0),
)
# Björn Ottosson, "A perceptual color space for image processing", 2020: from OKLab to linear sRGB and back.
_TO_LMS: Final = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_TO_RGB: Final = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a cover, in OKLab.

    Attributes
    ----------
    ground
        What the rest lies on.
    ink
        What is read on the ground.
    inks
        Four colours, the first one the picture's own; all stand out from the ground.
    ground_kind
        What the ground is like.
    is_dark
        Whether the ground is dark.
    """

    ground: Colour
    ink: Colour
    inks: tuple[Colour, Colour, Colour, Colour]
    ground_kind: Ground
    is_dark: bool

    def ramp(self, count: int) -> list[Colour]:
        """Return `count` colours from the first ink over the second to the third, for surfaces."""
        return _ramp(self.inks[:3], count)

    def lines(self, count: int) -> list[Colour]:
        """Return `count` colours for thin lines: all of them far from the ground."""
        if self.ground_kind != "colour":
            return self.ramp(count)
        return _ramp((self.ink, mixed(self.ink, self.inks[1 if self.is_dark else 0], 0.6), self.ink), count)


def _ramp(colours: Sequence[Colour], count: int) -> list[Colour]:
    last = len(colours) - 1
    places = [min(last * number / max(1, count - 1), last - 1e-6) for number in range(count)]
    return [mixed(colours[int(at)], colours[int(at) + 1], at % 1) for at in places]


def palette_for(sound: Sound, hue: float, rng: np.random.Generator) -> Palette:
    """Return a palette: light or dark by the valence, strong or pale by the energy.

    Parameters
    ----------
    hue
        Of the first colour, in degrees.
    """
    energy = 0.5 if sound.energy is None else sound.energy
    valence = 0.5 if sound.valence is None else sound.valence
    ground = pick(rng, ("paper", "night", "colour"), (0.25 + valence, 1.15 - valence, 0.2 + 0.6 * energy))
    strength = 0.08 + 0.08 * energy + between(rng, (0.0, 0.03))
    hues = [hue + beside for beside in pick(rng, _SCHEMES)]
    match ground:
        case "paper":
            return _on_paper(hues, strength, rng)
        case "night":
            return _at_night(hues, strength, rng)
        case _:
            return _on_colour(hues, strength, rng)


def _on_paper(hues: list[float], strength: float, rng: np.random.Generator) -> Palette:
    lights = rng.permutation([0.42, 0.58, 0.68, 0.78])
    inks = [lch(light, strength * (1.1 if light > 0.5 else 0.9), hue) for light, hue in zip(lights, hues, strict=True)]
    return Palette(lch(0.955, 0.018, hues[0] + 40), lch(0.22, 0.03, hues[0]), _four(inks), "paper", is_dark=False)


def _at_night(hues: list[float], strength: float, rng: np.random.Generator) -> Palette:
    lights = rng.permutation([0.52, 0.64, 0.76, 0.86])
    inks = [lch(light, strength, hue) for light, hue in zip(lights, hues, strict=True)]
    return Palette(
        lch(between(rng, (0.15, 0.24)), 0.035, hues[0]), lch(0.955, 0.02, hues[1]), _four(inks), "night", is_dark=True
    )


def _on_colour(hues: list[float], strength: float, rng: np.random.Generator) -> Palette:
    light = between(rng, (0.58, 0.84))
    is_dark = light < 0.68
    lights = [0.3, 0.93, 0.42 if not is_dark else 0.84, 0.24]
    inks = [lch(own, strength * 0.9, hue) for own, hue in zip(lights, [hues[0], *hues[1:]], strict=True)]
    ink = lch(0.97, 0.02, hues[0]) if is_dark else lch(0.2, 0.04, hues[0])
    return Palette(lch(light, strength * 1.1, hues[0]), ink, _four(inks), "colour", is_dark=is_dark)


def _four(inks: list[Colour]) -> tuple[Colour, Colour, Colour, Colour]:
    first, second, third, fourth = inks
    return first, second, third, fourth


def lch(light: float, chroma: float, hue: float) -> Colour:
    """Return a colour by its lightness (0 to 1), chroma (0 to about 0.3) and hue in degrees."""
    angle = np.deg2rad(hue)
    return np.array([light, chroma * np.cos(angle), chroma * np.sin(angle)], dtype=np.float32)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two; a share of 0 is the first."""
    return np.asarray(first + (second - first) * share, dtype=np.float32)


def to_rgb(lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return OKLab colours, of any shape with three last, as sRGB bytes; what sRGB lacks is clipped."""
    linear = np.clip(((lab @ _TO_LMS.T) ** 3) @ _TO_RGB.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(encoded * 255), dtype=np.uint8)


def as_rgb(colour: Colour) -> tuple[int, int, int]:
    """Return one colour as Pillow takes it."""
    red, green, blue = (int(part) for part in to_rgb(colour))
    return red, green, blue
