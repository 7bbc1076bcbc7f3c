"""The map of a taste: a disc for each facet, its songs in it, and as many names as there is room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from segue.audio.signal import FloatArray
from segue.taste.lettering import FAINT, GRID, INK, Drawable, colour, dark, percent, shortened
from segue.taste.projecting import discs

#: Where the map lies in the figure, as shares of it, and how large the figure is.
PLACE: Final = (0.02, 0.03, 0.66, 0.80)
WIDTH_IN, HEIGHT_IN = 14.0, 9.0
_MOST_LABELS: Final = 34
_LONGEST_NAME: Final = 34
#: Behind a text that lies on dots.
_VEIL: Final = {"facecolor": "white", "alpha": 0.6, "linewidth": 0, "boxstyle": "square,pad=0.12"}
#: The map's half width and height, in its own units, and what of them the discs fill: names reach beyond.
_MAP_X, _MAP_Y = 1.4, 1.1
_DISCS_X, _DISCS_Y = 1.12, 0.99
#: Width of a letter and height of a line, in points of the font's size; letters of the Far East are square.
_LETTER, _LINE = 0.53, 1.25
_SONG_SIZE: Final = 8.2
#: Bold letters are as wide as plain ones of a larger size.
_BOLDER: Final = 1.16
#: The middles ``(facets, 2)`` and the radii ``(facets,)``.
_Discs = tuple[FloatArray, FloatArray]


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


def draw_map(panel: Axes, facets: Sequence[DrawnFacet], songs: Sequence[DrawnSong], *, drawable: Drawable) -> None:
    """Draw facets and their songs into a panel that lies at `PLACE`."""
    panel.set_xlim(-_MAP_X, _MAP_X)
    panel.set_ylim(-_MAP_Y, _MAP_Y)
    panel.set_aspect("equal", adjustable="box", anchor="C")
    panel.set_axis_off()
    if not facets:
        panel.add_patch(Circle((0, 0), 0.8, facecolor="#f5f7f9", edgecolor=GRID, linewidth=1.5, linestyle=(0, (4, 4))))
        panel.text(0, 0.05, "nothing is known yet", ha="center", va="center", fontsize=17, color=FAINT)
        panel.text(
            0, -0.08, "bring your music, or like a few songs", ha="center", va="center", fontsize=11, color=FAINT
        )
        return
    middles, radii = _laid_out(facets)
    for number, (middle, radius) in enumerate(zip(middles, radii, strict=True)):
        shade, spot = colour(number), (float(middle[0]), float(middle[1]))
        panel.add_patch(Circle(spot, radius, facecolor=shade, alpha=0.10, linewidth=0))
        panel.add_patch(Circle(spot, radius, facecolor="none", edgecolor=shade, alpha=0.35, linewidth=1.2))
    taken: list[_Box] = []
    for number in range(len(facets)):
        taken.append(_name_disc(panel, facets[number], number, (middles, radii), taken=taken, drawable=drawable))
    _draw_songs(panel, songs, (middles, radii), taken, drawable)


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


def _name_disc(
    panel: Axes, facet: DrawnFacet, number: int, placed: _Discs, *, taken: Sequence[_Box], drawable: Drawable
) -> _Box:
    """Write a facet's name at the rim of its disc, outside or inside, above or below, wherever it is freest."""
    middles, radii = placed
    name = facet.name if drawable(facet.name) else f"kind {number + 1}"
    text, size = (
        f"{shortened(name, 32 if facet.share > 0.15 else 24)}  {percent(facet.share)}",
        12.5 if facet.share > 0.15 else 11.0,
    )
    half = _width(text, _BOLDER * size) / 2
    x = min(max(float(middles[number][0]), -_MAP_X + half), _MAP_X - half)
    ways = (1.0, -1.0)
    rims = [radii[number] + 0.05 for _ in ways] + [radii[number] - 0.07 for _ in ways]
    spots = [float(middles[number][1]) + side * float(rim) for side, rim in zip((*ways, *ways), rims, strict=True)]
    others = [place for place in range(len(radii)) if place != number]

    def cost(place: int) -> float:
        box = _box(text, x, spots[place], _BOLDER * size, "center")
        covered = sum(box.reaches(middles[other], float(radii[other])) for other in others)
        return 4 * sum(map(box.meets, taken)) + 2 * (not box.is_on_map()) + covered + 0.1 * place

    y = spots[min(range(len(spots)), key=cost)]
    panel.text(x, y, text, fontsize=size, fontweight="bold", color=dark(colour(number)), ha="center", va="center",
               parse_math=False, zorder=6, bbox=_VEIL)  # fmt: skip
    return _box(text, x, y, _BOLDER * size, "center")


