"""Placing a jump to the sample: where the sound before it lies best on the sound after it, and how it is faded over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from segue.audio.extending.material import Material, deepened
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_HOP, RATE, log_mel_of

#: How far a seam may be shifted against the beats: they are heard to within some 20 ms, units without a pulse to none.
_LAG_S: Final = 0.045
_LAG_WITHOUT_PULSE_S: Final = 0.25
_BEFORE_S, _AFTER_S = 0.6, 0.3
_WHITENING: Final = 0.6
#: Lengths of fades that are tried, in seconds.
_FADES_S: Final = (0.03, 0.012, 0.12)
_FADES_WITHOUT_PULSE_S: Final = (0.4, 0.12, 1.0)
_PLACES: Final = 2
#: A seam that adds no more is taken without a look at others.
_UNHEARD: Final = 0.01
_AROUND_S: Final = 0.14
#: What counts against a place for a seam: far from the beat; within so many seconds of an onset.
_LATENESS, _BUSY, _QUIET_S = 0.08, 0.35, 0.05
_JUST_BEFORE_S: Final = 0.015
_MOST_GAIN_DB: Final = 3.0
_LAG_FRAMES: Final = 2


@dataclass(frozen=True, slots=True)
class Seam:
    """How one stretch of a song goes over into another.

    Attributes
    ----------
    leave_s, enter_s
        The middle of the fade, in the stretch that ends and in the one that begins.
    fade_s
        Its length.
    correlation
        Of the two stretches within it, 0 to 1: what is alike adds up in level, what is not adds up in power.
    gain_db
        By how much the level of the second stretch is to be raised for it.
    heard
        How much more the spectrum rises, and how much more it falls, at the seam than there in either stretch, in units
        of how much it changes at the song's own beats, in the median; of the two directions, where it is more. 0 where
        nothing is to be heard.
    """

    leave_s: float
    enter_s: float
    fade_s: float
    correlation: float
    gain_db: float
    heard: float

    def reversed(self) -> "Seam":
        """Return the seam of the jump back."""
        return Seam(self.enter_s, self.leave_s, self.fade_s, self.correlation, -self.gain_db, self.heard)


def changes_of(log_mel: FloatArray) -> FloatArray:
    """Return how far the spectrum has risen and how far it has fallen at each frame, shape ``(2, frames)``."""
    changes = np.zeros((2, log_mel.shape[1]), dtype=np.float32)
    step = log_mel[:, _LAG_FRAMES:] - log_mel[:, :-_LAG_FRAMES]
    changes[0, _LAG_FRAMES:] = np.maximum(step, 0.0).mean(axis=0)
    changes[1, _LAG_FRAMES:] = np.maximum(-step, 0.0).mean(axis=0)
    return changes


def change_at_beats(material: Material) -> FloatArray:
    """Return the greatest change within 50 ms of each beat, shape ``(beats,)``."""
    frames = np.rint(material.edges_s[:-1] * RATE / MEL_HOP).astype(np.int64)
    change = maximum_filter1d(changes_of(material.log_mel).sum(axis=0), 9, mode="nearest")
    return np.asarray(change[np.clip(frames, 0, change.size - 1)], dtype=np.float32)


def fade_gains(length: int, correlation: float) -> tuple[FloatArray, FloatArray]:
    """Return the gains of a fade out and in that keep the power of two sounds that are so much alike.

    Parameters
    ----------
    length
        Samples.
    correlation
        0 (equal power) to 1 (equal gain).

    Returns
    -------
    tuple of array
        ``(length,)`` each; after M. Fink, M. Holters, U. Zoelzer, "Signal-matched power-complementary
        cross-fading", DAFx 2016.
    """
    angle = (np.arange(length) + 0.5) / max(length, 1) * np.pi / 2
    out, into = np.cos(angle), np.sin(angle)
    norm = np.sqrt(1.0 + 2.0 * correlation * out * into)
    return (out / norm).astype(np.float32), (into / norm).astype(np.float32)


def place_seam(material: Material, leave: int, enter: int, typical_change: float) -> Seam:
    """Find the best seam of a jump.

    Parameters
    ----------
    material
        The song.
    leave, enter
        Edges: the beat after the first is replaced by the beat after the second.
    typical_change
        The median of `change_at_beats`.
    """
    leave_s, enter_s = float(material.edges_s[leave]), float(material.edges_s[enter])
    enter_s += _best_lag(material, leave_s, enter_s) / RATE
    period = float(np.median(np.diff(material.edges_s[max(leave - 4, 0) : leave + 5])))
    fades = _FADES_S if material.pulse else _FADES_WITHOUT_PULSE_S
    offsets, unlikeness = _unlikeness(material, leave_s, enter_s, period if material.pulse else 2 * period)
    tried: list[Seam] = []
    for offset_s in _likest(offsets, unlikeness):
        for seam in _trials(material, (leave_s + offset_s, enter_s + offset_s), fades, typical_change):
            if seam.heard <= _UNHEARD:
                return seam
            tried.append(seam)
    return min(tried, key=lambda seam: seam.heard)


def _best_lag(material: Material, leave_s: float, enter_s: float) -> int:
    """Return by how many samples of `RATE` the second stretch lies later than the beats say.

    The peak of a cross-correlation that is whitened in part, so that onsets count, and not the bass alone.
    """
    reach = round((_LAG_S if material.pulse else _LAG_WITHOUT_PULSE_S) * RATE)
    ours = _slice(material.mono, leave_s - _BEFORE_S, leave_s + _AFTER_S)
    theirs = _slice(material.mono, enter_s - _BEFORE_S, enter_s + _AFTER_S)
    size = fft.next_fast_len(ours.size + theirs.size, real=True)
    window = np.hanning(ours.size).astype(np.float32)
    cross = fft.rfft(theirs * window, size) * np.conj(fft.rfft(ours * window, size))
    cross /= (np.abs(cross) + 1e-3 * float(np.abs(cross).mean()) + 1e-12) ** _WHITENING
    found = fft.irfft(cross, size)
    lags = np.arange(-reach, reach + 1)
    likely = np.exp(-0.5 * np.square(lags / (0.6 * reach)))
    return int(lags[int(np.argmax(found[lags] * likely))])


def _unlikeness(
    material: Material, leave_s: float, enter_s: float, reach_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places around a jump, in seconds from its beat, and how unlike the two stretches are there."""
    frames = np.arange(round(-reach_s * RATE / MEL_HOP), round(0.3 * reach_s * RATE / MEL_HOP) + 1)
    columns = [
        np.clip(round(time_s * RATE / MEL_HOP) + frames, 0, material.log_mel.shape[1] - 1)
        for time_s in (leave_s, enter_s)
    ]
    difference = np.abs(material.log_mel[:, columns[0]] - material.log_mel[:, columns[1]]).mean(axis=0)
    smooth = uniform_filter1d(difference.astype(np.float64), 7, mode="nearest")
    changes = np.maximum(*(changes_of(material.log_mel[:, chosen])[0] for chosen in columns)).astype(np.float64)
    busy = maximum_filter1d(changes, 2 * round(_QUIET_S * RATE / MEL_HOP) + 1, mode="nearest")
    offsets = frames * MEL_HOP / RATE
    return offsets, smooth + _BUSY * busy + _LATENESS * np.abs(offsets + _JUST_BEFORE_S) / reach_s


