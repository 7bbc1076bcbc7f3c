"""How loud a note is over its time."""

import numpy as np

from segue.audio.signal import FloatArray

#: Envelopes are computed every so many samples, and drawn in straight lines between.
CONTROL_STEP = 32


def adsr(
    count: int, held: int, rate: int, *, attack_s: float, decay_s: float, sustain: float, release_s: float
) -> FloatArray:
    """Return an envelope of ``count`` samples for a note that is let go after ``held``.

    It rises evenly, falls exponentially towards ``sustain`` (0 to 1) and, from the release on, to nothing.
    """
    at = np.arange(0, count + CONTROL_STEP, CONTROL_STEP) / rate
    held_s = held / rate
    rise = np.minimum(at / max(attack_s, 1e-4), 1.0)
    fall = sustain + (1.0 - sustain) * np.exp(-np.maximum(at - attack_s, 0.0) / max(decay_s, 1e-3))
    let_go = np.exp(-np.maximum(at - held_s, 0.0) / max(release_s, 1e-3) * 5.0)
    return drawn(rise * fall * let_go, count)


def drawn(points: np.ndarray, count: int) -> FloatArray:
    """Draw a line through points that are `CONTROL_STEP` samples apart, for ``count`` samples."""
    points = points.astype(np.float32)
    steps = np.linspace(0.0, 1.0, CONTROL_STEP, endpoint=False, dtype=np.float32)
    line = points[:-1, None] + (points[1:] - points[:-1])[:, None] * steps
    return np.asarray(line.reshape(-1)[:count], dtype=np.float32)


def faded(samples: FloatArray, into: int, out: int) -> FloatArray:
    """Fade both ends of ``(channels, samples)``, in place, evenly over so many samples."""
    into, out = min(into, samples.shape[-1]), min(out, samples.shape[-1])
    if into:
        samples[..., :into] *= np.linspace(0.0, 1.0, into, dtype=np.float32)
    if out:
        samples[..., -out:] *= np.linspace(1.0, 0.0, out, dtype=np.float32)
    return samples
