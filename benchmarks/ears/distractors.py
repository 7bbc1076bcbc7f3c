"""Recordings that nobody asks for: thousands of rendered songs among which the real ones have to be found."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from segue.audio.landmarks import VERSION, Peaks, find_peaks
from segue.audio.signal import Audio
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.wishes import Wishes

SONGS = 500
#: Each song is heard in so many keys and tempi, all farther from one another than a query tolerates.
KEYS = 10
BARS = 8
#: Landmarks end below 5 kHz; guitar amplifiers in some songs reach to 6.5 kHz.
RATE = 16000
_BATCH = 50
_FIRST_SEED = 10_000
_BINS = 168
_KEY_BINS = 16
_TEMPI = (1.0, 0.8, 1.25)


def distractors() -> list[Peaks]:
    """Return the peaks of 5,000 distractors: `SONGS` rendered songs of eight bars, in every style, in `KEYS` keys each.

    Songs are rendered once and kept in the temporary folder, for they take a third of a second each.
    """
    folder = Path(tempfile.gettempdir(), f"segue-distractors-{VERSION}")
    folder.mkdir(exist_ok=True)
    batches = range(0, SONGS, _BATCH)
    missing = [start for start in batches if not _file(folder, start).exists()]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        list(pool.map(_render_batch, [folder] * len(missing), missing))
    songs = [peaks for start in batches for peaks in _read(_file(folder, start))]
    return [_in_another_key(peaks, key) for peaks in songs for key in range(KEYS)]


def rendered(number: int) -> Audio:
    """Render a song: distractors are made of those below `SONGS`; the others are like them, but strangers."""
    seed = _FIRST_SEED + number
    return render(compose(seed, Wishes(bars=BARS)), seed=seed, sample_rate=RATE).mix


def _in_another_key(peaks: Peaks, key: int) -> Peaks:
    """Move peaks up by some five semitones a key, those at the top to the bottom, and play them at another tempo."""
    times = np.round(peaks.times * _TEMPI[key % len(_TEMPI)]).astype(np.int64)
    pitches = np.mod(peaks.pitches + key * _KEY_BINS, _BINS - 1).astype(np.float32)
    order = np.lexsort((pitches, times))
    return Peaks(times[order], pitches[order], peaks.levels[order])


def _file(folder: Path, start: int) -> Path:
    return folder / f"{start:05d}.npz"


def _render_batch(folder: Path, start: int) -> None:
    packed = {}
    for number in range(start, start + _BATCH):
        packed[f"{number:05d}"] = np.frombuffer(find_peaks(rendered(number)).packed(), "<i8")
    unfinished = folder / f"{start:05d}.{os.getpid()}.npz"
    np.savez(unfinished, **packed)
    unfinished.replace(_file(folder, start))


def _read(file: Path) -> list[Peaks]:
    with np.load(file) as songs:
        return [Peaks.unpacked(songs[name].tobytes()) for name in sorted(songs.files)]
