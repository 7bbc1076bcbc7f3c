"""A song drawn for a person: its waveform, beats, sections, chords, tempo and descriptors over time."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from matplotlib.typing import RcKeyType
from numpy.typing import NDArray

from segue.audio.analysis import Analysis, Chord, Key, SectionLabel
from segue.cli.output import clock_time

INK, FAINT, GRID = "#22303c", "#7b8794", "#e4e9ee"
SECTIONS: Final[dict[SectionLabel, str]] = {
    "intro": "#8fa8bf",
    "verse": "#4f8fc4",
    "chorus": "#e2725b",
    "bridge": "#9a78c2",
    "break": "#4fb3a5",
    "outro": "#8fa8bf",
    "silence": "#d5dbe1",
    "section": "#c2a35a",
}
_MAJOR, _MINOR, _OTHER = "#e0903a", "#3f74ad", "#8a9299"
STYLE: Final[dict[RcKeyType, Any]] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": GRID,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "svg.hashsalt": "segue",
}
_WIDTH_IN, _HEIGHT_IN, _DPI = 14.0, 7.6, 150
#: Seconds that a tick of the time axis may stand for.
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MOST_TICKS = 14
#: What fits beside each other on the width of the picture.
_MOST_BEATS, _LETTERS = 700, 150
_SHORTEST_SONG_S = 0.1


def draw_analysis(analysis: Analysis, file: Path, *, title: str) -> None:
    """Draw what was heard in a song.

    Parameters
    ----------
    analysis
        Of a song of any length, silence included.
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
        _draw(figure, analysis, title)
        figure.savefig(file, dpi=_DPI, metadata=dated(file))


def dated(file: Path) -> dict[str, str | None]:
    """Return the metadata that keep a picture the same whenever it is drawn: without its date."""
    return {} if file.suffix.lower() == ".png" else {"Date" if file.suffix.lower() == ".svg" else "CreationDate": None}


def _draw(figure: Figure, analysis: Analysis, title: str) -> None:
    """Lay out the panels: three over one time axis, and what holds for the whole song at their right."""
    grid = figure.add_gridspec(
        3, 2, width_ratios=(6, 1), height_ratios=(3.2, 4, 1.5), left=0.05, right=0.97, top=0.855, bottom=0.065,
        hspace=0.13, wspace=0.09,
    )  # fmt: skip
    wave = figure.add_subplot(grid[0, 0])
    chords = figure.add_subplot(grid[1, 0], sharex=wave)
    tempo = figure.add_subplot(grid[2, 0], sharex=wave)
    _heading(figure, analysis, title)
    _draw_waveform(wave, analysis)
    _draw_chords(chords, analysis)
    _draw_tempo(tempo, analysis)
    _draw_descriptors(figure.add_subplot(grid[0:2, 1]), analysis)
    _draw_confidence(figure.add_subplot(grid[2, 1]), analysis)
    time_axis(tempo, analysis.duration_s)
    for panel in (wave, chords):
        panel.tick_params(axis="x", labelbottom=False, length=0)
    for panel in (chords, tempo):
        for section in analysis.sections[1:]:
            panel.axvline(section.start_s, color=FAINT, linewidth=0.6, alpha=0.5, zorder=1.5)


def _heading(figure: Figure, analysis: Analysis, title: str) -> None:
    rhythm, key, level = analysis.rhythm, analysis.key, analysis.loudness.integrated_lufs
    facts = [
        f"{key.tonic_name} {key.mode} ({key.camelot})" if key.confidence else "no key",
        f"{rhythm.tempo_bpm:.1f} bpm" if rhythm.beats_s else "no beat",
        *([f"{rhythm.time_signature} beats a bar"] if rhythm.beats_s else []),
        clock_time(analysis.duration_s),
        f"{level:.1f} LUFS" if level > float("-inf") else "silent",
    ]
    name = title if len(title) <= 90 else f"{title[:89]}…"
    figure.text(0.05, 0.95, name, fontsize=17, fontweight="bold", parse_math=False, va="center")
    figure.text(0.05, 0.905, "   ·   ".join(facts), fontsize=11.5, color=FAINT, va="center")


