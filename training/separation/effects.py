"""What happens to a stem between its player and the record: drive, rooms, equalisers, width, codecs."""

import numpy as np
import soxr
from numpy.random import Generator
from scipy import signal

from segue.audio.blocks import ComplexArray
from segue.audio.signal import FloatArray

RATE = 44_100


def at_speed(samples: FloatArray, speed: float) -> FloatArray:
    """Play faster and higher by a factor."""
    if speed == 1:
        return samples
    resampled: FloatArray = soxr.resample(samples.T, RATE * speed, RATE, quality="LQ").T
    return resampled


def driven(samples: FloatArray, drive_db: float) -> FloatArray:
    """Saturate; the level stays about the same."""
    peak = np.abs(samples).max() + 1e-9
    gain = np.float32(10 ** (drive_db / 20) / peak)
    result: FloatArray = np.tanh(samples * gain) / np.tanh(gain * peak) * peak
    return result


def in_a_room(samples: FloatArray, random: Generator, *, share: float) -> FloatArray:
    """Add the reverberation of a random room: noise that decays, duller with time, different left and right."""
    decay_s = np.exp(random.uniform(np.log(0.15), np.log(2.0)))
    length = int(min(decay_s, 1.2) * RATE)
    response = random.standard_normal((2, length)) * 10 ** (-3 * np.arange(length) / RATE / decay_s)
    response = signal.sosfilt(signal.butter(1, random.uniform(2e3, 1e4), fs=RATE, output="sos"), response)
    response /= np.sqrt(np.square(response).sum(axis=1, keepdims=True))
    wet = signal.oaconvolve(samples, response, axes=1)[:, : samples.shape[1]]
    result: FloatArray = (samples + share * wet).astype(np.float32)
    return result


def pumped(samples: FloatArray, trigger: FloatArray, *, depth: float) -> FloatArray:
    """Duck under another stem's beats, as a compressor on its side chain does."""
    hop = 256
    energy = np.square(trigger[:, : trigger.shape[1] // hop * hop]).mean(axis=0).reshape(-1, hop).mean(axis=1)
    low = signal.lfilter([0.06], [1, -0.94], np.sqrt(energy))
    gain = 1 - depth * np.minimum(low / (low.max() + 1e-9), 1)
    positions = np.arange(samples.shape[1]) / hop
    result: FloatArray = (samples * np.interp(positions, np.arange(gain.size), gain)).astype(np.float32)
    return result


def widened(samples: FloatArray, *, width: float, pan_db: float) -> FloatArray:
    """Scale the sides, and lean to one channel."""
    middle, side = samples.mean(axis=0), (samples[0] - samples[1]) * (width / 2)
    lean = 10 ** (pan_db / 40)
    return np.stack([(middle + side) * lean, (middle - side) / lean]).astype(np.float32)


def tone_curve(random: Generator, frequencies_hz: FloatArray, *, spread_db: float) -> FloatArray:
    """Return a random equaliser's gain for each bin, smooth over octaves; a column."""
    octaves = np.log2(np.maximum(frequencies_hz, 20) / 20)
    gains_db = np.interp(octaves, np.linspace(0, 10.1, 7), spread_db * random.standard_normal(7))
    return (10 ** (gains_db / 20)).astype(np.float32)[:, np.newaxis]


def tilt(frequencies_hz: FloatArray, octave_db: float) -> FloatArray:
    """Return the gain for each bin of an equaliser that rises by so much an octave from 60 Hz to 2 kHz; a column."""
    octaves = np.log2(np.clip(frequencies_hz, 60, 2000) / 60)
    return (10 ** (octave_db * octaves / 20)).astype(np.float32)[:, np.newaxis]


def bell(frequencies_hz: FloatArray, *, centre_hz: float, gain_db: float, octaves: float) -> FloatArray:
    """Return the gain for each bin of a boost around a frequency, so many octaves wide at half of it; a column."""
    away = np.log2(np.maximum(frequencies_hz, 20) / centre_hz) / (octaves / 2)
    return (10 ** (gain_db * 2 ** -np.square(away) / 20)).astype(np.float32)[:, np.newaxis]


def low_cut(frequencies_hz: FloatArray, cut_hz: float) -> FloatArray:
    """Return the gain for each bin of a high-pass filter of the second order; a column."""
    ratio = np.square(frequencies_hz / cut_hz)
    return (ratio / np.sqrt(1 + np.square(ratio))).astype(np.float32)[:, np.newaxis]


def codec_limit(random: Generator, frequencies_hz: FloatArray) -> FloatArray:
    """Return the gain for each bin of a codec that is deaf above a random frequency; a column."""
    cut = random.uniform(9e3, 19e3)
    return np.clip((cut * 1.03 - frequencies_hz) / (cut * 0.03), 0, 1).astype(np.float32)[:, np.newaxis]


def compression_gain(spectrum: ComplexArray, random: Generator) -> FloatArray:
    """Return the gain for each frame of a random bus compressor that hears ``(channels, bins, frames)``."""
    level_db = 10 * np.log10(np.square(np.abs(spectrum)).sum(axis=(0, 1)) + 1e-12)
    threshold = np.percentile(level_db, random.uniform(20, 80))
    over = np.maximum(level_db - threshold, 0) * random.uniform(0.2, 0.8)
    return (10 ** (-signal.lfilter([0.5], [1, -0.5], over) / 20)).astype(np.float32)
