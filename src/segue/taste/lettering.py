"""What pictures write, and with which letters: fonts, colours, names cut to their room."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from matplotlib import font_manager

INK, FAINT, GRID, GROUND = "#22303c", "#6f7c89", "#e4e9ee", "#ffffff"
_COLOURS: Final = ("#e2725b", "#4f8fc4", "#3f9f8f", "#9a78c2", "#cf9a2f", "#d0679d", "#6b8e4e", "#7a6a58")
#: What is drawn with whichever of these is there: not every machine has letters of all scripts.
_FONTS: Final = (
    "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR", "Noto Sans", "Source Han Sans",
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo",
    "Arial Unicode MS", "Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "IPAGothic", "Unifont",
)  # fmt: skip
#: Tells whether a text can be drawn with the letters that are there.
Drawable = Callable[[str], bool]


def families() -> list[str]:
    """Return the fonts to draw with, the first first."""
    return [name for name in _FONTS if name in _installed()] or ["DejaVu Sans"]


@cache
def _installed() -> frozenset[str]:
    return frozenset(font.name for font in font_manager.fontManager.ttflist)


@cache
def _drawable_letters() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in _FONTS if name in _installed()]
    return frozenset(letter for path in dict.fromkeys(paths) for letter in font_manager.get_font(path).get_charmap())


def is_drawable(text: str) -> bool:
    """Tell whether some font of this machine has each letter."""
    return all(ord(letter) in _drawable_letters() for letter in text)


def any_letter(_: str) -> bool:
    """Trust that whoever looks has the letters."""
    return True


def percent(share: float) -> str:
    """Return a share in words."""
    return f"{round(100 * share)} %" if share >= 0.01 else "under 1 %"


def shortened(text: str, longest: int) -> str:
    """Return a name cut to so many letters."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def lines(text: str, longest: int) -> list[str]:
    """Return a text in lines of so many letters."""
    return list(_wrapped(text.replace(" %", "\N{NO-BREAK SPACE}%").split(" "), longest))


def _wrapped(words: Sequence[str], longest: int) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > longest:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def colour(number: int) -> str:
    """Return the colour of a facet."""
    return _COLOURS[number % len(_COLOURS)]


def dark(colour: str) -> str:
    """Return a colour dark enough to be read on white."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"#{int(red * 0.55):02x}{int(green * 0.55):02x}{int(blue * 0.55):02x}"