def _draw_waveform(panel: Axes, analysis: Analysis) -> None:
    """Draw peaks in the colours of the sections, their names above and the beats below."""
    peaks = np.array(analysis.peaks or (0.0,))
    times = np.linspace(0.0, analysis.duration_s, peaks.size)
    for section in analysis.sections:
        colour = SECTIONS[section.label]
        inside = (times >= section.start_s) & (times <= section.end_s)
        panel.axvspan(section.start_s, section.end_s, color=colour, alpha=0.1, linewidth=0)
        panel.fill_between(times, -peaks, peaks, where=inside.tolist(), color=colour, alpha=0.95, linewidth=0)
        panel.fill_between([section.start_s, section.end_s], 1.08, 1.32, color=colour, linewidth=1.5, edgecolor="white")
        label_span(panel, (section.start_s, section.end_s), 1.2, section.label, analysis.duration_s, size=8.5)
    for beats, reach, width in ((analysis.rhythm.beats_s, 0.07, 0.4), (analysis.rhythm.downbeats_s, 0.16, 0.8)):
        if len(beats) <= _MOST_BEATS:
            panel.vlines(beats, -1.08 - reach, -1.08, color=INK, linewidth=width)
    panel.set_ylim(-1.26, 1.34)
    panel.set_yticks([])
    panel.set_ylabel("waveform and beats")
    bare(panel)


def _draw_chords(panel: Axes, analysis: Analysis) -> None:
    """Draw every chord in the lane of its root; the lanes go by fifths, the tonic's in their middle."""
    lanes = {(analysis.key.tonic + 7 * step) % 12: step for step in range(-5, 7)}
    panel.axhspan(-0.5, 0.5, color="#f3efe6", linewidth=0, zorder=0)
    for colour, chosen in _by_colour(analysis.chords):
        spans = [(chord.start_s, chord.end_s - chord.start_s) for chord in chosen]
        rows = [lanes[chord.root] for chord in chosen if chord.root is not None]
        panel.barh(rows, [length for _, length in spans], left=[start for start, _ in spans], height=0.82,
                   color=colour, linewidth=0.4, edgecolor="white", zorder=2)  # fmt: skip
    for chord in analysis.chords:
        if chord.root is not None:
            name = short_name(chord, analysis.key)
            label_span(panel, (chord.start_s, chord.end_s), lanes[chord.root], name, analysis.duration_s, size=7)
    panel.set_ylim(-5.6, 6.6)
    panel.set_yticks(list(lanes.values()), [analysis.key.spelled(root) for root in lanes])
    panel.tick_params(axis="y", length=0)
    panel.set_ylabel("chords")
    for row in np.arange(-5.5, 7.0):
        panel.axhline(row, color=GRID, linewidth=0.5, zorder=0.5)
    for place, (word, colour) in enumerate((("major", _MAJOR), ("minor", _MINOR), ("other", _OTHER))):
        panel.text(1.0 - 0.05 * (2 - place), 1.012, word, color=colour, transform=panel.transAxes, ha="right",
                   fontsize=8, fontweight="bold")  # fmt: skip
    bare(panel)


def short_name(chord: Chord, key: Key) -> str:
    """Return a chord as song books write it: ``C``, ``Am7``, ``F#dim``; ``N`` for none."""
    if chord.root is None:
        return "N"
    quality = {"maj": "", "min": "m", "min7": "m7", "hdim7": "m7b5"}.get(chord.quality, chord.quality)
    return f"{key.spelled(chord.root)}{quality}"


def _by_colour(chords: Sequence[Chord]) -> list[tuple[str, list[Chord]]]:
    colours: dict[str, list[Chord]] = {_MAJOR: [], _MINOR: [], _OTHER: []}
    for chord in chords:
        if chord.root is not None:
            minor = chord.quality in ("min", "min7")
            colours[_MINOR if minor else _MAJOR if chord.quality in ("maj", "maj7", "7") else _OTHER].append(chord)
    return [(colour, chosen) for colour, chosen in colours.items() if chosen]


