"""How fast and how right the first song's way is: hear, separate, mash up, on whole real songs."""

import importlib
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import TypeVar

import librosa
import mir_eval
import numpy as np
import pyloudnorm
import soundfile

from benchmarks.table import Row
from segue.audio.files import DecodeLimits, decode
from segue.audio.listening import analyze
from segue.audio.mashup.types import MashupOptions
from segue.engines.separation.options import EngineChoice, optional_engines
from segue.kit.settings import Settings
from segue.stems.separation import separate_file
from segue.studio.mashing import mash_up_files

Result = TypeVar("Result")

_LIMITS = DecodeLimits()


def measure(data: Path) -> list[Row]:
    """Measure on the songs with lyrics."""
    songs = sorted(path for path in (data / "songs_with_lyrics").glob("*/audio.*"))
    settings = Settings()
    return [*_hearing(songs), *_separation(songs, settings), *_mashups(songs, settings)]


def _hearing(songs: list[Path]) -> list[Row]:
    ours, theirs = [], []
    for song in songs:
        audio = decode(song, _LIMITS).audio
        ours.append(audio.duration_s / _timed(lambda audio=audio: analyze(audio))[1])
        mono = librosa.resample(audio.mono(), orig_sr=audio.sample_rate, target_sr=22050)
        theirs.append(audio.duration_s / _timed(lambda mono=mono: _librosa_features(mono))[1])
    name = f"{len(songs)} whole songs"
    return [Row("analysis, x real time", name, median(ours), "librosa tempo+chroma+mfcc", median(theirs))]


def _librosa_features(mono: np.ndarray) -> None:
    librosa.beat.beat_track(y=mono, sr=22050)
    librosa.feature.chroma_cqt(y=mono, sr=22050)
    librosa.feature.mfcc(y=mono, sr=22050)


def _separation(songs: list[Path], settings: Settings) -> list[Row]:
    engine = EngineChoice(settings.separation_engine, settings.models_dir, optional_engines(settings))
    speeds, errors = [], []
    for song in songs:
        with tempfile.TemporaryDirectory() as folder:
            files, elapsed = _timed(lambda song=song, folder=folder: separate_file(song, Path(folder), engine, _LIMITS))
            mix = decode(song, _LIMITS).audio
            total = sum(soundfile.read(file, dtype="float32", always_2d=True)[0].T for file in files.values())
            speeds.append(mix.duration_s / elapsed)
            errors.append(10 * np.log10(np.mean((total - mix.samples) ** 2) / np.mean(mix.samples**2)))
    name = f"{len(songs)} whole songs"
    return [
        Row("separation into four stems, x real time", name, median(speeds)),
        Row("sum of the stems against the mix, dB (worst)", name, float(max(errors)), "promised", -60.0),
    ]


def _mashups(songs: list[Path], settings: Settings) -> list[Row]:
    pairs = list(combinations(songs, 2))
    time_shares: list[float] = []
    loudness_errors: list[float] = []
    agreements: dict[str, list[tuple[float, float]]] = {name: [] for name in TRACKERS}
    for a, b in pairs:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "mashup.mp3")
            report, elapsed = _timed(
                lambda a=a, b=b, output=output: mash_up_files(
                    a, b, output, options=MashupOptions(), settings=settings, limits=_LIMITS
                )
            )
            samples, rate = soundfile.read(output, dtype="float32", always_2d=True)
        time_shares.append(elapsed / sum(decode(song, _LIMITS).audio.duration_s for song in (a, b)))
        loudness_errors.append(abs(pyloudnorm.Meter(rate).integrated_loudness(samples) + 14))
        mono = librosa.resample(samples.mean(axis=1), orig_sr=rate, target_sr=44100)
        for name, track in TRACKERS.items():
            planned, heard = np.array(report["beats_s"]), track(mono)
            agreements[name].append((_agreement(planned, heard), _continuity(planned, heard)))
    name = f"{len(pairs)} mashups of whole songs"
    rows = [
        Row("time to make, of what the two songs last (worst)", name, max(time_shares), "promised", 1.0),
        Row("loudness off -14 LUFS, LU (worst)", name, max(loudness_errors), "promised, by pyloudnorm", 0.3),
    ]
    for tracker, found in agreements.items():
        for measure, figures in zip(("F", "AMLt"), zip(*found, strict=True), strict=True):
            question = f"beats in the file against the plan, {measure}"
            rows.append(Row(f"{question} (median)", name, median(figures), f"heard by {tracker}"))
            rows.append(Row(f"{question} (worst)", name, min(figures), f"heard by {tracker}"))
    return rows


def _agreement(planned: np.ndarray, heard: np.ndarray) -> float:
    """Return the F-measure (70 ms) of the heard beats against the plan's, at the octave of the beat that fits best.

    Trackers differ in which octave they call the beat; a wrong tempo or a wrong phase agrees at none.
    """
    between = (planned[1:] + planned[:-1]) / 2
    octaves = (planned, planned[::2], planned[1::2], np.sort(np.concatenate([planned, between])))
    return max(float(mir_eval.beat.f_measure(beats, heard, f_measure_threshold=0.07)) for beats in octaves)


def _continuity(planned: np.ndarray, heard: np.ndarray) -> float:
    """Return AMLt (S. Hainsworth 2004): the share of heard beats that go on with the plan's, on or between its beats.

    A tracker that takes a song of 200 BPM for one of 100 may count the snare drum's beats where the plan counts the
    bass drum's: both are on the song's beat.
    """
    return float(mir_eval.beat.continuity(planned, heard)[3])


def _librosa_beats(mono: np.ndarray) -> np.ndarray:
    # At 22,050 Hz, for which its windows are made.
    halved = librosa.resample(mono, orig_sr=44100, target_sr=22050)
    beats: np.ndarray = librosa.beat.beat_track(y=halved, sr=22050, units="time")[1]
    return beats


def _essentia_beats(mono: np.ndarray) -> np.ndarray:
    beats: np.ndarray = essentia_standard.RhythmExtractor2013(method="multifeature")(np.float32(mono))[1]
    return beats


#: Essentia is AGPL and no dependency: `uv run --with essentia python -m benchmarks first_song` brings it.
TRACKERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"librosa": _librosa_beats}
try:
    essentia_standard = importlib.import_module("essentia.standard")
except ImportError:
    pass
else:
    TRACKERS["Essentia"] = _essentia_beats


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start
