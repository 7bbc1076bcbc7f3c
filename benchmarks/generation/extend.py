"""Whether a song goes on unheard: seams, clicks, repeats, length, speed; beside a loop of it, and jumps at random."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.generation.seams import click_at, flux_at, percentiles
from benchmarks.table import Row
from segue.audio.extending.material import Material
from segue.audio.extending.rendering import Piece, play
from segue.audio.loudness import measure_loudness
from segue.audio.signal import Audio
from segue.engines.generation.extending import ExtendingEngine
from segue.engines.generation.extension import Extension

SONGS: Final = (
    "full_tracks/nexuiz__brokenlight.ogg",
    "full_tracks/lincity__City_Blues.ogg",
    "full_tracks/supertux__chipdisko.ogg",
    "full_tracks/frozenbubble__mainzik_1p.ogg",
    "fingerprint/dejavu/mp3/Brad-Sucks--Total-Breakdown.mp3",
    "rhythm_key/stepmania/Goin' Under/Goin' Under.ogg",
    "songs_with_lyrics/Dead Smiling Pirates - I/audio.ogg",
    "songs_with_lyrics/Jonathan Coulton - Code Monkey/audio.ogg",
    "songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3",
    "songs_with_lyrics/Jonathan Coulton - I Feel Fantastic/audio.mp3",
    "songs_with_lyrics/Joshua Morin - On the run/audio.ogg",
)
_MINUTES: Final = 10.0
_SEED: Final = 3
_FADE_S: Final = 0.01
_SOON_S, _SAME_JUMP_S = 30.0, 300.0
#: A seam adds something where it changes more than both of its sides by this share of what changes at a beat.
_ADDED: Final = 0.1
_HOUR = r"""
import re, sys, time
from pathlib import Path
from segue.engines.generation.extending import ExtendingEngine
from segue.engines.generation.extension import write
began = time.perf_counter()
extension = ExtendingEngine().extend(Path(sys.argv[1]), 3600.0, seed=3)
write(extension, Path(sys.argv[2]))
most = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
print(most / 1024, 3600 / (time.perf_counter() - began), extension.song.samples.nbytes / 2**20)
"""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was measured of one way to make a song longer: an array or a list has an entry a seam, or a beat."""

    percentiles: NDArray[np.float64]
    added: NDArray[np.float64]
    clicks: NDArray[np.float64]
    again_s: NDArray[np.float64]
    same_jump: NDArray[np.bool_]


def measure(data: Path) -> list[Row]:
    """Extend each song to ten minutes, by Segue, as a loop and by jumps at random; and one to an hour."""
    names = [name for name in SONGS if (data / name).exists()]
    ours, loops, strays, clicks = [], [], [], []
    offs, errors, peaks, speeds, songs_s = [], [], [], [], []
    for name in names:
        began = time.perf_counter()
        extension = ExtendingEngine(bridges=False).extend(data / name, 60 * _MINUTES, seed=_SEED)
        sound = Audio(np.concatenate(list(extension.blocks()), axis=1), extension.song.sample_rate)
        speeds.append(sound.duration_s / (time.perf_counter() - began))
        loudness = measure_loudness(sound)
        errors.append(abs(loudness.integrated_lufs + 14.0))
        peaks.append(loudness.true_peak_dbtp)
        offs.append(abs(sound.duration_s - 60 * _MINUTES) / extension.material.bar_s)
        songs_s.append(extension.song.duration_s)
        ours.append(_heard(extension, extension.pieces))
        loops.append(_heard(extension, _looped(extension)))
        strays.append(_heard(extension, _strayed(extension)))
        clicks.append(_own_clicks(extension))
    data_of = f"{len(names)} real songs to 10 minutes"
    rows = _seam_rows(data_of, (ours, loops, strays), np.concatenate(clicks))
    rows += _repeat_rows(data_of, (ours, loops, strays), songs_s)
    rows += [
        Row("length, bars off the wanted one, worst", data_of, float(max(offs))),
        Row("loudness, LU off -14, worst", data_of, float(max(errors))),
        Row("true peak, dBTP, worst", data_of, float(max(peaks))),
        Row("speed, x real time, median", data_of, float(np.median(speeds))),
    ]
    return [replace(row, part="extend") for row in (*rows, *_hour_rows(data / names[0]))]


def _seam_rows(data: str, heard: tuple[list[_Heard], ...], own_clicks: NDArray[np.float64]) -> list[Row]:
    rows: list[Row] = []
    asked: tuple[tuple[str, Callable[[_Heard], float]], ...] = (
        (
            "seams whose flux is within the song's own 90th percentile, share",
            lambda h: float((h.percentiles <= 0.90).mean()),
        ),
        (
            "seams whose flux is within the song's own 95th percentile, share",
            lambda h: float((h.percentiles <= 0.95).mean()),
        ),
        ("flux at seams, percentile of the song's own beats, median", lambda h: float(np.median(h.percentiles))),
        (
            "seams that add over a tenth of a beat's flux to both sides, share",
            lambda h: float((h.added > _ADDED).mean()),
        ),
        ("seams with a step like none around them, share", lambda h: float((h.clicks > 1.0).mean())),
    )
    for question, told in asked:
        figures = [told(_together(one)) for one in heard]
        rows += _beside(question, data, figures)
    beats = float((own_clicks > 1.0).mean())
    return [*rows, replace(rows[-1], peer="the songs' own beats", theirs=beats)]


