"""`python -m training.embedding`: measure timbre on songs that Segue renders, and write its mean and spread.

The embedding divides each coefficient of timbre by how far it strays within a song, so that what varies from moment to
moment counts for less than what tells songs apart.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from segue.audio.signal import FloatArray
from segue.engines.embedding import measurements
from segue.engines.embedding.measurements import raw_timbre
from segue.engines.embedding.windows import RATE, SAMPLES, at_one_level, log_mel, spread
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.styles import STYLE_NAMES
from segue.music.wishes import Wishes

_WINDOWS = 12
_BARS = 16


def main() -> None:
    """Render songs of every style in turn, measure them, and write the scales."""
    parser = argparse.ArgumentParser(prog="python -m training.embedding", description=__doc__)
    parser.add_argument("--songs", type=int, default=40, help="songs to measure")
    parser.add_argument("--first-seed", type=int, default=2_000_000, help="the first song's seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path(str(measurements.__file__)).with_name("timbre.npz"))
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.processes) as pool:
        songs = list(pool.map(song_timbre, range(arguments.first_seed, arguments.first_seed + arguments.songs)))
    mean, spread_within = scales(songs)
    np.savez(arguments.output, mean=mean, spread=spread_within)


def song_timbre(seed: int) -> FloatArray:
    """Return the timbre of windows of one rendered song, ``(windows, coefficients)``."""
    style = STYLE_NAMES[seed % len(STYLE_NAMES)]
    mix = render(compose(seed, Wishes(styles={style: 1.0}, bars=_BARS)), sample_rate=RATE).mix
    return raw_timbre(log_mel(at_one_level(spread(mix, rate=RATE, samples=SAMPLES, at_most=_WINDOWS))))


def scales(songs: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return each coefficient's mean, and its spread within songs, so scaled that a window's length is 1 (RMS)."""
    mean = np.concatenate(songs).mean(axis=0)
    within = np.sqrt(np.mean([song.var(axis=0) for song in songs], axis=0))
    lengths = [np.square((song - mean) / within).sum(axis=1) for song in songs]
    return mean.astype(np.float32), (within * np.sqrt(np.concatenate(lengths).mean())).astype(np.float32)


if __name__ == "__main__":
    main()
