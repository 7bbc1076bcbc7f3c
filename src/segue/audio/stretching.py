"""Changing a sound's time and pitch apart from each other, by Signalsmith Stretch.

The stretcher works at one ratio from end to end. A map that bends is therefore parted into segments of nearly constant
ratio; each is stretched at its mean ratio, what remains (a few cents at most) is taken up by resampling, and
neighbours are crossfaded where their waves agree best.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from python_stretch import Signalsmith
from scipy.fft import irfft, rfft

from segue.audio.signal import Audio, FloatArray

#: Resampling alone may change the pitch by so many cents within a segment.
_CENTS_TOLERANCE: Final = 6.0
_SHORTEST_SEGMENT_S: Final = 1.5
_MARGIN_S: Final = 0.25
_FADE_S: Final = 0.03
#: A segment may begin so much early or late, for its wave to agree with its neighbour's, and makes good for it soon.
_SHIFT_S: Final = 0.003
_SHIFT_DECAY_S: Final = 0.5
#: Above this the transposition bends back towards the original, which keeps sibilants natural.
_TONALITY_LIMIT_HZ: Final = 8000.0
_SINC_TAPS: Final = 16
_SINC_PHASES: Final = 4096
_FORMANT_FRAME: Final = 2048
_FORMANT_HOP: Final = 512

_Curve = NDArray[np.float64]


def stretch(audio: Audio, ratio: float, *, semitones: float = 0.0, preserve_formants: bool = False) -> Audio:
    """Make a sound longer or shorter, higher or lower.

    Parameters
    ----------
    audio
        Any rate and number of channels.
    ratio
        Output length over input length, 0.25 to 4.
    semitones
        Transposition, -24 to 24.
    preserve_formants
        Keep the spectral envelope in its place while the pitch moves: for voices.

    Returns
    -------
    Audio
        ``round(length * ratio)`` samples; what was at time ``t`` is at ``t * ratio``.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    end_s = audio.duration_s
    out_s = round(audio.length * ratio) / audio.sample_rate
    if not out_s:
        return Audio(np.zeros((audio.channels, 0), dtype=np.float32), audio.sample_rate)
    return time_warp(audio, (0.0, end_s), (0.0, out_s), semitones=semitones, preserve_formants=preserve_formants)


def time_warp(
    audio: Audio,
    anchors_in_s: Sequence[float],
    anchors_out_s: Sequence[float],
    *,
    semitones: float = 0.0,
    preserve_formants: bool = False,
) -> Audio:
    """Bend time so that each anchor of the input falls on its anchor of the output.

    Parameters
    ----------
    audio
        Any rate and number of channels; read only between the anchors. Silence is read outside of it.
    anchors_in_s, anchors_out_s
        At least two, of one length, strictly rising. Between them time runs evenly. Local ratios 0.25 to 4.
    semitones
        Transposition, -24 to 24.
    preserve_formants
        Keep the spectral envelope in its place while the pitch moves: for voices.

    Returns
    -------
    Audio
        Its first sample is at ``anchors_out_s[0]``, its length is that from the first to the last output anchor.

    Raises
    ------
    ValueError
        If the anchors don't rise, differ in number, or ask for too much.
    """
    source, target = _checked_anchors(anchors_in_s, anchors_out_s)
    if abs(semitones) > 24:
        raise ValueError(f"semitones must lie between -24 and 24, not {semitones}")
    rate = audio.sample_rate
    source, target = source * rate, (target - target[0]) * rate
    result = np.zeros((audio.channels, round(target[-1])), dtype=np.float32)
    fade = round(_FADE_S * rate)
    edges = _segments(source, target, rate)
    for number, (first, last) in enumerate(edges):
        start = 0 if number == 0 else round(target[first]) - fade // 2
        end = result.shape[1] if number == len(edges) - 1 else round(target[last]) + fade - fade // 2
        overlap = 0 if number == 0 else min(fade, end - start)
        before = result[:, start : start + overlap]
        piece = _warp_segment(
            audio, (source, target), anchors=(first, last), span=(start, end), semitones=semitones, before=before
        )
        _join(result, piece, start, overlap)
    if preserve_formants and semitones:
        _restore_formants(result, 2.0 ** (semitones / 12))
    return Audio(result, rate)


