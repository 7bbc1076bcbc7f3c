"""The styles, as data."""

from typing import Final

from segue.music.styles.electronic import ELECTRONIC
from segue.music.styles.kinds import (
    STYLE_NAMES,
    Band,
    BassLine,
    Comping,
    Form,
    Span,
    Style,
    StyleName,
)
from segue.music.styles.rooted import ROOTED
from segue.music.styles.songs import SONGS

__all__ = ["STYLES", "STYLE_NAMES", "Band", "BassLine", "Comping", "Form", "Span", "Style", "StyleName"]

_BY_NAME = {style.name: style for style in (*ELECTRONIC, *SONGS, *ROOTED)}
STYLES: Final[dict[StyleName, Style]] = {name: _BY_NAME[name] for name in STYLE_NAMES}
