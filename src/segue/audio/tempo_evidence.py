"""What speaks for a tempo: how a song repeats at the beat, its divisions and its multiples."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from segue.audio.periodicity import Tempogram
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS

#: Slowest and fastest beat that is told, in beats a minute.
SLOWEST_BPM, FASTEST_BPM = 40.0, 230.0

_GRID_BPM = np.geomspace(SLOWEST_BPM, FASTEST_BPM, 600)
_MOST_CANDIDATES = 16
_PREFERRED_BPM = 120.0
_FAINTEST = 0.1
_SHORTEST_PHRASE_S = 1.2
_WHOLE = (1 / 4, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8)
_REGISTER = (1, 3 / 2, 2, 3, 4)
_ALTERNATION = (1, 2, 3, 4)
_SPECTRUM = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2)
_PHRASES = (2, 3, 4, 5, 6, 8, 12, 16, 24, 32)
_DOUBLING, _TRIPLING = (4, 8, 16), (3, 6, 12)

Values = NDArray[np.float64]


def candidates(tempogram: Tempogram) -> Values:
    """Return the tempi that the song repeats at, the strongest first; none where nothing repeats.

    The peaks of a comb: the autocorrelation at a period and its multiples.
    """
    correlation = maximum_filter1d(tempogram.autocorrelation.mean(axis=0), 3)
    lags = 60.0 / _GRID_BPM * MEL_FPS
    comb = sum(weight * _at(correlation, lags * step) for step, weight in ((1, 1.0), (2, 0.5), (3, 0.25), (4, 0.25)))
    comb = np.asarray(comb)
    peaks = np.flatnonzero((comb[1:-1] >= comb[:-2]) & (comb[1:-1] > comb[2:])) + 1
    return _GRID_BPM[peaks[np.argsort(-comb[peaks], kind="stable")][:_MOST_CANDIDATES]]


def weigh(tempogram: Tempogram, tempi_bpm: Values) -> Values:
    """Measure what speaks for and against each tempo.

    How a beat is divided is asked only as "in two or in three, whichever is stronger": records differ more in that than
    the songs that we render, and a model that relies on eighths halves every song that plays none.

    Returns
    -------
    evidence
        Shape ``(rows, tempi)``: the tempo itself; autocorrelations at divisions and multiples of its beat, as a share
        of the strongest (whole, of the low and the middle register, of one against the other, over phrases); and the
        onsets' spectrum at divisions and multiples of its rate.
    """
    periods = 60.0 / tempi_bpm
    octaves = np.log2(tempi_bpm / _PREFERRED_BPM)
    rows = [octaves, octaves**2, np.maximum(octaves, 0.0) ** 2, octaves**3]
    low, middle, _ = maximum_filter1d(tempogram.registers, 3, axis=1)
    whole = maximum_filter1d(tempogram.autocorrelation.mean(axis=0), 3)
    for correlation, multiples in ((whole, _WHOLE), (low, _REGISTER), (middle, _REGISTER)):
        rows += _shares(correlation, periods, multiples, 0.25)
        rows.append(np.maximum(*_shares(correlation, periods, (1 / 2, 1 / 3), 0.25)))
    rows += _shares(maximum_filter1d(tempogram.alternation, 3), periods, _ALTERNATION, 0.0)
    rows += _tones(tempogram, tempi_bpm)
    phrases = maximum_filter1d(tempogram.phrases, 5)
    rows += _shares(phrases, periods, _PHRASES, _SHORTEST_PHRASE_S)
    bars = [np.mean(_shares(phrases, periods, beats, _SHORTEST_PHRASE_S), axis=0) for beats in (_DOUBLING, _TRIPLING)]
    rows.append(np.maximum(*bars))
    return np.stack(rows)


def _shares(correlation: FloatArray, periods: Values, multiples: tuple[float, ...], shortest_s: float) -> list[Values]:
    """Return the correlation at multiples of each period, as a share of the strongest after ``shortest_s``; -1 to 1."""
    strongest = float(correlation[round(shortest_s * MEL_FPS) :].max(initial=0.0)) + 0.02
    return [np.clip(_at(correlation, periods * MEL_FPS * multiple) / strongest, -1.0, 1.0) for multiple in multiples]


def _tones(tempogram: Tempogram, tempi_bpm: Values) -> list[Values]:
    """Return the logarithms of the onsets' spectrum at multiples of each rate, relative to the loudest."""
    bins = maximum_filter1d(tempogram.spectrum, 5)
    first, last = (round(bpm / tempogram.bin_bpm) for bpm in (SLOWEST_BPM, 4.0 * FASTEST_BPM))
    loudest = float(bins[first:last].max()) + 1e-6
    levels = [_at(bins, tempi_bpm * multiple / tempogram.bin_bpm) / loudest for multiple in _SPECTRUM]
    levels.append(np.maximum(*(_at(bins, tempi_bpm * multiple / tempogram.bin_bpm) / loudest for multiple in (2, 3))))
    return [np.log(np.maximum(level, _FAINTEST)) for level in levels]


def _at(values: FloatArray, positions: Values) -> Values:
    """Interpolate; 0 beyond the end."""
    return np.asarray(np.interp(positions, np.arange(values.size), values, right=0.0))
