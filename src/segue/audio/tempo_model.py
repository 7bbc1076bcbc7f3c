"""The small network that judges tempi, and the weights it was given by ``training/tempo.py``."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.audio.periodicity import Tempogram, pulse_clarity
from segue.audio.spectrum import MEL_FPS
from segue.audio.tempo_evidence import FASTEST_BPM

#: Tempi nearer than this share are the same.
SAME = 0.04
#: Where the strongest repetition stands out less than so many standard deviations, nothing pulses.
LEAST_PULSE = 6.0

_REPEATING = 0.05
_WEIGHTS = Path(__file__).parent / "weights" / "tempo.npz"

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TempoModel:
    """A conditional logit over a song's candidate tempi, with one hidden layer, and its calibration.

    Attributes
    ----------
    mean, scale
        Of each row of evidence, shape ``(rows,)``.
    direct
        Weights of the evidence itself, shape ``(rows,)``.
    hidden, bias, out
        The hidden layer, shapes ``(units, rows)``, ``(units,)`` and ``(units,)``.
    calibration
        Weights of :func:`doubts`, shape ``(rows,)``: a logistic regression of being right, fitted to songs in styles
        that the network had not been fitted to.
    """

    mean: Values
    scale: Values
    direct: Values
    hidden: Values
    bias: Values
    out: Values
    calibration: Values

    def scores(self, evidence: Values) -> Values:
        """Return the log-odds of each candidate against the others, shape ``(candidates,)``."""
        rows = (evidence - self.mean[:, None]) / self.scale[:, None]
        bent = np.tanh(self.hidden @ rows + self.bias[:, None])
        return np.asarray(self.direct @ rows + self.out @ bent)

    def confidence(self, doubt: Values) -> float:
        """Return the probability of being right, 0 to 1."""
        return float(1.0 / (1.0 + np.exp(-(self.calibration @ doubt))))


def choose(scores: Values, tempi_bpm: Values) -> tuple[int, float]:
    """Return the index of the best tempo, and the share of the odds that it has together with those near it."""
    odds = np.exp(scores - scores.max())
    best = int(np.argmax(odds))
    agreeing = np.abs(tempi_bpm / tempi_bpm[best] - 1.0) < SAME
    return best, float(odds[agreeing].sum() / odds.sum())


def doubts(tempogram: Tempogram, bpm: float, probability: float) -> Values:
    """Return what the certainty of a tempo depends on, shape ``(5,)``.

    Its log-odds among the candidates, how far the song's pulse stands out of chance, the share of the song that repeats
    at it, and how many of its beats there are.
    """
    certain = float(np.clip(probability, 1e-4, 1.0 - 1e-4))
    lag = 60.0 / bpm * MEL_FPS
    repeating = tempogram.autocorrelation[:, int(lag * (1.0 - SAME)) : int(lag * (1.0 + SAME)) + 2].max(axis=1)
    return np.array(
        [
            1.0,
            np.log(certain / (1.0 - certain)),
            np.log1p(pulse_clarity(tempogram, 60.0 / FASTEST_BPM)),
            float(np.mean(repeating > _REPEATING)),
            np.log1p(tempogram.frames / lag),
        ]
    )


@lru_cache(maxsize=1)
def tempo_model() -> TempoModel:
    """Return the fitted model."""
    with np.load(_WEIGHTS) as weights:
        return TempoModel(**{name: weights[name].astype(np.float64) for name in TempoModel.__dataclass_fields__})