def _likest(offsets: NDArray[np.float64], unlikeness: NDArray[np.float64]) -> list[float]:
    """Return some places where the stretches are most alike, not next to each other."""
    left = unlikeness.copy()
    chosen: list[float] = []
    for _ in range(_PLACES):
        best = int(left.argmin())
        if not np.isfinite(left[best]):
            break
        chosen.append(float(offsets[best]))
        left[np.abs(offsets - offsets[best]) < 0.06] = np.inf
    return chosen


def _trials(
    material: Material, times_s: tuple[float, float], fades_s: tuple[float, ...], typical_change: float
) -> Iterator[Seam]:
    """Make seams at one place, with fades of different lengths, and listen to them."""
    leave_s, enter_s = times_s
    around = _AROUND_S + max(fades_s) / 2
    gain_db = _level_difference_db(material, leave_s, enter_s)
    ours = _slice(material.mono, leave_s - around, leave_s + around)
    theirs = _slice(material.mono, enter_s - around, enter_s + around) * np.float32(10 ** (gain_db / 20))
    own = np.maximum(*(changes_of(deepened(log_mel_of(sound))) for sound in (ours, theirs)))
    expected = maximum_filter1d(own, 5, axis=1, mode="nearest")
    for fade_s in fades_s:
        middle, half = ours.size // 2, max(1, round(fade_s * RATE / 2))
        inside = slice(middle - half, middle + half)
        correlation = likeness(ours[inside], theirs[inside])
        gains = fade_gains(2 * half, correlation)
        frame, reach = middle // MEL_HOP, half // MEL_HOP + 6
        beyond = [
            changes_of(deepened(log_mel_of(_joined(before, after, inside, gains)))) - expected
            for before, after in ((ours, theirs), (theirs, ours))
        ]
        most = np.stack(beyond)[:, :, frame - reach : frame + reach + 1].max(axis=2).clip(min=0.0).sum(axis=1)
        heard = float(most.max()) / max(typical_change, 1e-3)
        yield Seam(leave_s, enter_s, fade_s, correlation, gain_db, heard)


def _joined(before: FloatArray, after: FloatArray, inside: slice, gains: tuple[FloatArray, FloatArray]) -> FloatArray:
    fade = before[inside] * gains[0] + after[inside] * gains[1]
    return np.concatenate([before[: inside.start], fade, after[inside.stop :]])


def likeness(ours: FloatArray, theirs: FloatArray) -> float:
    """Return the correlation of two stretches of one length, clipped to 0 to 1."""
    power = float(np.sqrt(np.vdot(ours, ours).real * np.vdot(theirs, theirs).real))
    return float(np.clip(np.vdot(ours, theirs).real / max(power, 1e-12), 0.0, 1.0))


def _level_difference_db(material: Material, leave_s: float, enter_s: float) -> float:
    powers = [
        float(np.square(_slice(material.mono, time_s - _BEFORE_S, time_s + _AFTER_S)).mean()) + 1e-9
        for time_s in (leave_s, enter_s)
    ]
    return float(np.clip(10 * np.log10(powers[0] / powers[1]), -_MOST_GAIN_DB, _MOST_GAIN_DB))


def _slice(mono: FloatArray, start_s: float, end_s: float) -> FloatArray:
    """Return a stretch as long as wanted, with silence where the song has none."""
    start, length = round(start_s * RATE), round((end_s - start_s) * RATE)
    part = mono[max(start, 0) : max(start + length, 0)]
    before = min(max(-start, 0), length)
    return np.pad(part, (before, max(length - before - part.size, 0)))[:length]
