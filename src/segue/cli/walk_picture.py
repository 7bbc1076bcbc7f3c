"""An extended song drawn for a person: its beats and the jumps between them, and what of it is heard when."""

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Arc
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segue.audio.analysis import SectionLabel
from segue.cli.output import clock_time
from segue.cli.picture import FAINT, GRID, INK, SECTIONS, STYLE, bare, dated, label_span, time_axis
from segue.engines.generation.extension import Extension, timeline

_WIDTH_IN, _HEIGHT_IN, _DPI = 14.0, 8.4, 150
_BACK, _FORWARD, _BRIDGE = "#e2725b", "#4f8fc4", "#3d4b57"
_BAND: Final = 0.06


def draw_walk(extension: Extension, file: Path, *, title: str) -> None:
    """Draw how a song goes on.

    Above, the song's beats in the colours of its sections, jumps forward as arcs over them, jumps back below. Under
    these, the place in the song that is heard at each time.

    Parameters
    ----------
    extension
        Any.
    file
        Written; its suffix says as what: PNG, SVG or PDF.
    title
        The song's name; drawn as it is.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), facecolor="white")
        grid = figure.add_gridspec(
            2, 1, height_ratios=(1, 1.05), left=0.055, right=0.985, top=0.87, bottom=0.06, hspace=0.17
        )
        _heading(figure, extension, title)
        _draw_jumps(figure.add_subplot(grid[0]), extension)
        _draw_places(figure.add_subplot(grid[1]), extension)
        figure.savefig(file, dpi=_DPI, metadata=dated(file))


def _heading(figure: Figure, extension: Extension, title: str) -> None:
    planned, rhythm = extension.walk, extension.analysis.rhythm
    facts = [
        f"{clock_time(extension.song.duration_s)} -> {clock_time(planned.duration_s)}",
        f"{len(planned.jumps)} jumps of {len(extension.graph.jumps)} possible ones",
        *([f"{len(planned.bridges)} bridges"] if planned.bridges else []),
        f"{rhythm.tempo_bpm:.1f} bpm" if extension.material.pulse else "no pulse",
    ]
    name = title if len(title) <= 90 else f"{title[:89]}…"
    figure.text(0.055, 0.955, name, fontsize=17, fontweight="bold", parse_math=False, va="center")
    figure.text(0.055, 0.915, "   ·   ".join(facts), fontsize=11.5, color=FAINT, va="center")


def _draw_jumps(panel: Axes, extension: Extension) -> None:
    """Draw the song as a band, and each jump as an arc from where it leaves to where it enters."""
    duration_s = extension.song.duration_s
    time_axis(panel, duration_s)
    for section in extension.analysis.sections:
        panel.fill_between(
            [section.start_s, section.end_s],
            -_BAND,
            _BAND,
            color=SECTIONS[section.label],
            linewidth=1.2,
            edgecolor="white",
        )
        label_span(panel, (section.start_s, section.end_s), 0.0, section.label, duration_s, size=8.0)
    edges, places = extension.material.edges_s, extension.material.places
    if extension.material.pulse:
        panel.vlines(edges[places == 0], -_BAND, -_BAND * 0.55, color="white", linewidth=0.6, zorder=2.5)
    _draw_possible(panel, extension)
    for stretch in extension.walk.stretches[1:]:
        if stretch.after is not None:
            bridge = stretch.after in extension.walk.bridges
            _draw_arc(panel, (float(edges[stretch.after.leave]), float(edges[stretch.after.enter])), bridge=bridge)
    panel.set_ylim(-1.12, 1.12)
    panel.set_yticks([])
    panel.set_ylabel("the song, and its jumps")
    words = (("jumps on", _FORWARD), ("jumps back", _BACK), ("bridges", _BRIDGE))
    shown = words if extension.walk.bridges else words[:2]
    for place, (word, colour) in enumerate(shown):
        panel.text(0.005 + 0.075 * place, 0.97, word, color=colour, transform=panel.transAxes, fontsize=8.5,
                   fontweight="bold", va="top")  # fmt: skip
    bare(panel)


def _draw_possible(panel: Axes, extension: Extension) -> None:
    """Tick the beats that can be left: the more ways on, the longer."""
    count = np.bincount([jump.leave for jump in extension.graph.jumps], minlength=extension.material.edges_s.size)
    panel.vlines(
        extension.material.edges_s, _BAND * 1.15, _BAND * (1.15 + 0.3 * count), color=INK, linewidth=0.5, alpha=0.5
    )


def _draw_arc(panel: Axes, ends_s: tuple[float, float], *, bridge: bool) -> None:
    leave, enter = ends_s
    forward = enter > leave
    colour = _BRIDGE if bridge else _FORWARD if forward else _BACK
    width = abs(enter - leave)
    height = 2 * (0.15 + 0.85 * width / panel.get_xlim()[1])
    base = _BAND if forward else -_BAND
    turn = 0 if forward else 180
    panel.add_patch(
        Arc(((leave + enter) / 2, base), width, height * 0.97, theta1=turn, theta2=turn + 180,
            color=colour, linewidth=1.3, alpha=0.75, zorder=3)
    )  # fmt: skip
    panel.plot([enter], [base], marker="v" if forward else "^", color=colour, markersize=4.5, zorder=4)


def _draw_places(panel: Axes, extension: Extension) -> None:
    """Draw which place of the song is heard at each time, and what lies between."""
    planned = timeline(extension)
    total_s = planned[-1][0] + planned[-1][2] - planned[-1][1]
    colours: dict[SectionLabel, list[list[tuple[float, float]]]] = {}
    for at, start, end, kind in planned:
        if kind == "bridge":
            panel.axvspan(at, at + end - start, color=_BRIDGE, alpha=0.2, linewidth=0)
            continue
        for section in extension.analysis.sections:
            first, last = max(start, section.start_s), min(end, section.end_s)
            if last > first:
                line = [(at + first - start, first), (at + last - start, last)]
                colours.setdefault(section.label, []).append(line)
    for before, after in pairwise(planned):
        if before[3] == after[3] == "song":
            panel.plot([after[0]] * 2, [before[2], after[1]], color=FAINT, linewidth=0.6, alpha=0.6, zorder=1)
    for label, lines in colours.items():
        panel.add_collection(LineCollection(lines, colors=SECTIONS[label], linewidths=3.0, capstyle="butt", zorder=2))
    panel.set_ylim(0.0, extension.song.duration_s)
    panel.yaxis.set_major_locator(MaxNLocator(5))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock_time(seconds)))
    panel.grid(axis="y", color=GRID, linewidth=0.6)
    time_axis(panel, total_s)
    panel.set_ylabel("place in the song")
    bare(panel)
