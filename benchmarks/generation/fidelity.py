"""Does what is generated have what was asked for? Read back from the sound by what hears any song, and by its place.

Listeners are invented: each likes three real songs, and what conditions their tracks is where these lie, their tempo,
energy and valence. Nothing of the songs is in what is made.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Final

import mir_eval
import numpy as np
from scipy.stats import spearmanr

from benchmarks.table import Row
from segue.audio.analysis import Analysis, Key
from segue.audio.files import OUR_LIMITS, decode
from segue.audio.listening import analyze
from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import Embedder
from segue.engines.embedding.choose import choose_embedder
from segue.engines.generation import BEGINNING, GenerationRequest
from segue.engines.generation.composer import ComposerEngine
from segue.generation.conditioning import Conditions, condition
from segue.generation.likeness import HeardSong, like_songs
from segue.generation.limits import Limits
from segue.kit.settings import default_data_dir
from segue.music.wishes import Wishes

PART: Final = "generation"
_LISTENERS, _SONGS_EACH, _TRACKS_EACH, _OF_THE_FIRST = 5, 3, 2, 10
_TRACK_S, _EXCERPT_S, _WHOLE_S = 30.0, 30.0, 180.0
_SAME_AGAIN, _LEVELS = 3, 5
_SUFFIXES: Final = (".mp3", ".ogg", ".flac", ".opus")
_FOLDERS: Final = ("songs_with_lyrics", "full_tracks", "multitrack/fretsonfire")
_FULL_SCALE: Final = 0.9995


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """A track that was made for a listener: what was asked for, and what is heard in it."""

    listener: int
    vector: FloatArray
    wishes: Wishes
    key: Key
    tempo_bpm: float
    heard: Analysis
    embedding: FloatArray
    audio: Audio


def measure(data: Path) -> list[Row]:
    """Make tracks for invented listeners and read them back; about 15 minutes on two cores."""
    embedder = choose_embedder("auto", default_data_dir() / "models", threads=1)
    listeners = _listeners(data, embedder)
    counts = [_OF_THE_FIRST if number == 0 else _TRACKS_EACH for number in range(len(listeners))]
    tracks = [
        _made(embedder, number, replace(asked, listener=number + 1, number=turn, seed=100 * number + turn))
        for number, asked in enumerate(listeners)
        for turn in range(counts[number])
    ]
    again = [
        _made(embedder, 0, replace(listeners[0], listener=1, seed=0), seed=900 + turn) for turn in range(_SAME_AGAIN)
    ]
    said = f"{len(tracks)} tracks of {_TRACK_S:.0f} s for {len(listeners)} listeners"
    return [
        *_rhythm_and_key(tracks, said),
        *_feel(tracks, said),
        *_places(tracks, said),
        *_diversity(tracks, again),
        *_signal(tracks, said),
        *_speed(),
        _determinism(),
    ]


def _listeners(data: Path, embedder: Embedder) -> list[Conditions]:
    files = [
        file
        for folder in _FOLDERS
        for file in sorted((data / folder).rglob("*"))
        if file.suffix in _SUFFIXES and file.stem not in ("guitar", "instrumental", "rhythm")
    ]
    songs = [_heard(file, embedder) for file in files[: _LISTENERS * _SONGS_EACH]]
    groups = [songs[place : place + _SONGS_EACH] for place in range(0, len(songs), _SONGS_EACH)]
    space = f"{embedder.name}-{embedder.version}"
    return [like_songs(group, space=space, seed=0, duration_s=_TRACK_S, limits=Limits())[0] for group in groups]


def _heard(file: Path, embedder: Embedder) -> HeardSong:
    whole = decode(file, OUR_LIMITS).audio
    wanted = round(_EXCERPT_S * whole.sample_rate)
    start = max(0, (whole.length - wanted) // 2)
    part = Audio(np.ascontiguousarray(whole.samples[:, start : start + wanted]), whole.sample_rate)
    return HeardSong(file.stem, analyze(part), embedder.embed(part))


def _made(embedder: Embedder, listener: int, asked: Conditions, *, seed: int | None = None) -> _Track:
    wishes = condition(asked).wishes
    request = GenerationRequest("new", asked.seed if seed is None else seed, asked.duration_s, wishes)
    with tempfile.TemporaryDirectory() as folder:
        made = ComposerEngine().generate(request, Path(folder))
        audio = decode(made.mix, OUR_LIMITS).audio
        audio = Audio(np.array(audio.samples), audio.sample_rate)
    key = Key(made.project["key"]["tonic"], made.project["key"]["mode"])
    vector = np.zeros(768, np.float32) if asked.vector is None else asked.vector
    tempo = float(made.project["tempo_bpm"])
    return _Track(listener, vector, wishes, key, tempo, analyze(audio), embedder.embed(audio), audio)


def _rhythm_and_key(tracks: Sequence[_Track], data: str) -> list[Row]:
    wished = [track.wishes.tempo_bpm or track.tempo_bpm for track in tracks]
    ratios = np.array([track.heard.rhythm.tempo_bpm / tempo for track, tempo in zip(tracks, wished, strict=True)])
    octaves = np.abs(ratios[:, None] / np.array([0.5, 1.0, 2.0]) - 1).min(axis=1)
    names = [tuple(f"{key.tonic_name} {key.mode}" for key in (track.key, track.heard.key)) for track in tracks]
    kept = [track.wishes.key in (None, track.key) for track in tracks]
    scores = [float(mir_eval.key.weighted_score(*pair)) for pair in names]  # type: ignore[no-untyped-call] # it has no types
    return [
        Row("tempo heard within 2 % of the wish", data, float(np.mean(np.abs(ratios - 1) <= 0.02)), part=PART),
        Row("the same, halves and doubles allowed", data, float(np.mean(octaves <= 0.02)), part=PART),
        Row("key heard as it was wished: exact", data, float(np.mean(np.array(scores) == 1)), part=PART),
        Row("key heard as it was wished: weighted score (MIREX)", data, float(np.mean(scores)), part=PART),
        Row("composed in the key that was wished", data, float(np.mean(kept)), part=PART),
    ]


def _feel(tracks: Sequence[_Track], data: str) -> list[Row]:
    rows = []
    for name in ("energy", "valence"):
        wished = [getattr(track.wishes, name) for track in tracks]
        heard = [getattr(track.heard.descriptors, name) for track in tracks]
        rows.append(
            Row(f"rank correlation of {name}, wished and heard", data, float(spearmanr(wished, heard)[0]), part=PART)
        )
    levels = np.linspace(0.05, 0.95, _LEVELS)
    for name in ("energy", "valence"):
        heard = [_sweep(name, float(level), seed) for seed in (1, 2) for level in levels]
        correlations = [spearmanr(levels, part)[0] for part in (heard[: len(levels)], heard[len(levels) :])]
        rows.append(
            Row(
                f"the same of {name} alone, all else equal",
                f"2 sweeps of {_LEVELS}",
                float(np.mean(correlations)),
                part=PART,
            )
        )
    return rows


def _sweep(name: str, level: float, seed: int) -> float:
    wishes = Wishes(styles={"pop": 0.6, "house": 0.4}, duration_s=15.0, tempo_bpm=112.0, band=seed)
    wishes = replace(wishes, energy=level) if name == "energy" else replace(wishes, valence=level)
    with tempfile.TemporaryDirectory() as folder:
        made = ComposerEngine().generate(GenerationRequest("new", seed, 15.0, wishes), Path(folder))
        return float(getattr(analyze(decode(made.mix, OUR_LIMITS).audio).descriptors, name))


def _places(tracks: Sequence[_Track], data: str) -> list[Row]:
    """Return how often a track lies nearer to where it was aimed than another track does."""
    same: list[bool] = []
    others: list[bool] = []
    for track in tracks:
        own = float(track.embedding @ track.vector)
        for other in tracks:
            if other is not track:
                nearer = own > float(other.embedding @ track.vector)
                (same if other.listener == track.listener else others).append(nearer)
    aimed = [float(track.embedding @ track.vector) for track in tracks]
    return [
        Row("nearer to where it was aimed than another listener's track", data, float(np.mean(others)), part=PART),
        Row("the same, than any other track", data, float(np.mean(others + same)), part=PART),
        Row("cosine to where it was aimed", data, float(np.mean(aimed)), part=PART),
    ]


def _diversity(tracks: Sequence[_Track], again: Sequence[_Track]) -> list[Row]:
    """Return how far ten tracks of one listener are apart: between takes of one song and any two songs."""
    first = [track for track in tracks if track.listener == 0]
    takes = [first[0], *again]
    strangers = [(a, b) for a, b in combinations(tracks, 2) if a.listener != b.listener]
    data = f"{len(first)} tracks of one listener"
    beside = (("takes of one song", list(combinations(takes, 2))), ("tracks of two listeners", strangers))
    mine = _distance(list(combinations(first, 2)))
    rows = [Row("mean distance (1 - cosine)", data, mine, name, _distance(pairs), PART) for name, pairs in beside]
    keys = len({track.key.tonic for track in first})
    tempi = len({round(track.tempo_bpm) for track in first})
    return [*rows, Row("different tonics", data, keys, part=PART), Row("different tempi", data, tempi, part=PART)]


def _distance(pairs: Sequence[tuple[_Track, _Track]]) -> float:
    return float(np.mean([1 - float(a.embedding @ b.embedding) for a, b in pairs]))


def _signal(tracks: Sequence[_Track], data: str) -> list[Row]:
    levels = [track.heard.loudness for track in tracks]
    loudness = [level.integrated_lufs for level in levels]
    samples = [track.audio.samples for track in tracks]
    return [
        Row("farthest from -14 LUFS, LU", data, float(np.abs(np.array(loudness) + 14).max()), part=PART),
        Row("highest true peak, dBTP", data, max(level.true_peak_dbtp for level in levels), part=PART),
        Row(
            "samples at full scale",
            data,
            float(sum(np.sum(np.abs(part) >= _FULL_SCALE) for part in samples)),
            part=PART,
        ),
        Row("largest DC", data, float(max(np.abs(part.mean(axis=1)).max() for part in samples)), part=PART),
        Row("clicks: steps unlike any around", data, float(sum(_clicks(track.audio) for track in tracks)), part=PART),
        Row(
            "level of the last 10 ms, largest",
            data,
            float(max(np.abs(part[:, -441:]).max() for part in samples)),
            part=PART,
        ),
    ]


def _clicks(audio: Audio) -> int:
    """Count steps of second order, lone in their quarter of a second and larger than a tenth of full scale."""
    step = np.abs(np.diff(audio.samples, n=2, axis=1)).max(axis=0)
    size = audio.sample_rate // 4
    blocks = step[: len(step) // size * size].reshape(-1, size)
    ordered = np.sort(blocks, axis=1)
    # A click is one step or two; onsets of drums and notes are many.
    return int(np.sum((ordered[:, -1] > 0.1) & (ordered[:, -1] > 4 * ordered[:, -4])))


def _speed() -> list[Row]:
    wishes = Wishes(styles={"pop": 0.6, "synthwave": 0.4}, energy=0.7)
    request = GenerationRequest("new", 5, _WHOLE_S, wishes)
    with tempfile.TemporaryDirectory() as name:
        folder, began, first = Path(name), time.perf_counter(), 0.0
        used = time.process_time()

        def told(_done: float) -> None:
            nonlocal first
            if not first and (folder / BEGINNING).exists():
                first = time.perf_counter() - began

        made = ComposerEngine().generate(request, folder, progress=told)
        wall, cpu = time.perf_counter() - began, time.process_time() - used
        length = decode(made.mix, OUR_LIMITS).audio.duration_s
    data = f"a track of {_WHOLE_S:.0f} s"
    return [
        Row("seconds until it is done", data, wall, part=PART),
        Row("seconds until its beginning is done", data, first or wall, part=PART),
        Row("times real time", data, length / wall, part=PART),
        Row("seconds of processor", data, cpu, part=PART),
    ]


def _determinism() -> Row:
    request = GenerationRequest("new", 11, 15.0, Wishes(styles={"funk": 1.0}))
    contents = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            made = ComposerEngine().generate(request, Path(folder))
            files = [made.mix, *made.stems.values(), *([made.midi] if made.midi else [])]
            contents.append([file.read_bytes() for file in files])
    same = np.mean([a == b for a, b in zip(*contents, strict=True)])
    return Row("files that are the same bytes a second time", "mix, stems, score", float(same), part=PART)