def _checked_anchors(anchors_in_s: Sequence[float], anchors_out_s: Sequence[float]) -> tuple[_Curve, _Curve]:
    source = np.asarray(anchors_in_s, dtype=np.float64)
    target = np.asarray(anchors_out_s, dtype=np.float64)
    if len(source) != len(target) or len(source) < 2:
        raise ValueError(f"need two or more pairs of anchors, not {len(source)} and {len(target)}")
    steps_in, steps_out = np.diff(source), np.diff(target)
    if not (np.all(steps_in > 0) and np.all(steps_out > 0)):
        raise ValueError("anchors must rise strictly")
    ratios = steps_out / steps_in
    if ratios.min() < 0.25 or ratios.max() > 4:
        raise ValueError(
            f"local stretch ratios must lie between 0.25 and 4, not {ratios.min():.2f}..{ratios.max():.2f}"
        )
    return source, target


def _segments(source: _Curve, target: _Curve, rate: int) -> list[tuple[int, int]]:
    """Part the anchors into runs whose local ratio stays within the tolerance, as pairs of first and last index."""
    cents = 1200 * np.log2(np.diff(source) / np.diff(target))
    runs: list[tuple[int, int]] = []
    first, low, high = 0, cents[0], cents[0]
    for index in range(1, len(cents)):
        new_low, new_high = min(low, cents[index]), max(high, cents[index])
        long_enough = target[index] - target[first] >= _SHORTEST_SEGMENT_S * rate
        if new_high - new_low > 2 * _CENTS_TOLERANCE and long_enough:
            runs.append((first, index))
            first, low, high = index, cents[index], cents[index]
        else:
            low, high = new_low, new_high
    runs.append((first, len(cents)))
    return runs


def _warp_segment(
    audio: Audio,
    curves: tuple[_Curve, _Curve],
    *,
    anchors: tuple[int, int],
    span: tuple[int, int],
    semitones: float,
    before: FloatArray,
) -> FloatArray:
    """Return output samples ``span[0]..span[1]`` by the map of one segment, continued evenly beyond its ends.

    `before` is what the neighbour has already written of them: the segment begins where it agrees with that.
    """
    source, target = curves
    first, last = anchors
    read_per_sample = (source[last] - source[first]) / (target[last] - target[first])
    margin = _MARGIN_S * audio.sample_rate
    read_start = int(source[first] - (target[first] - span[0]) * read_per_sample - margin)
    read_end = int(source[last] + (span[1] - target[last]) * read_per_sample + margin)
    raw = _read(audio, read_start, read_end)
    even_length = max(1, round(raw.shape[1] / read_per_sample))
    even = _stretch_evenly(raw, even_length, semitones, audio.sample_rate)
    positions = (_source_positions(source, target, anchors, span) - read_start) * (even_length / raw.shape[1])
    if before.shape[1]:
        shift = _best_shift(before, even, positions, round(_SHIFT_S * audio.sample_rate))
        decay = _SHIFT_DECAY_S * audio.sample_rate
        positions += shift * np.clip(1 - np.arange(len(positions)) / decay, 0, 1)
    return _sample_at(even, positions)


def _best_shift(before: FloatArray, even: FloatArray, positions: _Curve, most: int) -> int:
    """Return by how many samples to read later, at most `most` either way, to agree best with what was before."""
    start = round(positions[0]) - most
    wanted = before.sum(axis=0, dtype=np.float64)
    heard = even[:, max(0, start) : start + 2 * most + len(wanted)].sum(axis=0, dtype=np.float64)
    if len(heard) < 2 * most + len(wanted) or not np.any(wanted):
        return 0
    power = np.convolve(heard**2, np.ones(len(wanted)), mode="valid")
    agreement = np.correlate(heard, wanted, mode="valid") / np.sqrt(power + 1e-9)
    return int(np.argmax(agreement)) - most