def _repeat_rows(data: str, heard: tuple[list[_Heard], ...], songs_s: Sequence[float]) -> list[Row]:
    rows = []
    shares = [[h.again_s / s for h, s in zip(one, songs_s, strict=True)] for one in heard]
    rows += _beside(
        "a beat comes back after, share of the song's length, median",
        data,
        [float(np.median(np.concatenate(one))) for one in shares],
    )
    rows += _beside(
        "beats that come back within 30 s, share",
        data,
        [float((_together(one).again_s < _SOON_S).mean()) for one in heard],
    )
    return rows + _beside(
        "jumps taken before within 5 minutes, share", data, [float(_together(one).same_jump.mean()) for one in heard]
    )


def _beside(question: str, data: str, figures: Sequence[float]) -> list[Row]:
    ours, loop, stray = figures
    return [Row(question, data, ours, "looped", loop), Row(question, data, ours, "jumps at random", stray)]


def _together(heard: Sequence[_Heard]) -> _Heard:
    return _Heard(
        *(
            np.concatenate([getattr(one, name) for one in heard])
            for name in ("percentiles", "added", "clicks", "again_s", "same_jump")
        )
    )


def _heard(extension: Extension, pieces: Sequence[Piece]) -> _Heard:
    song, material = extension.song, extension.material
    rate = song.sample_rate
    sound = Audio(np.concatenate(list(play(pieces)), axis=1), rate)
    at_s = np.cumsum([piece.length for piece in pieces])[:-1] / rate
    own = flux_at(song, material.edges_s)
    flux = flux_at(sound, at_s)
    sides = np.maximum(
        flux_at(song, [piece.end / rate for piece in pieces[:-1]]),
        flux_at(song, [piece.start / rate for piece in pieces[1:]]),
    )
    return _Heard(
        percentiles=percentiles(flux, own),
        added=(flux - sides) / max(float(np.median(own)), 1e-9),
        clicks=np.array([click_at(sound, t, p.fade / rate) for t, p in zip(at_s, pieces[1:], strict=True)]),
        again_s=_again_s(material, pieces, rate),
        same_jump=_same_jumps(pieces, at_s),
    )


def _again_s(material: Material, pieces: Sequence[Piece], rate: int) -> NDArray[np.float64]:
    """Return after how long each beat that is heard again comes back."""
    last: dict[int, float] = {}
    gaps, at = [], 0.0
    for piece in pieces:
        start_s, end_s = piece.start / rate, piece.end / rate
        for beat in np.flatnonzero((material.edges_s[:-1] >= start_s) & (material.edges_s[:-1] < end_s)).tolist():
            now = at + float(material.edges_s[beat]) - start_s
            if beat in last:
                gaps.append(now - last[beat])
            last[beat] = now
        at += end_s - start_s
    return np.array(gaps)


def _same_jumps(pieces: Sequence[Piece], at_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    taken: dict[tuple[int, int], float] = {}
    same = []
    for before, after, time_s in zip(pieces[:-1], pieces[1:], at_s, strict=True):
        way = (before.end, after.start)
        same.append(way in taken and time_s - taken[way] < _SAME_JUMP_S)
        taken[way] = float(time_s)
    return np.array(same, dtype=np.bool_)


def _own_clicks(extension: Extension) -> NDArray[np.float64]:
    return np.array([click_at(extension.song, float(time_s), 0.03) for time_s in extension.material.edges_s[4:-4:4]])


def _looped(extension: Extension) -> tuple[Piece, ...]:
    """Play the song over and over."""
    song = extension.song
    fade = 2 * round(_FADE_S * song.sample_rate / 2)
    return tuple(
        Piece(song, 0, song.length, fade if turn else 0) for turn in range(round(60 * _MINUTES / song.duration_s))
    )


def _strayed(extension: Extension) -> tuple[Piece, ...]:
    """Jump from beat to beat at random, as often as Segue does."""
    rng = np.random.default_rng(_SEED)
    song, edges = extension.song, extension.material.edges_s
    beats = [round(float(edge) * song.sample_rate) for edge in edges]
    fade = 2 * round(_FADE_S * song.sample_rate / 2)
    pieces = [Piece(song, 0, beats[int(rng.integers(len(beats) // 2, len(beats)))])]
    for piece in extension.pieces[1:]:
        start = int(rng.integers(0, len(beats) // 2))
        end = min(start + max(8, round(piece.length / (beats[1] - beats[0]))), len(beats) - 1)
        pieces.append(Piece(song, beats[start], beats[end], fade))
    return tuple(pieces)


def _hour_rows(song: Path) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", _HOUR, str(song), str(Path(folder, "hour.flac"))]
        told = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    most_mb, speed, song_mb = map(float, re.findall(r"[\d.]+", told.stdout))
    data = f"{song.stem} to an hour"
    return [
        Row("memory, MB at most", data, most_mb, "the song's samples", song_mb),
        Row("speed, x real time, written as FLAC", data, speed),
    ]
