"""Landmark fingerprints: spectral peaks, and triplets of them whose hash survives a change of speed, tempo or pitch.

A peak is the loudest point of its neighbourhood in a spectrogram with a logarithmic frequency axis. Three peaks in a
row make a landmark. Its hash holds the two intervals in pitch, where the middle peak lies between the outer two in
time, and, coarsely, how high and how long the landmark is. Transposing a recording changes only how high, stretching it
only how long: a query asks for the neighbouring heights and lengths too, and finds the recording under either change.
After A. Wang, "An Industrial-Strength Audio Search Algorithm" (ISMIR 2003), and J. Six and M. Leman, "Panako" (ISMIR
2014).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter1d

from segue.audio.signal import Audio, FloatArray, Progress, no_progress

IntArray = NDArray[np.int64]

#: Raised when the same audio gives other landmarks, so that stored ones are made anew.
VERSION: Final = 1
#: Sample rate in Hz, and frames a second, of the spectrogram that peaks are found in.
RATE: Final = 11025
FRAMES_PER_S: Final = RATE / 256
#: Bins an octave of its frequency axis.
BINS_PER_OCTAVE: Final = 36
#: Hashes are below this.
HASHES: Final = 1 << 20

_WINDOW: Final = 2048
_HOP: Final = 256
_LOWEST_HZ: Final = 180.0
_BINS: Final = 168
_REACH_FRAMES: Final = 10
_REACH_BINS: Final = 10
_FLOOR_DB: Final = 50.0
_SILENCE_DB: Final = -100.0
_BLOCK_FRAMES: Final = 1024
_READ_SAMPLES: Final = 1 << 20
_STEPS: Final = 8  # of a bin, in which a peak's pitch is kept

_NEAREST_FRAMES: Final = 4
_FARTHEST_FRAMES: Final = 32
_WIDEST_BINS: Final = 30
_SMALLEST_INTERVAL: Final = 2
_PLACES: Final = 12
_HEIGHT_BINS: Final = 20
_LENGTH_OCTAVES: Final = 0.55
_TARGETS: Final = 2
_QUERY_TARGETS: Final = 4
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_CHUNK: Final = 8192


@dataclass(frozen=True, slots=True)
class Peaks:
    """The loudest points of a recording, in the order of time.

    Attributes
    ----------
    times
        Frame of each, at `FRAMES_PER_S`, ``int64`` ``(peaks,)``.
    pitches
        In bins above 180 Hz, `BINS_PER_OCTAVE` to the octave, in steps of an eighth, ``float32`` ``(peaks,)``.
    levels
        In half decibels above -100 dBFS, 0 to 255, ``int64`` ``(peaks,)``.
    """

    times: IntArray
    pitches: FloatArray
    levels: IntArray

    def packed(self) -> bytes:
        """Return them as eight bytes each."""
        steps = np.round(self.pitches * _STEPS).astype(np.int64)
        return ((self.times << 20) | (steps << 8) | self.levels).astype("<i8").tobytes()

    @staticmethod
    def unpacked(data: bytes) -> "Peaks":
        """Return what `packed` made bytes of."""
        values = np.frombuffer(data, dtype="<i8").astype(np.int64)
        pitches = ((values >> 8) & 0xFFF).astype(np.float32) / np.float32(_STEPS)
        return Peaks(values >> 20, pitches, values & 0xFF)

    def between(self, start: int, stop: int) -> "Peaks":
        """Return those from one frame up to another."""
        span = slice(*np.searchsorted(self.times, (start, stop)))
        return Peaks(self.times[span], self.pitches[span], self.levels[span])


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Triplets of peaks.

    Attributes
    ----------
    hashes
        0 to `HASHES` - 1, ``int64`` ``(landmarks,)``. In a query, several may stand for one triplet.
    times
        Frame of the first peak.
    pitches
        Of the first peak, in bins, ``float32``.
    lengths
        Frames from the first peak to the last, 8 to 64.
    """

    hashes: IntArray
    times: IntArray
    pitches: FloatArray
    lengths: IntArray


