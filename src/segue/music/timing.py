"""When beats fall and how players place notes around them: tempo, drift, rubato, swing, human feel."""

import numpy as np
from numpy.typing import NDArray

from segue.music.score import Note


def beat_times(
    rng: np.random.Generator,
    beats: int,
    tempo_bpm: float,
    *,
    drift: float = 0.0,
    rubato: float = 0.0,
    wobble: float = 0.0,
    start_s: float = 0.0,
    phrase: int = 16,
    broaden: int = 0,
) -> NDArray[np.float64]:
    """Return when each beat falls, and when the last one ends, in seconds.

    Parameters
    ----------
    rng
        Chance.
    beats
        How many.
    tempo_bpm
        The mean tempo, whatever the others do.
    drift
        How much faster it ends than it began, as a share.
    rubato
        How far the tempo swings within a phrase, as a share: 0.1 is 10 % slower and faster.
    wobble
        Standard deviation of a live band's tempo, as a share.
    start_s
        When the first beat falls.
    phrase
        Beats in a phrase.
    broaden
        Over how many beats the end slows down, by a fifth at last.
    """
    at = (np.arange(beats) + 0.5) / beats
    pace = 1.0 + drift * (at - 0.5)
    bend = np.sin(2 * np.pi * (np.arange(beats) / phrase + rng.random()))
    pace *= 1.0 + rubato * (0.7 * bend + 0.3 * _smooth_noise(rng, beats, 3))
    pace *= 1.0 + wobble * _smooth_noise(rng, beats, 6)
    periods = 1.0 / np.maximum(pace, 0.3)
    if broaden:
        periods[-broaden:] *= np.linspace(1.0, 1.2, min(broaden, beats))
    periods *= 60.0 / tempo_bpm / periods.mean()
    return start_s + np.concatenate(([0.0], np.cumsum(periods)))


def _smooth_noise(rng: np.random.Generator, size: int, width: int) -> NDArray[np.float64]:
    """Return noise of unit deviation, no further out than 2, that moves over a few beats."""
    noise = rng.standard_normal(size + 2 * width)
    smooth = np.convolve(noise, np.hanning(2 * width + 1), mode="same")[width : width + size]
    steady: NDArray[np.float64] = smooth / np.sqrt((np.hanning(2 * width + 1) ** 2).sum())
    return np.clip(steady, -2.0, 2.0)


def swung(beat: float, swing: float, pair: float) -> float:
    """Return where a position falls when pairs of notes are uneven.

    Parameters
    ----------
    beat
        The position on the even grid, in beats.
    swing
        Where the second of a pair falls, as a share of the pair: 0.5 is even, 0.67 a triplet.
    pair
        How long a pair is, in beats: 1 for eighths, 0.5 for sixteenths.
    """
    whole, share = divmod(beat / pair, 1.0)
    bent = share * 2 * swing if share < 0.5 else swing + (share - 0.5) * 2 * (1 - swing)
    return (whole + bent) * pair


def play(
    rng: np.random.Generator,
    notes: list[Note],
    *,
    end: float,
    swing: float = 0.5,
    pair: float = 1.0,
    stray: float = 0.0,
    lag: float | NDArray[np.float64] = 0.0,
    dynamics: float = 5.0,
) -> tuple[Note, ...]:
    """Return the notes as a person plays them, in order.

    Parameters
    ----------
    rng
        Chance.
    notes
        On the grid.
    end
        The score's last beat: nothing begins or ends after it.
    swing, pair
        As in `swung`.
    stray, lag
        Standard deviation from the grid, no more than twice of which is used, and a delay, of all notes or of each; in
        beats.
    dynamics
        Standard deviation of the velocity.
    """
    played = []
    strays = np.clip(rng.standard_normal(len(notes)), -2.0, 2.0) * stray + lag
    louder = rng.standard_normal(len(notes)) * dynamics
    for note, offset, more in zip(notes, strays.tolist(), louder.tolist(), strict=True):
        start = min(max(0.0, swung(note.start, swing, pair) + offset), end - 0.05)
        stop = min(swung(note.start + note.duration, swing, pair) + offset, end)
        velocity = min(max(round(note.velocity + more), 1), 127)
        played.append(Note(start, max(stop - start, 0.04), note.pitch, velocity))
    return tuple(sorted(played, key=lambda note: (note.start, note.pitch)))
