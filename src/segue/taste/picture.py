"""A taste drawn for its listener: a map of its facets with their songs, and how fast, how old and how wild they are."""

import io
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from matplotlib.typing import RcKeyType

from segue.audio.signal import FloatArray
from segue.taste.projecting import discs

#: Raised when the same taste is drawn otherwise.
VERSION: Final = 1
_INK, _FAINT, _GRID, _GROUND = "#22303c", "#6f7c89", "#e4e9ee", "#ffffff"
_COLOURS: Final = ("#e2725b", "#4f8fc4", "#3f9f8f", "#9a78c2", "#cf9a2f", "#d0679d", "#6b8e4e", "#7a6a58")
#: What is drawn with whichever of these is there: not every machine has letters of all scripts.
_FONTS: Final = (
    "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR", "Noto Sans", "Source Han Sans",
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo",
    "Arial Unicode MS", "Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "IPAGothic", "Unifont",
)  # fmt: skip
_WIDTH_IN, _HEIGHT_IN, _DPI = 14.0, 9.0, 120
_TICKS: Final[dict[str, list[float]]] = {
    "tempo": [60, 90, 120, 150, 180],
    "eras": [1950, 1970, 1990, 2010, 2030],
    "energy": [0.0, 0.5, 1.0],
}
_MOST_LABELS: Final = 34
_LONGEST_NAME: Final = 34
_LINE_LETTERS: Final = 172
#: Behind a text that lies on dots.
_VEIL: Final = {"facecolor": "white", "alpha": 0.6, "linewidth": 0, "boxstyle": "square,pad=0.12"}
#: The map's half width and height, in its own units, and what of them the discs fill: names reach beyond.
_MAP_X, _MAP_Y = 1.4, 1.1
_DISCS_X, _DISCS_Y = 1.12, 0.99
#: Width of a letter and height of a line, in points of the font's size; letters of the Far East are square.
_LETTER, _LINE = 0.53, 1.25
_SONG_SIZE: Final = 8.2
_Drawable = Callable[[str], bool]
#: The middles ``(facets, 2)`` and the radii ``(facets,)``.
_Discs = tuple[FloatArray, FloatArray]
#: matplotlib's settings are the process's: one picture at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFacet:
    """A facet: what it is called, its share, and its direction ``(768,)``."""

    name: str
    share: float
    direction: FloatArray


@dataclass(frozen=True, slots=True)
class DrawnSong:
    """A song: its facet, its weight, its place in the facet's disc; new are those that the taste was moved by."""

    title: str
    artist: str | None
    facet: int
    weight: float
    x: float
    y: float
    is_new: bool = False


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
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), facecolor=_GROUND)
        _draw(figure, picture, drawable=_any_letter if form == "svg" else _is_drawable)
        file = io.BytesIO()
        figure.savefig(file, format=form, dpi=_DPI, metadata={"Date": None} if form == "svg" else {"Software": None})
    return file.getvalue()


def _style() -> dict[RcKeyType, Any]:
    return {
        "font.family": [name for name in _FONTS if name in _installed()] or ["DejaVu Sans"],
        "text.color": _INK,
        "axes.edgecolor": _GRID,
        "xtick.color": _FAINT,
        "ytick.color": _FAINT,
        "xtick.labelsize": 9,
        "svg.hashsalt": "segue",
        "svg.fonttype": "none",
    }


@cache
def _installed() -> frozenset[str]:
    return frozenset(font.name for font in font_manager.fontManager.ttflist)


@cache
def _drawable_letters() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in _FONTS if name in _installed()]
    return frozenset(letter for path in dict.fromkeys(paths) for letter in font_manager.get_font(path).get_charmap())


def _is_drawable(text: str) -> bool:
    return all(ord(letter) in _drawable_letters() for letter in text)


def _any_letter(_: str) -> bool:
    return True