@dataclass(frozen=True, slots=True)
class Tolerance:
    """By how much a query may differ from what it is looked for in.

    Attributes
    ----------
    pitch_bins
        Transposition, up or down, in bins; at most 10.
    stretch_octaves
        Binary logarithm of the change of tempo, up or down; at most 0.27.
    """

    pitch_bins: float
    stretch_octaves: float


#: For excerpts of a recording: other speeds (up to 5 %) are heard, other keys and tempi are not.
AS_RECORDED: Final = Tolerance(pitch_bins=2.5, stretch_octaves=0.12)
#: For what was transposed by up to three semitones and stretched by up to a fifth.
REWORKED: Final = Tolerance(pitch_bins=10.0, stretch_octaves=0.27)


def find_peaks(audio: Audio, *, progress: Progress = no_progress) -> Peaks:
    """Find the peaks of a recording.

    Parameters
    ----------
    audio
        Any length (also none), rate and number of channels; read in blocks, so it may be memory-mapped. What is not
        finite counts as 0.
    progress
        Called with 0.0 to 1.0; may raise, to cancel.

    Returns
    -------
    Peaks
        About 14 for each second of music, none in silence. The same samples give the same peaks.
    """
    parts: list[tuple[IntArray, FloatArray, IntArray]] = []
    total = max(1.0, audio.duration_s * FRAMES_PER_S)
    for first, level_db, own in _with_surroundings(_levels(audio)):
        times, pitches, levels = _peaks_in(level_db, own)
        parts.append((times + first, pitches, levels))
        progress(min(1.0, (first + own.stop) / total))
    progress(1.0)
    return Peaks(
        np.concatenate([np.zeros(0, np.int64), *(times for times, _, _ in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(pitches for _, pitches, _ in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(levels for _, _, levels in parts)]),
    )


def landmarks_of(peaks: Peaks) -> Landmarks:
    """Return the landmarks by which a recording is found, about 40 for each second of music."""
    triplets = _triplets(peaks, _TARGETS)
    return _landmarks(peaks, triplets, 0.0, 0.0, 0.0)


def queries_of(peaks: Peaks, tolerance: Tolerance) -> Landmarks:
    """Return the landmarks to ask for, where the recording may have been changed within a tolerance.

    More triplets are asked for than are kept of a recording, since noise adds peaks; each on two grids of pitch, half a
    bin apart, since a change of speed moves all peaks by a fraction of one.
    """
    triplets = _triplets(peaks, _QUERY_TARGETS)
    pitch, stretch = tolerance.pitch_bins, tolerance.stretch_octaves
    variants = [
        _landmarks(peaks, triplets, shift, up, longer)
        for shift, up, longer in product((0.0, 0.5), (-pitch, pitch), (-stretch, stretch))
    ]
    hashes = np.stack([variant.hashes for variant in variants], axis=1)
    hashes.sort(axis=1)
    new = np.ones(hashes.shape, dtype=bool)
    new[:, 1:] = hashes[:, 1:] != hashes[:, :-1]
    rows = np.nonzero(new)[0]
    exact = variants[0]
    return Landmarks(hashes[new], exact.times[rows], peaks.pitches[triplets[0]][rows], exact.lengths[rows])


def _levels(audio: Audio) -> Iterator[FloatArray]:
    """Yield the spectrogram in dBFS, ``(frames, bins)`` at a time; frame ``t`` is centred on ``t / FRAMES_PER_S``."""
    bank, bins = _bank()
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    window *= np.float32(2.0 / window.sum())
    held = np.zeros(_WINDOW // 2, np.float32)
    for block in _mono_blocks(audio):
        held = np.concatenate([held, block])
        while held.size >= _WINDOW:
            frames = np.lib.stride_tricks.sliding_window_view(held, _WINDOW)[::_HOP][:_BLOCK_FRAMES]
            magnitude = np.abs(fft.rfft(frames * window, axis=1, workers=1))[:, bins] @ bank
            yield 20.0 * np.log10(magnitude + np.float32(10.0 ** (_SILENCE_DB / 20.0)))
            held = held[len(frames) * _HOP :]


def _mono_blocks(audio: Audio) -> Iterator[FloatArray]:
    """Yield the mean over channels at `RATE`, and half a window of silence after it."""
    stream = soxr.ResampleStream(audio.sample_rate, RATE, 1, dtype="float32", quality="MQ")
    for start in range(0, audio.length, _READ_SAMPLES):
        stop = min(start + _READ_SAMPLES, audio.length)
        block = audio.samples[:, start:stop].mean(axis=0, dtype=np.float32)
        yield stream.resample_chunk(np.nan_to_num(block, posinf=0.0, neginf=0.0), last=stop == audio.length)
    yield np.zeros(_WINDOW // 2, np.float32)


def _with_surroundings(blocks: Iterator[FloatArray]) -> Iterator[tuple[int, FloatArray, slice]]:
    """Yield blocks with the frames around them that a peak is compared with: first frame, block, which are its own."""
    held = np.full((_REACH_FRAMES, _BINS), _SILENCE_DB, np.float32)
    first = -_REACH_FRAMES
    for block in blocks:
        held = np.concatenate([held, block])
        if len(held) > 2 * _REACH_FRAMES:
            yield first, held, slice(_REACH_FRAMES, len(held) - _REACH_FRAMES)
            first += len(held) - 2 * _REACH_FRAMES
            held = held[-2 * _REACH_FRAMES :]
    held = np.concatenate([held, np.full((_REACH_FRAMES, _BINS), _SILENCE_DB, np.float32)])
    yield first, held, slice(_REACH_FRAMES, len(held) - _REACH_FRAMES)


def _peaks_in(level_db: FloatArray, own: slice) -> tuple[IntArray, FloatArray, IntArray]:
    """Return the points of some frames that nothing around them exceeds, unless far below what is loud there."""
    around = maximum_filter1d(level_db, 2 * _REACH_FRAMES + 1, axis=0)
    loud = around.max(axis=1, keepdims=True)
    around = maximum_filter1d(around, 2 * _REACH_BINS + 1, axis=1)
    is_peak = (level_db == around) & (level_db > np.maximum(loud - _FLOOR_DB, _SILENCE_DB + 6.0))
    is_peak[: own.start] = is_peak[own.stop :] = False
    times, bins = np.nonzero(is_peak)
    centre = level_db[times, bins]
    below, above = level_db[times, np.maximum(bins - 1, 0)], level_db[times, np.minimum(bins + 1, _BINS - 1)]
    curve = np.minimum(below - 2.0 * centre + above, -1e-6)
    pitches = np.clip(bins + np.clip(0.5 * (below - above) / curve, -0.5, 0.5), 0.0, _BINS - 1.0)
    levels = np.clip(np.round(2.0 * (centre - _SILENCE_DB)), 0, 255).astype(np.int64)
    return times.astype(np.int64), (np.round(pitches * _STEPS) / _STEPS).astype(np.float32), levels


@lru_cache(maxsize=1)
def _bank() -> tuple[FloatArray, slice]:
    """Return triangles of unit sum, at least two FFT bins wide, ``(fft_bins, bins)``, and which FFT bins they weigh."""
    spacing = RATE / _WINDOW
    centres = _LOWEST_HZ * 2.0 ** (np.arange(_BINS) / BINS_PER_OCTAVE) / spacing
    widths = np.maximum(centres * (2.0 ** (1.0 / BINS_PER_OCTAVE) - 1.0), 1.0)
    used = slice(int(centres[0]) - 2, int(centres[-1] + widths[-1]) + 2)
    distance = np.abs(np.arange(used.start, used.stop)[:, None] - centres) / widths
    bank = np.maximum(1.0 - distance, 0.0)
    return (bank / bank.sum(axis=0)).astype(np.float32), used


def _triplets(peaks: Peaks, targets: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return the indices of the first, middle and last peaks of all triplets.

    From each peak the way goes to the loudest `targets` ahead of it, and from each of those again. Triplets on one
    pitch are left out: they are everywhere.
    """
    starts, ends = _steps_ahead(peaks, targets)
    counts = np.bincount(starts, minlength=peaks.times.size)
    offsets = np.cumsum(counts) - counts
    onward = counts[ends]
    step = np.repeat(np.arange(starts.size), onward)
    nth = np.arange(step.size) - np.repeat(np.cumsum(onward) - onward, onward)
    first, middle = starts[step], ends[step]
    last = ends[offsets[middle] + nth]
    moves = np.maximum(
        np.abs(peaks.pitches[middle] - peaks.pitches[first]), np.abs(peaks.pitches[last] - peaks.pitches[middle])
    )
    kept = moves >= _SMALLEST_INTERVAL - 0.5
    return first[kept], middle[kept], last[kept]


def _steps_ahead(peaks: Peaks, targets: int) -> tuple[IntArray, IntArray]:
    """Return pairs of indices: each peak, and the loudest of those that lie ahead of it, near in time and in pitch."""
    times, pitches = peaks.times, peaks.pitches
    starts, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for chunk in range(0, times.size, _CHUNK):
        anchors = np.arange(chunk, min(chunk + _CHUNK, times.size))
        low = np.searchsorted(times, times[anchors] + _NEAREST_FRAMES)
        high = np.searchsorted(times, times[anchors] + _FARTHEST_FRAMES, side="right")
        candidates = low[:, None] + np.arange(int((high - low).max()))
        inside = candidates < high[:, None]
        candidates = np.minimum(candidates, times.size - 1)
        inside &= np.abs(pitches[candidates] - pitches[anchors, None]) <= _WIDEST_BINS
        # Of equally loud ones the earlier comes first: the order has to be the same in every run.
        order = np.argsort(np.where(inside, -peaks.levels[candidates], 1), axis=1, kind="stable")[:, :targets]
        taken = np.take_along_axis(inside, order, axis=1)
        starts.append(np.broadcast_to(anchors[:, None], order.shape)[taken])
        ends.append(np.take_along_axis(candidates, order, axis=1)[taken])
    return np.concatenate(starts), np.concatenate(ends)


def _landmarks(
    peaks: Peaks, triplets: tuple[IntArray, IntArray, IntArray], shift: float, up: float, longer: float
) -> Landmarks:
    """Return the landmarks of triplets on a grid shifted by part of a bin, as if they lay higher and were longer."""
    first, middle, last = triplets
    bins = np.floor(peaks.pitches + np.float32(shift + 0.5)).astype(np.int64)
    lengths = peaks.times[last] - peaks.times[first]
    place = (peaks.times[middle] - peaks.times[first]) * _PLACES // np.maximum(lengths, 1)
    height = np.floor((peaks.pitches[first] + up) / _HEIGHT_BINS).astype(np.int64)
    length = np.floor((np.log2(np.maximum(lengths, 1)) + longer) / _LENGTH_OCTAVES).astype(np.int64)
    parts = (bins[middle] - bins[first] + 64, bins[last] - bins[middle] + 64, place, height + 4, length + 4)
    whole = np.zeros(first.size, np.uint64)
    for part, size in zip(parts, (128, 128, 16, 32, 32), strict=True):
        whole = whole * np.uint64(size) + part.astype(np.uint64)
    hashes = ((whole * _MIX) >> np.uint64(44)).astype(np.int64)
    return Landmarks(hashes, peaks.times[first], peaks.pitches[first], lengths)