def _source_positions(source: _Curve, target: _Curve, anchors: tuple[int, int], span: tuple[int, int]) -> _Curve:
    first, last = anchors
    knots_in, knots_out = source[first : last + 1], target[first : last + 1]
    times = np.arange(span[0], span[1], dtype=np.float64)
    positions = np.interp(times, knots_out, knots_in)
    before, after = times < knots_out[0], times > knots_out[-1]
    slope_before = (knots_in[1] - knots_in[0]) / (knots_out[1] - knots_out[0])
    slope_after = (knots_in[-1] - knots_in[-2]) / (knots_out[-1] - knots_out[-2])
    positions[before] = knots_in[0] + (times[before] - knots_out[0]) * slope_before
    positions[after] = knots_in[-1] + (times[after] - knots_out[-1]) * slope_after
    return positions


def _read(audio: Audio, start: int, end: int) -> FloatArray:
    """Return the samples between two positions that may lie outside of the audio."""
    inside = audio.samples[:, max(0, start) : max(0, min(end, audio.length))]
    if inside.shape[1] == end - start:
        return np.ascontiguousarray(inside, dtype=np.float32)
    result = np.zeros((audio.channels, end - start), dtype=np.float32)
    offset = max(0, -start)
    result[:, offset : offset + inside.shape[1]] = inside
    return result


