"""Turning FFmpeg's frames, of whatever format and layout, into blocks of float32 samples in mono or stereo."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout

from segue.audio.signal import FloatArray

_BATCH_SAMPLES: Final = 1 << 16
_INTEGER_SCALES: Final = {"u1": 2.0**-7, "i2": 2.0**-15, "i4": 2.0**-31}
_LEFT: Final = frozenset(("FL", "FLC", "BL", "SL", "TFL", "TBL", "TSL", "WL", "SDL", "DL"))
_RIGHT: Final = frozenset(("FR", "FRC", "BR", "SR", "TFR", "TBR", "TSR", "WR", "SDR", "DR"))
_USUAL_LAYOUTS: Final = {3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_FRONT: Final = frozenset(("FL", "FR", "DL", "DR"))


def batches(first: AudioFrame, rest: Iterator[AudioFrame], channels: int) -> Iterator[FloatArray]:
    """Yield blocks of some 65,536 samples, mixed to so many channels."""
    parts, size = [_mixed(first, channels)], first.samples
    for frame in rest:
        if size >= _BATCH_SAMPLES:
            yield np.concatenate(parts, axis=1)
            parts, size = [], 0
        parts.append(_mixed(frame, channels))
        size += frame.samples
    yield np.concatenate(parts, axis=1)


def _mixed(frame: AudioFrame, channels: int) -> FloatArray:
    samples = _as_float(frame)
    if samples.shape[0] > 2:
        samples = _stereo_matrix(_channel_names(frame.layout)) @ samples
    if samples.shape[0] == channels:
        return samples
    if channels == 1:
        mean: FloatArray = samples.mean(axis=0, keepdims=True, dtype=np.float32)
        return mean
    return np.repeat(samples, channels, axis=0)


def _as_float(frame: AudioFrame) -> FloatArray:
    """Return ``float32`` ``(channels, samples)``; exact for integers of up to 24 bits."""
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, frame.layout.nb_channels).T
    scale = _INTEGER_SCALES.get(data.dtype.str[1:])
    samples = data.astype(np.float32)
    if scale is not None:
        if data.dtype == np.uint8:
            samples -= 128.0
        samples *= np.float32(scale)
    return samples


def _channel_names(layout: AudioLayout) -> list[str]:
    known = layout.name if layout.channels[0].name != "NONE" else _USUAL_LAYOUTS.get(layout.nb_channels)
    return [channel.name for channel in (AudioLayout(known) if known else layout).channels]


def _stereo_matrix(names: list[str]) -> FloatArray:
    """Return the downmix after ITU-R BS.775: centre and surrounds at -3 dB, no LFE, scaled so that nothing can clip."""
    matrix = np.zeros((2, len(names)), np.float32)
    for index, name in enumerate(names):
        if name.startswith("LFE"):
            continue
        gain = 1.0 if name in _FRONT else math.sqrt(0.5)
        matrix[0, index] = 0.0 if name in _RIGHT else gain
        matrix[1, index] = 0.0 if name in _LEFT else gain
    return matrix / max(1.0, float(matrix.sum(axis=1).max()))


def silence(samples: int, rate: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.zeros((1, samples), np.float32), format="fltp", layout="mono")
    frame.sample_rate = rate
    return frame