def _draw(figure: Figure, picture: TastePicture, *, drawable: _Drawable) -> None:
    _heading(figure, picture, drawable)
    names = [name for song in picture.songs for name in (song.title, song.artist or "")]
    if not all(map(drawable, [picture.name, *picture.words, *names, *(facet.name for facet in picture.facets)])):
        hint = "No font of this machine has the letters of some names. The SVG shows them."
        figure.text(0.035, 0.018, hint, fontsize=9, color=_FAINT, va="center")
    panel = figure.add_axes((0.02, 0.03, 0.66, 0.80))
    _draw_map(panel, picture, drawable)
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


def _heading(figure: Figure, picture: TastePicture, drawable: _Drawable) -> None:
    name = _shortened(picture.name, 60)
    title = f"The taste of {name}" if drawable(name) else "A taste"
    figure.text(0.035, 0.948, title, fontsize=21, fontweight="bold", va="center", parse_math=False)
    words = list(picture.words)
    while len(_lines(" ".join(words), _LINE_LETTERS)) > 2 and len(words) > 1:
        words.pop()
    for row, line in enumerate(_lines(" ".join(words), _LINE_LETTERS)[:2]):
        shown = line if drawable(line) else "".join(letter if drawable(letter) else "·" for letter in line)
        figure.text(0.035, 0.905 - 0.03 * row, shown, fontsize=11, color=_FAINT, va="center", parse_math=False)


def _draw_map(panel: Axes, picture: TastePicture, drawable: _Drawable) -> None:
    panel.set_xlim(-_MAP_X, _MAP_X)
    panel.set_ylim(-_MAP_Y, _MAP_Y)
    panel.set_aspect("equal", adjustable="box", anchor="C")
    panel.set_axis_off()
    if not picture.facets:
        panel.add_patch(Circle((0, 0), 0.8, facecolor="#f5f7f9", edgecolor=_GRID, linewidth=1.5, linestyle=(0, (4, 4))))
        panel.text(0, 0.05, "nothing is known yet", ha="center", va="center", fontsize=17, color=_FAINT)
        panel.text(
            0, -0.08, "bring your music, or like a few songs", ha="center", va="center", fontsize=11, color=_FAINT
        )
        return
    middles, radii = _laid_out(picture.facets)
    for number, (middle, radius) in enumerate(zip(middles, radii, strict=True)):
        colour, spot = _colour(number), (float(middle[0]), float(middle[1]))
        panel.add_patch(Circle(spot, radius, facecolor=colour, alpha=0.10, linewidth=0))
        panel.add_patch(Circle(spot, radius, facecolor="none", edgecolor=colour, alpha=0.35, linewidth=1.2))
    taken: list[_Box] = []
    for number in range(len(picture.facets)):
        taken.append(
            _name_disc(panel, picture.facets[number], number, (middles, radii), taken=taken, drawable=drawable)
        )
    _draw_songs(panel, picture, (middles, radii), taken, drawable)


def _laid_out(facets: Sequence[DrawnFacet]) -> _Discs:
    """Return where the discs lie, turned so that they fill the map's width and made as large as it allows."""
    middles, radii = discs(np.stack([facet.direction for facet in facets]), np.array([facet.share for facet in facets]))
    best: tuple[float, _Discs] | None = None
    for turn in np.linspace(0, np.pi, 24, endpoint=False):
        across, along = np.cos(turn), np.sin(turn)
        turned = middles @ np.array([[across, along], [-along, across]], dtype=np.float32)
        low, high = (turned - radii[:, np.newaxis]).min(axis=0), (turned + radii[:, np.newaxis]).max(axis=0)
        scale = min(2 * _DISCS_X / float(high[0] - low[0]), 2 * _DISCS_Y / float(high[1] - low[1]))
        if best is None or scale > best[0] + 1e-6:
            best = scale, ((turned - (low + high) / 2) * np.float32(scale), radii * np.float32(scale))
    if best is None:
        raise ValueError("there are no facets to lay out")
    return best[1]


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a text is, in the map's units."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def reaches(self, middle: FloatArray, radius: float) -> bool:
        across = max(self.left - float(middle[0]), 0.0, float(middle[0]) - self.right)
        along = max(self.bottom - float(middle[1]), 0.0, float(middle[1]) - self.top)
        return across * across + along * along < radius * radius

    def is_on_map(self) -> bool:
        return self.left > -_MAP_X and self.right < _MAP_X and self.bottom > -_MAP_Y and self.top < _MAP_Y


