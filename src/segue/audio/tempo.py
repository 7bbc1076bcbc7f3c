"""How fast a song goes: the rate that a listener would tap, out of all the rates that are in its onsets.

Every pulse repeats at its multiples and fractions, so the question is less which periods there are than which of them
is the beat. Candidates are the peaks of an autocorrelation comb; each is judged by how strongly the song repeats at it,
at its divisions and at its multiples, whole and by register, by whether kick and snare take turns at it, whether bars,
phrases and chords are whole numbers of it, and how many notes fall on it. A small network weighs all that; its weights
were fitted to songs that were rendered, and so have a known tempo. What it says of the winner against the rest becomes
the probability of being right.
"""

from dataclasses import dataclass

import numpy as np

from segue.audio.periodicity import Tempogram, pulse_backing, pulse_clarity
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS
from segue.audio.tempo_evidence import FASTEST_BPM, candidates, weigh
from segue.audio.tempo_model import LEAST_PULSE, TempoModel, choose, doubts, tempo_model

_CHANCE, _CLEAR, _MANY_BEATS = 2.0, 1.5, 6.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo in beats a minute with the probability that it is right to 4 %; 0.0 where nothing pulses."""

    bpm: float
    confidence: float


def estimate_tempo(tempogram: Tempogram, model: TempoModel | None = None) -> Tempo:
    """Choose the beat among the pulses.

    Autocorrelation favours slow pulses and the Fourier transform fast ones, so that both together point at the beat
    (Peeters 2007); people like to tap near 120 BPM (McKinney and Moelants 2006).

    Parameters
    ----------
    model
        Another than the fitted one.
    """
    tempi = candidates(tempogram)
    if pulse_clarity(tempogram, 60.0 / FASTEST_BPM) < LEAST_PULSE or tempi.size == 0:
        return Tempo(0.0, 0.0)
    model = model or tempo_model()
    chosen, probability = choose(model.scores(weigh(tempogram, tempi)), tempi)
    bpm = _refine(tempogram.autocorrelation.mean(axis=0), float(tempi[chosen]))
    return Tempo(bpm, model.confidence(doubts(tempogram, bpm, probability)) * _backing(tempogram, bpm))


def _backing(tempogram: Tempogram, bpm: float) -> float:
    """Return 0 to 1: how far a pulse is beyond chance, and whether there are beats enough to tell one.

    The model was calibrated on music of a quarter of a minute and more: of speech and of clips it knows nothing.
    """
    beats = tempogram.frames * bpm / (60.0 * MEL_FPS)
    beyond_chance = 1.0 - np.exp(-max(pulse_backing(tempogram, 60.0 / FASTEST_BPM) - _CHANCE, 0.0) / _CLEAR)
    return float(beyond_chance * (1.0 - np.exp(-beats / _MANY_BEATS)))


def _refine(correlation: FloatArray, bpm: float) -> float:
    """Sharpen a tempo by the latest multiple of its period that still stands near where it should."""
    period = 60.0 / bpm * MEL_FPS
    for multiple in (1, 2, 4, 8):
        centre, reach = period * multiple, max(2, round(0.012 * period * multiple), 2)
        low, high = int(centre) - reach, int(centre) + reach + 2
        if high + 1 >= correlation.size:
            break
        peak = low + int(np.argmax(correlation[low:high]))
        if correlation[peak] > 0.0 and low < peak < high - 1:
            period = (peak + _vertex(correlation[peak - 1 : peak + 2])) / multiple
    return 60.0 * MEL_FPS / period


def _vertex(three: FloatArray) -> float:
    """Return where the parabola through three samples has its top, relative to the middle one."""
    left, middle, right = (float(value) for value in three)
    bend = left - 2.0 * middle + right
    return 0.0 if bend >= 0.0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
