"""Which beats begin a bar, and how many beats a bar has."""

import numpy as np
from numpy.typing import NDArray

from segue.audio.beatwise import average_between, standardized, strongest_near, unit_columns
from segue.audio.onsets import Onsets
from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS, TONAL_FPS, Spectra
from segue.audio.tonality import Chroma

_WINDOW_BEATS = 48
_FEWEST_BEATS = 8
_METRES = (3, 4, 5, 6, 7)
#: What a metre must explain more than another to be believed: four is the rule, and six must beat its half.
_HANDICAPS = {3: 0.03, 4: 0.0, 5: 0.06, 6: 0.15, 7: 0.08}
#: How much each row of :func:`accents` speaks for a downbeat; snares speak against it.
_DOWNBEAT_WEIGHTS = np.array([1.0, -0.4, 0.3, 0.5, 0.6, 0.4, 0.4, 0.4], dtype=np.float32)
_SHIFT_COST = 12.0


def find_bars(
    spectra: Spectra, onsets: Onsets, chroma: Chroma, beats_s: NDArray[np.float64]
) -> tuple[int, NDArray[np.int64]]:
    """Group the beats of a song into bars.

    The metre is the number of beats after which accents repeat: the share of their variance, adjusted for its degrees
    of freedom, that the place in the bar explains within 48 beats. Accents are onsets of bass and snare, and changes
    of harmony, bass note and timbre. The bar lines then follow the accents that downbeats have, and may shift where
    these do.

    Parameters
    ----------
    beats_s
        Ascending times in seconds.

    Returns
    -------
    time_signature
        Beats in a bar, 2 to 7; 4 where nothing tells.
    downbeats
        Indices into ``beats_s``, ascending.
    """
    if beats_s.size < _FEWEST_BEATS:
        return 4, np.arange(0, beats_s.size, 4)
    found = accents(spectra, onsets, chroma, beats_s)
    explained = {beats: _explained(found, beats) - _HANDICAPS[beats] for beats in _METRES}
    metre = max(explained, key=lambda beats: (explained[beats], -beats))
    if explained[metre] <= 0.0:
        metre = 4
    return metre, _bar_lines(_DOWNBEAT_WEIGHTS @ found, metre)


def accents(spectra: Spectra, onsets: Onsets, chroma: Chroma, beats_s: NDArray[np.float64]) -> FloatArray:
    """Return standardized accents of every beat, shape ``(8, beats)``.

    Onsets in the low and the middle register, then changes of harmony, of bass and of timbre, each from one beat to the
    next and from two beats to the next two.
    """
    edges = np.append(beats_s, 2.0 * beats_s[-1] - beats_s[-2])
    struck = strongest_near(onsets.registers[:2], MEL_FPS, beats_s, 3)
    harmony = average_between(chroma.all, TONAL_FPS, edges)
    bass = average_between(chroma.bass, TONAL_FPS, edges)
    timbre = average_between(spectra.log_mel, MEL_FPS, edges)
    timbre -= timbre.mean(axis=1, keepdims=True)
    changes = [_change(unit_columns(row), reach) for row in (harmony, bass, timbre) for reach in (1, 2)]
    return standardized(np.vstack([struck, *changes]))


def _change(columns: FloatArray, reach: int) -> FloatArray:
    """Return the cosine distance between the ``reach`` beats before each beat and those from it on."""
    summed = np.cumsum(np.pad(columns, ((0, 0), (1, 0))), axis=1)
    here = np.arange(columns.shape[1])
    before = summed[:, here] - summed[:, np.maximum(here - reach, 0)]
    after = summed[:, np.minimum(here + reach, here.size)] - summed[:, here]
    size = np.linalg.norm(before, axis=0) * np.linalg.norm(after, axis=0)
    change = 1.0 - np.einsum("rb,rb->b", before, after) / np.maximum(size, 1e-6)
    return np.asarray(np.where(size > 1e-6, change, 0.0), dtype=np.float32)


def _explained(rows: FloatArray, metre: int) -> float:
    """Return the adjusted share of variance that the place in a bar of ``metre`` beats explains."""
    width = min(_WINDOW_BEATS, rows.shape[1]) // metre * metre
    bars = width // metre
    if bars < 2:
        return -1.0
    windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=1)[:, :: max(width // 2, 1)]
    folded = windows.reshape(*windows.shape[:2], bars, metre)
    within = np.square(folded - folded.mean(axis=2, keepdims=True)).sum(axis=(2, 3)) / (width - metre)
    total = windows.var(axis=2) * width / (width - 1)
    return float(np.mean(1.0 - within / np.maximum(total, 1e-3)))


def _bar_lines(evidence: FloatArray, metre: int) -> NDArray[np.int64]:
    """Return the beats that begin bars: the best phase at each beat, where a shift of phase costs (Viterbi)."""
    gained = np.zeros(metre)
    came_from = np.zeros((evidence.size, metre), dtype=np.int64)
    stay = np.arange(metre)
    for beat, value in enumerate(evidence):
        leader = int(gained.argmax())
        shifts = gained < gained[leader] - _SHIFT_COST
        came_from[beat] = np.where(shifts, leader, stay)
        gained = np.where(shifts, gained[leader] - _SHIFT_COST, gained)
        gained[beat % metre] += value
    phase = int(gained.argmax())
    downbeats = []
    for beat in range(evidence.size - 1, -1, -1):
        if beat % metre == phase:
            downbeats.append(beat)
        phase = int(came_from[beat, phase])
    return np.array(downbeats[::-1], dtype=np.int64)