def _name_disc(
    panel: Axes, facet: DrawnFacet, number: int, placed: _Discs, *, taken: Sequence[_Box], drawable: _Drawable
) -> _Box:
    """Write a facet's name at the rim of its disc, outside or inside, above or below, wherever it is freest."""
    middles, radii = placed
    name = facet.name if drawable(facet.name) else f"kind {number + 1}"
    text, size = f"{_shortened(name, 32)}  {_percent(facet.share)}", 12.5 if facet.share > 0.15 else 11.0
    half = _width(text, size) / 2
    x = min(max(float(middles[number][0]), -_MAP_X + half), _MAP_X - half)
    ways = (1.0, -1.0)
    rims = [radii[number] + 0.05 for _ in ways] + [radii[number] - 0.07 for _ in ways]
    spots = [float(middles[number][1]) + side * float(rim) for side, rim in zip((*ways, *ways), rims, strict=True)]
    others = [place for place in range(len(radii)) if place != number]

    def cost(place: int) -> float:
        box = _box(text, x, spots[place], size, "center")
        covered = sum(box.reaches(middles[other], float(radii[other])) for other in others)
        return 4 * sum(map(box.meets, taken)) + 2 * (not box.is_on_map()) + covered + 0.1 * place

    y = spots[min(range(len(spots)), key=cost)]
    panel.text(x, y, text, fontsize=size, fontweight="bold", color=_dark(_colour(number)), ha="center", va="center",
               parse_math=False, zorder=6, bbox=_VEIL)  # fmt: skip
    return _box(text, x, y, size, "center")


def _draw_songs(panel: Axes, picture: TastePicture, placed: _Discs, taken: list[_Box], drawable: _Drawable) -> None:
    middles, radii = placed
    songs = [song for song in picture.songs if song.facet < len(middles)]
    if not songs:
        return
    most = max(song.weight for song in songs)
    spots = [middles[song.facet] + 0.9 * radii[song.facet] * np.array([song.x, song.y]) for song in songs]
    sizes = [12 + 110 * max(song.weight, 0.0) / max(most, 1e-6) for song in songs]
    for is_new, marker, edge in ((False, "o", "white"), (True, "*", _INK)):
        mine = [place for place, song in enumerate(songs) if song.is_new is is_new]
        panel.scatter(
            [spots[place][0] for place in mine], [spots[place][1] for place in mine],
            s=[sizes[place] * (1.7 if is_new else 1) for place in mine], marker=marker,
            c=[_colour(songs[place].facet) for place in mine], alpha=0.85, linewidths=0.6, edgecolors=edge, zorder=4,
        )  # fmt: skip
    labelled = 0
    for place in sorted(range(len(songs)), key=lambda place: (not songs[place].is_new, -songs[place].weight)):
        if labelled == _MOST_LABELS:
            break
        labelled += _label(
            panel, songs[place], spots[place], sizes[place], placed=placed, taken=taken, drawable=drawable
        )


def _label(
    panel: Axes,
    song: DrawnSong,
    spot: FloatArray,
    size: float,
    *,
    placed: _Discs,
    taken: list[_Box],
    drawable: _Drawable,
) -> bool:
    """Write a song's name beside its dot, if there is room outside of others' discs; tell whether there was."""
    text = _shortened(song.title, _LONGEST_NAME)
    if song.artist:
        text = f"{text} \N{EN DASH} {_shortened(song.artist, _LONGEST_NAME - 8)}"
    if not drawable(text):
        return False
    gap = 0.012 + 0.0016 * float(np.sqrt(size))
    sides = (("left", gap, 0.0), ("right", -gap, 0.0), ("center", 0.0, gap + 0.02), ("center", 0.0, -gap - 0.02))
    for side, across, along in sides:
        x, y = float(spot[0]) + across, float(spot[1]) + along
        box = _box(text, x, y, _SONG_SIZE, side)
        others = (place for place in range(len(placed[1])) if place != song.facet)
        strays = any(box.reaches(placed[0][other], float(placed[1][other])) for other in others)
        if box.is_on_map() and not strays and not any(map(box.meets, taken)):
            taken.append(box)
            panel.text(x, y, text, fontsize=_SONG_SIZE, ha=side, va="center", parse_math=False, zorder=5, bbox=_VEIL,
                       color=_dark(_colour(song.facet)))  # fmt: skip
            return True
    return False


