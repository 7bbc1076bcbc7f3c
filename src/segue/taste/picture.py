"""A taste drawn for its listener: a map of its facets with their songs, and how fast, how old and how wild they are."""

import io
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.typing import RcKeyType

from segue.taste.lettering import (
    FAINT,
    GRID,
    GROUND,
    INK,
    Drawable,
    any_letter,
    colour,
    families,
    is_drawable,
    lines,
    percent,
    shortened,
)
from segue.taste.picture_map import HEIGHT_IN, PLACE, WIDTH_IN, DrawnFacet, DrawnSong, draw_map

__all__ = ["VERSION", "DrawnFacet", "DrawnSong", "TastePicture", "draw"]

#: Raised when the same taste is drawn otherwise.
VERSION: Final = 1
_DPI: Final = 120
_TICKS: Final[dict[str, list[float]]] = {
    "tempo": [60, 90, 120, 150, 180],
    "eras": [1950, 1970, 1990, 2010, 2030],
    "energy": [0.0, 0.5, 1.0],
}
_LINE_LETTERS: Final = 172
#: matplotlib's settings are the process's: one picture at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class TastePicture:
    """All that is drawn.

    Attributes
    ----------
    name
        Whose taste it is.
    words
        A line or two below the heading.
    histograms
        ``tempo``, ``eras`` and ``energy``, as `segue.taste.histograms.Histogram.as_json` gives them; none for none.
    """

    name: str
    words: Sequence[str]
    facets: Sequence[DrawnFacet]
    songs: Sequence[DrawnSong]
    histograms: Mapping[str, Mapping[str, Any]]


def draw(picture: TastePicture, form: Literal["png", "svg"]) -> bytes:
    """Return a taste as a picture; the same taste gives the same bytes.

    In an SVG names are text, and shown by the fonts of whoever looks; in a PNG, names whose letters no font of this
    machine has are left out.
    """
    with _one_at_a_time, mpl.rc_context(_style()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), facecolor=GROUND)
        _draw(figure, picture, drawable=any_letter if form == "svg" else is_drawable)
        file = io.BytesIO()
        figure.savefig(file, format=form, dpi=_DPI, metadata={"Date": None} if form == "svg" else {"Software": None})
    return file.getvalue()


def _style() -> dict[RcKeyType, Any]:
    return {
        "font.family": families(),
        "text.color": INK,
        "axes.edgecolor": GRID,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelsize": 9,
        "svg.hashsalt": "segue",
        "svg.fonttype": "none",
    }


def _draw(figure: Figure, picture: TastePicture, *, drawable: Drawable) -> None:
    _heading(figure, picture, drawable)
    names = [name for song in picture.songs for name in (song.title, song.artist or "")]
    if not all(map(drawable, [picture.name, *picture.words, *names, *(facet.name for facet in picture.facets)])):
        hint = "No font of this machine has the letters of some names. The SVG shows them."
        figure.text(0.035, 0.018, hint, fontsize=9, color=FAINT, va="center")
    draw_map(figure.add_axes(PLACE), picture.facets, picture.songs, drawable=drawable)
    _draw_shares(figure.add_axes((0.715, 0.56, 0.255, 0.27)), picture.facets, drawable)
    for place, (name, title, unit) in enumerate(
        (("tempo", "how fast", "beats a minute"), ("eras", "from when", ""), ("energy", "how energetic", ""))
    ):
        _draw_histogram(
            figure.add_axes((0.715, 0.385 - 0.163 * place, 0.255, 0.085)),
            picture.histograms.get(name),
            title,
            unit,
            name,
        )


def _heading(figure: Figure, picture: TastePicture, drawable: Drawable) -> None:
    name = shortened(picture.name, 60)
    title = f"The taste of {name}" if drawable(name) else "A taste"
    figure.text(0.035, 0.948, title, fontsize=21, fontweight="bold", va="center", parse_math=False)
    words = list(picture.words)
    while len(lines(" ".join(words), _LINE_LETTERS)) > 2 and len(words) > 1:
        words.pop()
    for row, line in enumerate(lines(" ".join(words), _LINE_LETTERS)[:2]):
        shown = line if drawable(line) else "".join(letter if drawable(letter) else "·" for letter in line)
        figure.text(0.035, 0.905 - 0.03 * row, shown, fontsize=11, color=FAINT, va="center", parse_math=False)


def _draw_shares(panel: Axes, facets: Sequence[DrawnFacet], drawable: Drawable) -> None:
    """Draw what the taste is made of: a bar for each facet."""
    panel.set_xlim(0, 1)
    panel.set_ylim(-0.2, 6.9)
    panel.set_axis_off()
    panel.text(0, 6.75, "what it is made of", fontsize=12, fontweight="bold", va="center")
    if not facets:
        panel.text(0, 5.7, "not known yet", fontsize=9.5, color=FAINT, va="center")
    most = max((facet.share for facet in facets), default=1.0)
    for row, facet in enumerate(facets):
        bottom = 5.35 - 0.98 * row
        name = facet.name if drawable(facet.name) else f"kind {row + 1}"
        panel.text(0, bottom + 0.45, shortened(name, 38), fontsize=9.5, va="center", parse_math=False)
        panel.text(1, bottom + 0.45, percent(facet.share), fontsize=9.5, va="center", ha="right", color=FAINT)
        for width, shade in ((1.0, GRID), (max(facet.share / most, 0.012), colour(row))):
            panel.add_patch(
                FancyBboxPatch((0, bottom), width, 0.13, boxstyle="square,pad=0", facecolor=shade, linewidth=0)
            )


def _draw_histogram(panel: Axes, told: Mapping[str, Any] | None, title: str, unit: str, name: str) -> None:
    """Draw how the songs are spread over a measure, and where eight in ten of them lie."""
    panel.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=7)
    for side in ("left", "right", "top"):
        panel.spines[side].set_visible(False)
    panel.set_yticks([])
    if told is None or not told["songs"]:
        panel.set_xticks([])
        panel.text(0, 0.45, "not known yet", fontsize=9.5, color=FAINT, va="center", transform=panel.transAxes)
        return
    edges, shares = np.array(told["edges"]), np.array(told["shares"])
    inside = [told["low"] < right and left <= told["high"] for left, right in pairwise(edges)]
    colours = ["#4f8fc4" if own else "#c3d5e6" for own in inside]
    panel.bar(edges[:-1], shares, width=0.88 * np.diff(edges), align="edge", color=colours, linewidth=0)
    panel.set_xlim(edges[0], edges[-1])
    panel.set_ylim(0, max(float(shares.max()) * 1.08, 1e-6))
    ticks = _TICKS[name]
    panel.set_xticks(ticks, ["calm", "", "wild"] if name == "energy" else [f"{tick:.0f}" for tick in ticks])
    panel.tick_params(length=0)
    panel.text(1, 1.1, _told(told, name, unit), transform=panel.transAxes, ha="right", va="bottom", fontsize=9,
               color=FAINT)  # fmt: skip


def _told(told: Mapping[str, Any], name: str, unit: str) -> str:
    if name == "energy":
        return f"the middle is {told['middle']:.2f}"
    low, high = f"{told['low']:.0f}", f"{told['high']:.0f}"
    return f"{low if low == high else f'{low} to {high}'} {unit}".strip()
