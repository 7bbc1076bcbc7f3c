"""Setting a name on a cover: in one of several faces, as large as its room allows, broken into lines that look even."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final, Literal

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from segue.generation.bands.covers.canvas import SIZE, Picture
from segue.generation.bands.covers.colours import Colour, as_rgb
from segue.music.chance import pick

_MARGIN: Final = 64
#: Between the picture and the words.
_AIR: Final = 26
_LARGEST: Final = 190
_SMALLEST: Final = 30


@dataclass(frozen=True, slots=True)
class Face:
    """A way of setting type.

    Attributes
    ----------
    file, light
        For names and for titles, of the fonts that come with matplotlib: DejaVu (Bitstream Vera's licence) and STIX
        (SIL OFL).
    case
        How it is written.
    tracking
        Room between letters, in shares of the size.
    """

    file: str
    light: str
    case: Literal["upper", "lower", "as_is"] = "as_is"
    tracking: float = 0.0


FACES: Final = (
    Face("DejaVuSans-Bold.ttf", "DejaVuSans.ttf", "upper", -0.02),
    Face("DejaVuSans-Bold.ttf", "DejaVuSans.ttf", "lower", -0.04),
    Face("DejaVuSans.ttf", "DejaVuSans.ttf", "upper", 0.22),
    Face("DejaVuSerif-Bold.ttf", "DejaVuSerif.ttf", "as_is", -0.02),
    Face("STIXGeneral.ttf", "STIXGeneralItalic.ttf", "as_is", 0.0),
    Face("STIXGeneralItalic.ttf", "STIXGeneral.ttf", "as_is", 0.0),
    Face("STIXGeneralBol.ttf", "STIXGeneral.ttf", "upper", 0.06),
    Face("DejaVuSansMono-Bold.ttf", "DejaVuSansMono.ttf", "lower", -0.03),
    Face("DejaVuSans-BoldOblique.ttf", "DejaVuSans-Oblique.ttf", "upper", -0.03),
)


@dataclass(frozen=True, slots=True)
class _Setting:
    """How lines are set: the font in its size, pixels between letters, colour, and whether in the middle."""

    font: ImageFont.FreeTypeFont
    tracking: float
    ink: Colour
    centred: bool


#: For letters that a face lacks.
_WIDEST: Final = "DejaVuSans.ttf"


def letter(picture: Picture, name: str, title: str | None, rng: np.random.Generator) -> Image.Image:
    """Return a picture with a name on it, and a title below that, in one of the faces."""
    face = pick(rng, FACES)
    centred = rng.random() < (0.7 if picture.place == "middle" else 0.3)
    image = picture.image.copy()
    draw = ImageDraw.Draw(image)
    height = round(picture.room * SIZE) - _MARGIN - _AIR
    small = max(30, min(44, height // 4))
    words_height = height - (round(small * 1.7) if title else 0)
    lines, size = _fitted(_cased(name, face), face, SIZE - 2 * _MARGIN, words_height)
    title_height = round(small * 1.7) if title else 0
    block = _line_height(size) * len(lines) + title_height
    top = _top(picture, block, height)
    setting = _Setting(_font(face, name, size), face.tracking * size, picture.ink, centred)
    for line in lines:
        _set(draw, line, setting, top)
        top += _line_height(size)
    if title:
        _set(draw, *_title(title, face, small, setting), top + round(small * 0.35))
    return image


def _title(title: str, face: Face, size: int, name: _Setting) -> tuple[str, _Setting]:
    """Return a title as it fits, and how it is set below a name."""
    quiet = Face(face.light, face.light, face.case, max(0.0, face.tracking))
    line, size = _fitted_line(_cased(title, quiet), quiet, SIZE - 2 * _MARGIN, size)
    return line, _Setting(_font(quiet, title, size), quiet.tracking * size, name.ink, name.centred)


def _top(picture: Picture, block: int, height: int) -> int:
    if picture.place == "top":
        return _MARGIN
    if picture.place == "middle":
        return (SIZE - block) // 2
    return SIZE - _MARGIN - block + max(0, (block - height) // 2)


def _cased(text: str, face: Face) -> str:
    return text.upper() if face.case == "upper" else text.lower() if face.case == "lower" else text


def _fitted(text: str, face: Face, width: int, height: int) -> tuple[list[str], int]:
    """Return the lines, and the size in which they fill the room best."""
    best: tuple[list[str], int] = ([text], _SMALLEST)
    words = text.split()
    for breaks in range(min(len(words), 3)):
        for places in combinations(range(1, len(words)), breaks):
            edges = (0, *places, len(words))
            lines = [" ".join(words[start:end]) for start, end in pairwise(edges)]
            size = _largest(lines, face, text, width, height)
            if size > best[1] * (1.15 if breaks else 1.0):
                best = lines, size
    return best


def _largest(lines: list[str], face: Face, text: str, width: int, height: int) -> int:
    widest = max(_width(line, _font(face, text, 100), face.tracking * 100) for line in lines)
    return int(min(_LARGEST, 100 * width / max(1.0, widest), height / (1.08 * len(lines))))


def _fitted_line(text: str, face: Face, width: int, size: int) -> tuple[str, int]:
    """Return a line in a size in which it fits; what would be too small to read is cut short."""
    while size > 18 and _width(text, _font(face, text, size), face.tracking * size) > width:
        size -= 1
    while _width(text, _font(face, text, size), face.tracking * size) > width and len(text) > 1:
        text = text[:-2].rstrip() + "…"
    return text, size


def _line_height(size: int) -> int:
    return round(size * 1.08)


def _set(draw: ImageDraw.ImageDraw, line: str, setting: _Setting, top: int) -> None:
    """Set a line, letter by letter, where letters stand further apart or nearer than the face has them."""
    font = setting.font
    x = float(_MARGIN)
    if setting.centred:
        x = (SIZE - _width(line, font, setting.tracking)) / 2
    elif line:
        x -= font.getbbox(line[0])[0]
    baseline = top + round(font.size * 0.86)
    for place, character in enumerate(line):
        draw.text((x, baseline), character, font=font, fill=as_rgb(setting.ink), anchor="ls")
        x += _advance(line, place, font) + setting.tracking


def _advance(line: str, place: int, font: ImageFont.FreeTypeFont) -> float:
    """Return how far the next letter stands from this one, kerned."""
    pair = line[place : place + 2]
    return font.getlength(pair) - font.getlength(pair[1]) if len(pair) == 2 else font.getlength(pair)


def _width(line: str, font: ImageFont.FreeTypeFont, tracking: float) -> float:
    return font.getlength(line) + tracking * (len(line) - 1)


def _font(face: Face, text: str, size: int) -> ImageFont.FreeTypeFont:
    return _loaded(face.file if _has(face.file, text) else _WIDEST, max(1, size))


@lru_cache(maxsize=64)
def _loaded(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / file, size)


def _has(file: str, text: str) -> bool:
    """Whether a font has all letters of a text: what it lacks looks as a letter that no font has."""
    font = _loaded(file, 24)
    missing = bytes(font.getmask("\U000fffff"))
    return all(character.isspace() or bytes(font.getmask(character)) != missing for character in set(text))
