"""What a mix is made with: gain curves, gates, ducking, echoes; all in place, in blocks."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, convolve1d
from scipy.signal import butter, firwin, oaconvolve, sosfilt

from segue.audio.signal import FloatArray

#: Envelopes have a value each so many seconds.
HOP_S: Final = 0.01
_BLOCK: Final = 1 << 18
_GATE_BELOW_LOUD_DB: Final = 26.0
_GATE_DEPTH_DB: Final = 20.0
_GATE_HOLD_S: Final = 0.15
_VOICE_HZ: Final = (300.0, 4000.0)

Curve = NDArray[np.float64]


def apply_curve(
    samples: FloatArray, times_s: Sequence[float] | Curve, gains: Sequence[float] | Curve, rate: int
) -> None:
    """Multiply samples by a gain that is drawn in straight lines through points.

    Parameters
    ----------
    samples
        ``(channels, samples)``, changed in place.
    times_s, gains
        The points; linear gain, times in order.
    rate
        Hz.
    """
    for start in range(0, samples.shape[1], _BLOCK):
        block = samples[:, start : start + _BLOCK]
        at = np.arange(start, start + block.shape[1]) / rate
        block *= np.interp(at, times_s, gains).astype(np.float32)


def fade(samples: FloatArray, fade_in_s: float, fade_out_s: float, rate: int) -> None:
    """Fade both ends along a quarter of a sine, in place."""
    into = min(samples.shape[1], round(fade_in_s * rate))
    out = min(samples.shape[1], round(fade_out_s * rate))
    if into:
        samples[:, :into] *= np.sin(np.linspace(0, np.pi / 2, into, dtype=np.float32))
    if out:
        samples[:, -out:] *= np.cos(np.linspace(0, np.pi / 2, out, dtype=np.float32))


def high_pass(samples: FloatArray, hz: float, rate: int) -> None:
    """Take out what lies below a frequency (second-order Butterworth), in place."""
    sections = butter(2, hz, "highpass", fs=rate, output="sos")
    state = np.zeros((len(sections), samples.shape[0], 2))
    for start in range(0, samples.shape[1], _BLOCK):
        filtered, state = sosfilt(sections, samples[:, start : start + _BLOCK].astype(np.float64), axis=1, zi=state)
        samples[:, start : start + _BLOCK] = filtered


def envelope_db(samples: FloatArray, rate: int) -> Curve:
    """Return the level of each hop of 10 ms in dBFS (RMS over all channels)."""
    edges = np.round(np.arange(0, samples.shape[1] / rate, HOP_S) * rate).astype(np.int64)
    edges = np.append(edges[edges < samples.shape[1]], samples.shape[1])
    power = np.empty(len(edges) - 1)
    for first in range(0, len(power), 4096):
        own = edges[first : first + 4097]
        block = np.square(samples[:, own[0] : own[-1]], dtype=np.float32).mean(axis=0)
        power[first : first + len(own) - 1] = np.add.reduceat(block, own[:-1] - own[0], dtype=np.float64) / np.diff(own)
    return np.asarray(10 * np.log10(power + 1e-12))


def hop_times(hops: int) -> Curve:
    """Return the middle of each hop in seconds."""
    return (np.arange(hops, dtype=np.float64) + 0.5) * HOP_S


def sounding(levels_db: Curve, *, below_loud_db: float = _GATE_BELOW_LOUD_DB) -> Curve:
    """Return how far a sound is on at each hop, 0 to 1: held and smoothed, opening before it sounds.

    Parameters
    ----------
    levels_db
        Of hops of 10 ms.
    below_loud_db
        It is on above this far below its loud parts.
    """
    if not len(levels_db) or levels_db.max() < -80:
        return np.zeros(len(levels_db))
    loud = float(np.percentile(levels_db[levels_db > levels_db.max() - 40], 90))
    hold = 2 * round(_GATE_HOLD_S / HOP_S) + 1
    held = binary_dilation(levels_db > loud - below_loud_db, np.ones(hold, dtype=np.bool_)).astype(np.float64)
    smoothing = np.hanning(15)[1:-1]
    return np.asarray(convolve1d(held, smoothing / smoothing.sum(), mode="nearest"))


def gate(samples: FloatArray, rate: int) -> None:
    """Turn down by 20 dB what lies between the phrases of a separated voice: remains of other instruments; in place."""
    on = sounding(envelope_db(samples, rate))
    apply_curve(samples, hop_times(len(on)), 10 ** (-_GATE_DEPTH_DB * (1 - on) / 20), rate)


def duck_middle(samples: FloatArray, key: Curve, *, depth_db: float, rate: int) -> None:
    """Turn the band of the voice (300 Hz to 4 kHz) down where a key is on, in place.

    Parameters
    ----------
    samples
        The accompaniment.
    key
        0 to 1 at each hop of 10 ms.
    depth_db
        How far, where the key is 1.
    rate
        Hz.
    """
    high = min(_VOICE_HZ[1], 0.45 * rate)
    taps = firwin(2 * round(0.012 * rate) + 1, (_VOICE_HZ[0], high), pass_zero=False, fs=rate).astype(np.float32)
    half = len(taps) // 2
    kept = np.zeros((samples.shape[0], half), dtype=np.float32)
    smoothing = np.hanning(41)[1:-1]
    eased = convolve1d(key, smoothing / smoothing.sum(), mode="nearest")
    centres = hop_times(len(eased)) * rate
    for start in range(0, samples.shape[1], _BLOCK):
        end = min(samples.shape[1], start + _BLOCK)
        after = samples[:, end : end + half]
        around = np.concatenate([kept, samples[:, start:end], after], axis=1)
        around = np.pad(around, ((0, 0), (0, half - after.shape[1])))
        kept = samples[:, max(start, end - half) : end].copy()
        kept = np.pad(kept, ((0, 0), (half - kept.shape[1], 0)))
        share = 1 - 10 ** (-depth_db * np.interp(np.arange(start, end), centres, eased) / 20)
        if share.max() > 1e-4:
            band = oaconvolve(around, taps[None, :], mode="valid", axes=1)
            samples[:, start:end] -= band * share.astype(np.float32)


def add_echo(samples: FloatArray, start: int, end: int, delay: int, rate: int) -> None:
    """Let a passage ring on: four repeats, each 7 dB softer and darker, in place.

    Parameters
    ----------
    samples
        The voice.
    start, end
        The passage.
    delay
        Samples from one repeat to the next.
    rate
        Hz.
    """
    voice = samples[:, start:end].astype(np.float64)
    ramp = min(voice.shape[1], round(0.03 * rate))
    if ramp:
        voice[:, :ramp] *= np.linspace(0, 1, ramp)
        voice[:, -ramp:] *= np.linspace(1, 0, ramp)
    darker = butter(1, min(3500.0, 0.4 * rate), "lowpass", fs=rate, output="sos")
    for repeat in range(1, 5):
        voice = np.asarray(sosfilt(darker, voice, axis=1)) * 0.45
        at = start + repeat * delay
        room = min(voice.shape[1], samples.shape[1] - at)
        if room > 0:
            samples[:, at : at + room] += voice[:, :room].astype(np.float32)
