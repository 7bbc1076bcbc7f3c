"""A song that was made, drawn: waveform and sections, who plays what over the chords, spectrogram."""

import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from segue.audio.files import OUR_LIMITS, decode
from segue.audio.signal import Audio
from segue.audio.waveform import waveform_peaks
from segue.cli.made_score import PlayedPart, read_parts
from segue.cli.output import clock_time
from segue.cli.picture import FAINT, GRID, INK, SECTIONS, STYLE, bare, dated, label_span, time_axis
from segue.engines.generation import Generation

_WIDTH_IN, _HEIGHT_IN, _DPI = 14.0, 9.4, 150
_COLOURS: Final = ("#4f8fc4", "#e2725b", "#4fb3a5", "#c2a35a", "#9a78c2", "#d98cb3", "#7da453", "#b0653a")
_DRUMS: Final = "#55616d"
#: The spectrogram's window, its picture's columns and rows, and the range of levels that is told apart.
_WINDOW, _COLUMNS, _ROWS, _RANGE_DB = 4096, 1400, 220, 75.0
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 16_000.0
_MOST_NAMES: Final = 12


def draw_made(made: Generation, file: Path, *, title: str) -> None:
    """Draw a song that an engine made.

    Parameters
    ----------
    made
        With a project and a score if the engine knows them; else the sound alone is drawn.
    file
        Written; its suffix says as what: PNG, SVG or PDF.
    title
        The song's name; drawn as it is.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    audio = decode(made.mix, OUR_LIMITS).audio
    parts = read_parts(made.midi) if made.midi is not None else []
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), facecolor="white")
        _draw(figure, audio, parts, made.project, title)
        figure.savefig(file, dpi=_DPI, metadata=dated(file))


def _draw(figure: Figure, audio: Audio, parts: list[PlayedPart], project: Mapping[str, Any], title: str) -> None:
    grid = figure.add_gridspec(
        4, 1, height_ratios=(1.7, 0.5, 5, 2.8), left=0.05, right=0.86, top=0.885, bottom=0.05, hspace=0.09
    )
    wave = figure.add_subplot(grid[0])
    chords, roll, spectrum = (figure.add_subplot(grid[row], sharex=wave) for row in (1, 2, 3))
    _heading(figure, audio, project, title)
    _draw_waveform(wave, audio, project)
    _draw_chords(chords, audio, project)
    _draw_roll(roll, parts, float(project.get("start_s", 0.0)))
    _draw_spectrogram(spectrum, audio)
    time_axis(spectrum, audio.duration_s)
    for panel in (wave, chords, roll):
        panel.tick_params(axis="x", labelbottom=False, length=0)
    for panel in (roll, spectrum):
        for section in project.get("sections", ())[1:]:
            panel.axvline(section["start_s"], color=FAINT, linewidth=0.6, alpha=0.5, zorder=1.5)


def _heading(figure: Figure, audio: Audio, project: Mapping[str, Any], title: str) -> None:
    facts = []
    if "styles" in project:
        facts.append(" + ".join(f"{share:.0%} {name.replace('_', ' ')}" for name, share in project["styles"].items()))
    if "key" in project:
        facts.append(str(project["key"]["name"]))
    if "tempo_bpm" in project:
        facts.append(f"{project['tempo_bpm']:.1f} bpm, {project.get('time_signature', '4/4')}")
    facts += [f"{name} {project[name]:.2f}" for name in ("energy", "valence") if name in project]
    facts.append(clock_time(audio.duration_s))
    name = title if len(title) <= 90 else f"{title[:89]}…"
    figure.text(0.05, 0.957, name, fontsize=17, fontweight="bold", parse_math=False, va="center")
    figure.text(0.05, 0.918, "   ·   ".join(facts), fontsize=11.5, color=FAINT, va="center")


def _draw_waveform(panel: Axes, audio: Audio, project: Mapping[str, Any]) -> None:
    peaks = np.array(waveform_peaks(audio))
    times = np.linspace(0.0, audio.duration_s, peaks.size)
    panel.fill_between(times, -peaks, peaks, color=FAINT, alpha=0.9, linewidth=0)
    for section in project.get("sections", ()):
        colour = SECTIONS.get(section["label"], SECTIONS["section"])
        start, end = section["start_s"], section["end_s"]
        inside = (times >= start) & (times <= end)
        panel.axvspan(start, end, color=colour, alpha=0.1, linewidth=0)
        panel.fill_between(times, -peaks, peaks, where=inside.tolist(), color=colour, linewidth=0)
        panel.fill_between([start, end], 1.08, 1.42, color=colour, linewidth=1.5, edgecolor="white")
        label_span(panel, (start, end), 1.25, section["label"], audio.duration_s, size=8.5)
    panel.set_ylim(-1.05, 1.44)
    panel.set_yticks([])
    panel.set_ylabel("waveform")
    bare(panel)


def _draw_chords(panel: Axes, audio: Audio, project: Mapping[str, Any]) -> None:
    for number, chord in enumerate(project.get("chords", ())):
        start, end = chord["start_s"], chord["end_s"]
        panel.axvspan(start, end, color=("#7b8fa3", "#94a5b5")[number % 2], linewidth=0)
        label_span(panel, (start, end), 0.5, chord.get("symbol", chord["label"]), audio.duration_s, size=7)
    panel.set_ylim(0, 1)
    panel.set_yticks([])
    panel.set_ylabel("chords")
    bare(panel)


def _draw_roll(panel: Axes, parts: list[PlayedPart], start_s: float) -> None:
    """Draw every part's notes in its colour, louder ones darker; drums below all others, by what is struck."""
    pitched = [part for part in parts if not part.drums]
    pitches = [note.pitch for part in pitched for note in part.notes]
    low, high = (min(pitches), max(pitches)) if pitches else (48, 72)
    struck = sorted({note.pitch for part in parts if part.drums for note in part.notes})
    rows = {pitch: low - 2 - len(struck) + place for place, pitch in enumerate(struck)}
    named = 0
    for part in parts:
        colour = _DRUMS if part.drums else _COLOURS[pitched.index(part) % len(_COLOURS)]
        heights = [rows[note.pitch] if part.drums else note.pitch for note in part.notes]
        rgba = [(*mpl.colors.to_rgb(colour), 0.35 + 0.65 * note.velocity / 127) for note in part.notes]
        lengths = [0.06 if part.drums else note.end_s - note.start_s for note in part.notes]
        lefts = [start_s + note.start_s for note in part.notes]
        panel.barh(heights, lengths, left=lefts, height=0.9, color=rgba, linewidth=0, zorder=2)
        if named < _MOST_NAMES:
            panel.text(1.008, 0.985 - 0.065 * named, f"■ {part.name}", color=colour, transform=panel.transAxes,
                       fontsize=8.5, va="top", fontweight="bold")  # fmt: skip
            named += 1
    if struck:
        panel.axhline(low - 1.5, color=GRID, linewidth=0.8)
    octaves = [pitch for pitch in range(0, 128, 12) if low <= pitch <= high]
    panel.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    panel.grid(axis="y", color=GRID, linewidth=0.6)
    panel.set_ylim(low - 3 - len(struck), high + 2)
    panel.set_ylabel("who plays what")
    bare(panel)


