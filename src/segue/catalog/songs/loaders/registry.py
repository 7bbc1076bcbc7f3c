"""All layouts that can be loaded, and which of them a file or folder is."""

from pathlib import Path
from typing import Final

from segue.catalog.songs.loaders import fma, jamendo, musicbrainz, musicbrainz_canonical, spotify_features
from segue.catalog.songs.loaders.layout import Layout

#: What a path is tried for, in this order: those that say plainly what they are come first.
LAYOUTS: Final[tuple[Layout, ...]] = (
    fma.LAYOUT,
    jamendo.LAYOUT,
    musicbrainz.LAYOUT,
    musicbrainz_canonical.LAYOUT,
    spotify_features.LAYOUT,
)


def detect(path: Path) -> Layout | None:
    """Return the layout of a file or folder, or None if it is none that is known."""
    return next((layout for layout in LAYOUTS if layout.recognises(path)), None)


def named(name: str) -> Layout | None:
    """Return the layout of a name."""
    return next((layout for layout in LAYOUTS if layout.name == name), None)