def _draw_tempo(panel: Axes, analysis: Analysis) -> None:
    """Draw how fast each beat is, its neighbours' median taken so that single stray beats don't hide the line."""
    times, tempo = tempo_curve(analysis.rhythm.beats_s)
    panel.set_ylabel("bpm")
    panel.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    panel.grid(axis="y", color=GRID, linewidth=0.6)
    if tempo.size:
        panel.plot(times, tempo, color=SECTIONS["chorus"], linewidth=1.6, solid_capstyle="round")
        middle = float(np.median(tempo))
        reach = max(0.08 * middle, 1.15 * float(np.abs(tempo - middle).max()))
        panel.set_ylim(middle - reach, middle + reach)
    else:
        panel.set_yticks([])
        panel.text(0.5, 0.5, "nothing pulses", transform=panel.transAxes, ha="center", va="center", color=FAINT)
    bare(panel)


def tempo_curve(beats_s: Sequence[float], neighbours: int = 8) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times in seconds and the tempo there in beats a minute, the median over so many beats; maybe none."""
    gaps = np.diff(np.array(beats_s, dtype=np.float64))
    if gaps.size < neighbours:
        return np.zeros(0), np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(gaps, neighbours)
    first = neighbours // 2
    return np.array(beats_s[first : first + len(windows)]), 60.0 / np.median(windows, axis=1)


def _draw_descriptors(panel: Axes, analysis: Analysis) -> None:
    facts = list(asdict(analysis.descriptors).items())[::-1]
    _meters(panel, facts, SECTIONS["verse"])


def _draw_confidence(panel: Axes, analysis: Analysis) -> None:
    _meters(panel, [("sure of key", analysis.key.confidence), ("sure of tempo", analysis.rhythm.tempo_confidence)],
            SECTIONS["break"])  # fmt: skip


def _meters(panel: Axes, facts: list[tuple[str, float]], colour: str) -> None:
    """Draw names, values from 0 to 1 and a bar for each."""
    rows = np.arange(len(facts))
    panel.barh(rows, 1.0, height=0.2, color=GRID)
    panel.barh(rows, [value for _, value in facts], height=0.2, color=colour)
    for row, (name, value) in enumerate(facts):
        panel.text(0.0, row + 0.17, name, fontsize=9, va="bottom")
        panel.text(1.0, row + 0.17, f"{value:.2f}", fontsize=9, va="bottom", ha="right", color=FAINT)
    panel.set_xlim(0.0, 1.0)
    panel.set_ylim(-0.4, len(facts) - 0.2)
    panel.set_axis_off()


def label_span(
    panel: Axes, span: tuple[float, float], height: float, text: str, duration_s: float, *, size: float
) -> None:
    """Write a name into a stretch of time that is wide enough for it."""
    width = (span[1] - span[0]) / max(duration_s, _SHORTEST_SONG_S) * _LETTERS * 7.0 / size
    if width > len(text) + 0.6:
        panel.text(sum(span) / 2.0, height, text, ha="center", va="center", color="white", fontsize=size,
                   fontweight="bold", zorder=3, clip_on=True)  # fmt: skip


def time_axis(panel: Axes, duration_s: float) -> None:
    """Give a panel a time axis with ticks that are whole minutes, tens or fives of seconds."""
    step = next((step for step in _STEPS_S if duration_s / step <= _MOST_TICKS), _STEPS_S[-1])
    panel.set_xlim(0.0, max(duration_s, _SHORTEST_SONG_S))
    panel.xaxis.set_major_locator(MultipleLocator(step))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock_time(seconds)))


def bare(panel: Axes) -> None:
    """Take a panel's frame away."""
    for side in panel.spines.values():
        side.set_visible(False)