def _draw_songs(panel: Axes, songs: Sequence[DrawnSong], placed: _Discs, taken: list[_Box], drawable: Drawable) -> None:
    middles, radii = placed
    songs = [song for song in songs if song.facet < len(middles)]
    if not songs:
        return
    most = max(song.weight for song in songs)
    spots = [middles[song.facet] + 0.9 * radii[song.facet] * np.array([song.x, song.y]) for song in songs]
    sizes = [12 + 110 * max(song.weight, 0.0) / max(most, 1e-6) for song in songs]
    for is_new, marker, edge in ((False, "o", "white"), (True, "*", INK)):
        mine = [place for place, song in enumerate(songs) if song.is_new is is_new]
        panel.scatter(
            [spots[place][0] for place in mine], [spots[place][1] for place in mine],
            s=[sizes[place] * (1.7 if is_new else 1) for place in mine], marker=marker,
            c=[colour(songs[place].facet) for place in mine], alpha=0.85, linewidths=0.6, edgecolors=edge, zorder=4,
        )  # fmt: skip
    labelled = 0
    for place in _in_turn(songs):
        if labelled == _MOST_LABELS:
            break
        labelled += _label(
            panel, songs[place], spots[place], sizes[place], placed=placed, taken=taken, drawable=drawable
        )


def _in_turn(songs: Sequence[DrawnSong]) -> list[int]:
    """Return songs by their indices, the weightiest first and each facet in its turn, however alike the weights are."""
    turns: dict[int, tuple[bool, float]] = {}
    for facet in {song.facet for song in songs}:
        mine = [place for place, song in enumerate(songs) if song.facet == facet]
        mine.sort(key=lambda place: (not songs[place].is_new, -songs[place].weight))
        turns |= {place: (not songs[place].is_new, turn / len(mine)) for turn, place in enumerate(mine)}
    return sorted(turns, key=lambda place: (*turns[place], songs[place].facet))


def _label(
    panel: Axes,
    song: DrawnSong,
    spot: FloatArray,
    size: float,
    *,
    placed: _Discs,
    taken: list[_Box],
    drawable: Drawable,
) -> bool:
    """Write a song's name beside its dot, if there is room outside of others' discs; tell whether there was."""
    text = shortened(song.title, _LONGEST_NAME)
    if song.artist:
        text = f"{text} \N{EN DASH} {shortened(song.artist, _LONGEST_NAME - 8)}"
    if not drawable(text):
        return False
    gap = 0.012 + (0.0023 if song.is_new else 0.0016) * float(np.sqrt(size))
    sides = (("left", gap, 0.0), ("right", -gap, 0.0), ("center", 0.0, gap + 0.02), ("center", 0.0, -gap - 0.02))
    for side, across, along in sides:
        x, y = float(spot[0]) + across, float(spot[1]) + along
        box = _box(text, x, y, _SONG_SIZE, side)
        others = (place for place in range(len(placed[1])) if place != song.facet)
        strays = any(box.reaches(placed[0][other], float(placed[1][other])) for other in others)
        if box.is_on_map() and not strays and not any(map(box.meets, taken)):
            taken.append(box)
            panel.text(x, y, text, fontsize=_SONG_SIZE, ha=side, va="center", parse_math=False, zorder=5, bbox=_VEIL,
                       color=dark(colour(song.facet)))  # fmt: skip
            return True
    return False


def _box(text: str, x: float, y: float, size: float, side: str) -> _Box:
    width, height = _width(text, size), _per_point() * size * _LINE
    left = {"left": x, "right": x - width, "center": x - width / 2}[side]
    return _Box(left, y - height / 2, left + width, y + height / 2)


def _width(text: str, size: float) -> float:
    letters = sum(1.0 if ord(letter) > 0x2E7F else _LETTER for letter in text)
    return letters * size * _per_point()


def _per_point() -> float:
    """Return a point, in the map's units."""
    width_in, height_in = PLACE[2] * WIDTH_IN, PLACE[3] * HEIGHT_IN
    return max(2 * _MAP_X / width_in, 2 * _MAP_Y / height_in) / 72