def _draw_shares(panel: Axes, facets: Sequence[DrawnFacet], drawable: _Drawable) -> None:
    """Draw what the taste is made of: a bar for each facet."""
    panel.set_xlim(0, 1)
    panel.set_ylim(-0.2, 6.9)
    panel.set_axis_off()
    panel.text(0, 6.75, "what it is made of", fontsize=12, fontweight="bold", va="center")
    if not facets:
        panel.text(0, 5.7, "not known yet", fontsize=9.5, color=_FAINT, va="center")
    most = max((facet.share for facet in facets), default=1.0)
    for row, facet in enumerate(facets):
        bottom = 5.35 - 0.98 * row
        name = facet.name if drawable(facet.name) else f"kind {row + 1}"
        panel.text(0, bottom + 0.45, _shortened(name, 38), fontsize=9.5, va="center", parse_math=False)
        panel.text(1, bottom + 0.45, _percent(facet.share), fontsize=9.5, va="center", ha="right", color=_FAINT)
        for width, colour in ((1.0, _GRID), (max(facet.share / most, 0.012), _colour(row))):
            panel.add_patch(
                FancyBboxPatch((0, bottom), width, 0.13, boxstyle="square,pad=0", facecolor=colour, linewidth=0)
            )


def _draw_histogram(panel: Axes, told: Mapping[str, Any] | None, title: str, unit: str, name: str) -> None:
    """Draw how the songs are spread over a measure, and where eight in ten of them lie."""
    panel.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=7)
    for side in ("left", "right", "top"):
        panel.spines[side].set_visible(False)
    panel.set_yticks([])
    if told is None or not told["songs"]:
        panel.set_xticks([])
        panel.text(0, 0.45, "not known yet", fontsize=9.5, color=_FAINT, va="center", transform=panel.transAxes)
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
               color=_FAINT)  # fmt: skip


def _told(told: Mapping[str, Any], name: str, unit: str) -> str:
    if name == "energy":
        return f"the middle is {told['middle']:.2f}"
    low, high = f"{told['low']:.0f}", f"{told['high']:.0f}"
    return f"{low if low == high else f'{low} to {high}'} {unit}".strip()


def _box(text: str, x: float, y: float, size: float, side: str) -> _Box:
    width, height = _width(text, size), _per_point() * size * _LINE
    left = {"left": x, "right": x - width, "center": x - width / 2}[side]
    return _Box(left, y - height / 2, left + width, y + height / 2)


def _width(text: str, size: float) -> float:
    letters = sum(1.0 if ord(letter) > 0x2E7F else _LETTER for letter in text)
    return letters * size * _per_point()


def _per_point() -> float:
    """Return a point, in the map's units."""
    width_in, height_in = 0.66 * _WIDTH_IN, 0.80 * _HEIGHT_IN
    return max(2 * _MAP_X / width_in, 2 * _MAP_Y / height_in) / 72


def _percent(share: float) -> str:
    return f"{round(100 * share)} %" if share >= 0.01 else "under 1 %"


def _shortened(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _lines(text: str, longest: int) -> list[str]:
    return list(_wrapped(text.split(), longest))


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


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _dark(colour: str) -> str:
    """Return a colour dark enough to be read on white."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"#{int(red * 0.55):02x}{int(green * 0.55):02x}{int(blue * 0.55):02x}"