def _stretch_evenly(samples: FloatArray, length: int, semitones: float, rate: int) -> FloatArray:
    """Stretch to so many samples at one ratio, channel pairs together; an identity stays untouched."""
    if length == samples.shape[1] and not semitones:
        return samples
    if not np.any(samples):
        return np.zeros((samples.shape[0], length), dtype=np.float32)
    parts = [_stretch_pair(samples[k : k + 2], length, semitones, rate) for k in range(0, samples.shape[0], 2)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _stretch_pair(samples: FloatArray, length: int, semitones: float, rate: int) -> FloatArray:
    engine = Signalsmith.Stretch(0)
    engine.preset(samples.shape[0], float(rate))
    engine.setTimeFactor(samples.shape[1] / length)
    engine.setTransposeSemitones(semitones, _TONALITY_LIMIT_HZ / rate)
    stretched = np.asarray(engine.process(np.ascontiguousarray(samples)), dtype=np.float32)
    # The ratio is a float32 inside: long inputs come out a few samples off.
    if stretched.shape[1] < length:
        return np.pad(stretched, ((0, 0), (0, length - stretched.shape[1])))
    return stretched[:, :length]


def _sinc_table() -> FloatArray:
    """Return a Kaiser-windowed sinc for each fraction of a sample, shape ``(phases + 1, taps)``."""
    fractions = np.arange(_SINC_PHASES + 1)[:, None] / _SINC_PHASES
    offsets = np.arange(_SINC_TAPS)[None, :] - (_SINC_TAPS // 2 - 1) - fractions
    half = _SINC_TAPS / 2
    window = np.i0(8.0 * np.sqrt(np.clip(1 - (offsets / half) ** 2, 0, 1))) / np.i0(8.0)
    table = np.sinc(offsets) * window
    return np.asarray(table / table.sum(axis=1, keepdims=True), dtype=np.float32)


_SINC: Final = _sinc_table()


def _sample_at(samples: FloatArray, positions: _Curve) -> FloatArray:
    """Read the samples at positions between them, by a windowed sinc (Smith & Gossett 1984)."""
    if np.abs(positions - positions[0] - np.arange(len(positions))).max() < 1e-3 and abs(positions[0] % 1) < 1e-3:
        return samples[:, round(positions[0]) : round(positions[0]) + len(positions)]
    result = np.empty((samples.shape[0], len(positions)), dtype=np.float32)
    half = _SINC_TAPS // 2
    for start in range(0, len(positions), 1 << 16):
        block = np.clip(positions[start : start + (1 << 16)], half, samples.shape[1] - half - 1)
        whole = np.floor(block).astype(np.int64)
        weights = _SINC[np.round((block - whole) * _SINC_PHASES).astype(np.int64)]
        for channel in range(samples.shape[0]):
            windows = np.lib.stride_tricks.sliding_window_view(samples[channel], _SINC_TAPS)
            read = windows[whole - (half - 1)]
            result[channel, start : start + len(block)] = np.einsum("nt,nt->n", read, weights)
    return result


def _join(result: FloatArray, piece: FloatArray, start: int, overlap: int) -> None:
    """Write a piece into the result, crossfading its beginning with what is there.

    The fade keeps the power: where the two agree it is linear, where they are unrelated it is raised by the level that
    they would lose (Fink, Holters & Zölzer 2016, signal-matched power-complementary cross-fading).
    """
    if overlap:
        old, new = result[:, start : start + overlap], piece[:, :overlap]
        energy = float(np.sqrt(np.sum(old.astype(np.float64) ** 2) * np.sum(new.astype(np.float64) ** 2)))
        agreement = float(np.clip(np.sum(old * new) / energy, 0, 1)) if energy > 1e-12 else 1.0
        rise = (np.arange(overlap, dtype=np.float32) + 0.5) / overlap
        level = np.sqrt(rise**2 + (1 - rise) ** 2 + 2 * agreement * rise * (1 - rise))
        piece = piece.copy() if overlap == piece.shape[1] else piece
        result[:, start : start + overlap] = (old * (1 - rise) + new * rise) / level
    result[:, start + overlap : start + piece.shape[1]] = piece[:, overlap:]


def _formant_blocks(length: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of frames, about ten seconds each."""
    frames = max(0, length // _FORMANT_HOP + 1)
    for start in range(0, frames, 860):
        yield start, min(frames, start + 860)


def _restore_formants(samples: FloatArray, pitch_ratio: float) -> None:
    """Move the spectral envelope of a transposed sound back to where it was, in place.

    The envelope is the cepstrum below a millisecond (Röbel & Rodet 2005, without iterations); all channels share one
    correction of at most 12 dB.
    """
    length = samples.shape[1]
    window = np.hanning(_FORMANT_FRAME + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, ((0, 0), (_FORMANT_FRAME // 2, _FORMANT_FRAME)))
    samples[:] = 0
    overlap_gain = float(np.sum(window**2)) / _FORMANT_HOP
    for first, last in _formant_blocks(length):
        frames = np.lib.stride_tricks.sliding_window_view(padded, _FORMANT_FRAME, axis=1)
        spectra = rfft(frames[:, first * _FORMANT_HOP : (last - 1) * _FORMANT_HOP + 1 : _FORMANT_HOP] * window, axis=2)
        spectra *= _formant_gains(np.sqrt(np.mean(np.abs(spectra) ** 2, axis=0)), pitch_ratio)
        pieces = irfft(spectra, axis=2) * (window / overlap_gain)
        for index in range(last - first):
            at = (first + index) * _FORMANT_HOP - _FORMANT_FRAME // 2
            low, high = max(0, at), min(length, at + _FORMANT_FRAME)
            if high > low:
                samples[:, low:high] += pieces[:, index, low - at : high - at]


def _formant_gains(magnitudes: FloatArray, pitch_ratio: float) -> FloatArray:
    """Return the correction of each frame, shape ``(frames, bins)``."""
    logs = np.log(magnitudes + 1e-7)
    cepstra = irfft(logs, axis=1)
    order = 44  # a millisecond at 44.1 kHz: finer than the harmonics of any sung note
    cepstra[:, order : _FORMANT_FRAME - order + 1] = 0
    envelopes = rfft(cepstra, axis=1).real
    bins = np.arange(magnitudes.shape[1])
    moved = np.minimum(bins * pitch_ratio, bins[-1])
    low = np.minimum(moved.astype(np.int64), bins[-1] - 1)
    fraction = moved - low
    wanted = envelopes[:, low] * (1 - fraction) + envelopes[:, low + 1] * fraction
    limit = 12 / 8.686
    return np.asarray(np.exp(np.clip(wanted - envelopes, -limit, limit)), dtype=np.float32)
