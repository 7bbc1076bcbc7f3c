"""A song that goes on: its sound, its file, and what can be said of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.audio.analysis import Analysis
from segue.audio.extending.graph import Graph
from segue.audio.extending.loudening import Level, brought_to
from segue.audio.extending.material import Material
from segue.audio.extending.rendering import Piece, play
from segue.audio.extending.walking import Walk
from segue.audio.files import open_writer
from segue.audio.loudness import LoudnessMeter
from segue.audio.report import finite, key_report
from segue.audio.signal import Audio, FloatArray, Progress, no_progress


@dataclass(frozen=True, slots=True)
class Extension:
    """A song, longer: how it goes on, before it is written.

    Attributes
    ----------
    song
        Stereo.
    analysis, material, graph
        What was heard in it, and where it may jump.
    walk
        What follows what.
    pieces
        The same in samples.
    level
        How the whole is brought to its loudness.
    """

    song: Audio = field(repr=False)
    analysis: Analysis = field(repr=False)
    material: Material = field(repr=False)
    graph: Graph = field(repr=False)
    walk: Walk
    pieces: tuple[Piece, ...] = field(repr=False)
    level: Level

    def blocks(self) -> Iterator[FloatArray]:
        """Yield its sound, ``(2, n)`` each."""
        return brought_to(self.level, play(self.pieces), self.song.sample_rate)


def write(
    extension: Extension, output: Path, *, tags: Mapping[str, str] | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Write an extended song, block by block; the file appears when it is whole. Return its levels as written."""
    rate = extension.song.sample_rate
    meter = LoudnessMeter(rate, extension.song.channels)
    total = sum(piece.length for piece in extension.pieces)
    done = 0
    with open_writer(output, sample_rate=rate, channels=extension.song.channels, tags=tags) as writer:
        for block in extension.blocks():
            writer.write(block)
            meter.add(block)
            done += block.shape[1]
            progress(done / total)
    loudness = meter.result()
    return {
        "loudness_lufs": finite(loudness.integrated_lufs),
        "true_peak_dbtp": finite(loudness.true_peak_dbtp),
        "gain_db": round(extension.level.gain_db, 2),
    }


def describe(extension: Extension) -> dict[str, Any]:
    """Return what an extended song is, JSON-ready: its tempo, key, beats and sections, and how it goes on."""
    analysis, material, planned = extension.analysis, extension.material, extension.walk
    laid = timeline(extension)
    return {
        "duration_s": round(sum(piece.length for piece in extension.pieces) / extension.song.sample_rate, 3),
        "source_s": round(material.duration_s, 3),
        "tempo_bpm": analysis.rhythm.tempo_bpm if material.pulse else None,
        "time_signature": f"{material.beats_per_bar}/4" if material.pulse else None,
        "key": key_report(analysis.key) if analysis.key.confidence else None,
        "beats_s": _carried(laid, analysis.rhythm.beats_s) if material.pulse else [],
        "sections": _sections(laid, analysis),
        "stretches": [
            {"start_s": round(at, 3), "source_start_s": round(start, 3), "source_end_s": round(end, 3), "kind": kind}
            for at, start, end, kind in laid
        ],
        "jumps": [
            {
                "from_s": round(jump.seam.leave_s, 3),
                "to_s": round(jump.seam.enter_s, 3),
                "cost": round(jump.cost, 3),
                "heard": round(jump.seam.heard, 3),
                "fade_s": jump.seam.fade_s,
            }
            for jump in planned.jumps
        ],
        "bridges": len(planned.bridges),
        "possible_jumps": len(extension.graph.jumps),
    }


#: Of each piece: when it begins, from where to where in its sound it goes, and whether it is the song or a bridge.
Timeline = list[tuple[float, float, float, str]]


def timeline(extension: Extension) -> Timeline:
    """Return what is heard when."""
    rate = extension.song.sample_rate
    at, laid = 0, []
    for piece in extension.pieces:
        kind = "song" if piece.audio is extension.song else "bridge"
        laid.append((at / rate, piece.start / rate, piece.end / rate, kind))
        at += piece.length
    return laid


def _carried(laid: Timeline, times_s: tuple[float, ...]) -> list[float]:
    """Return when moments of the song are heard in what was made of it."""
    return [
        round(at + time_s - start, 3)
        for at, start, end, kind in laid
        if kind == "song"
        for time_s in times_s
        if start <= time_s < end
    ]


def _sections(laid: Timeline, analysis: Analysis) -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = []
    for at, start, end, kind in laid:
        if kind == "bridge":
            parts = [("bridge", start, end)]
        else:
            parts = [
                (section.label, max(start, section.start_s), min(end, section.end_s))
                for section in analysis.sections
                if section.start_s < end and section.end_s > start
            ]
        for label, first, last in parts:
            if sections and sections[-1]["label"] == label:
                sections[-1]["end_s"] = round(at + last - start, 3)
            else:
                sections.append(
                    {"label": label, "start_s": round(at + first - start, 3), "end_s": round(at + last - start, 3)}
                )
    return sections