def _draw_spectrogram(panel: Axes, audio: Audio) -> None:
    """Draw levels over time and pitch, pitch in octaves."""
    mono = audio.samples.mean(axis=0)
    hop = max(256, audio.length // _COLUMNS)
    padded = np.pad(mono, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop][: audio.length // hop + 1]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    bins = np.fft.rfftfreq(_WINDOW, 1 / audio.sample_rate)
    edges = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, audio.sample_rate / 2), _ROWS + 1)
    places = np.clip(np.searchsorted(bins, edges), 1, len(bins) - 1)
    levels = np.stack([power[:, at : max(at + 1, end)].mean(axis=1) for at, end in pairwise(places)])
    decibels = 10 * np.log10(levels + 1e-12)
    # Music falls by some 3 dB an octave: with that made up for, what is high is seen as well.
    decibels += 3.0 * np.log2(edges[:-1] / edges[0])[:, None]
    top = float(decibels.max())
    panel.pcolormesh(
        np.linspace(0.0, audio.duration_s, levels.shape[1] + 1), edges, decibels,
        vmin=top - _RANGE_DB, vmax=top, cmap="magma", rasterized=True, zorder=0,
    )  # fmt: skip
    panel.set_yscale("log")
    panel.set_yticks([50, 100, 200, 500, 1000, 2000, 5000, 10_000])
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda hertz, _: f"{hertz / 1000:g}k" if hertz >= 1000 else f"{hertz:g}")
    )
    panel.minorticks_off()
    panel.set_ylabel("Hz", color=INK)
    bare(panel)
