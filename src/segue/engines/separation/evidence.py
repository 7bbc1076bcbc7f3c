"""What the network that parts an accompaniment is shown of it, in bands as narrow as its masks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.blocks import ComplexArray
from segue.audio.harmonic_percussive import percussive_mask, running_median
from segue.audio.signal import FloatArray

BINS: Final = 2049
BANDS: Final = 160
#: As many bands are one bin (11 Hz) wide, where a bass has its partials; the others grow with their frequency.
_SINGLE_BINS: Final = 64
_WIDENING: Final = np.geomspace(_SINGLE_BINS, BINS, BANDS - _SINGLE_BINS + 1)
EDGES: Final[NDArray[np.intp]] = np.concatenate([np.arange(_SINGLE_BINS), np.round(_WIDENING).astype(np.intp)])
_WIDTHS: Final[FloatArray] = np.diff(EDGES).astype(np.float32)[:, np.newaxis]
_BAND_OF_BIN: Final = np.repeat(np.arange(BANDS), np.diff(EDGES))

#: Kinds of evidence: power left and right, width, striking in fine, above what rings, above what strikes.
KINDS: Final = 6
_RING_FRAMES: Final = 23
_STRIKE_BINS: Final = 31
_STRIKE_BANDS: Final = 13
#: Power this far below the loudest frame's counts as silence.
_FLOOR: Final = np.float32(1e-8)
_SMALLEST: Final = np.float32(1e-20)


def band_sums(spectrogram: FloatArray) -> FloatArray:
    """Add up the bins of each band: ``(..., bins, frames)`` to ``(..., bands, frames)``."""
    sums: FloatArray = np.add.reduceat(spectrogram, EDGES[:-1], axis=-2)
    return sums


def spread(masks: FloatArray) -> FloatArray:
    """Give each bin its band's value: ``(..., bands, frames)`` to ``(..., bins, frames)``."""
    return np.take(masks, _BAND_OF_BIN, axis=-2)


def evidence(spectrum: ComplexArray) -> FloatArray:
    """Describe an accompaniment.

    Parameters
    ----------
    spectrum
        Left and right, ``(2, bins, frames)``, of the transform in `segue.engines.separation.masking`; at least 31
        frames.

    Returns
    -------
    array
        ``(KINDS, frames, bands)``, about -2 to 2, whatever the level: the power of the left and of the right channel
        below that of the loudest frame; the share of the sides; the share that strikes by medians over single bins
        (D. Fitzgerald, DAFx 2010); how far the power stands above its median over time, and over frequency.
    """
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    sides = np.square(spectrum[0].real - spectrum[1].real) + np.square(spectrum[0].imag - spectrum[1].imag)
    both = power.sum(axis=0)
    strikes = band_sums(both * percussive_mask(np.sqrt(both), frames=_RING_FRAMES, bins=_STRIKE_BINS))
    left, right = band_sums(power)
    total = left + right
    wide = band_sums(sides) / (2 * total + _SMALLEST)
    reference = _WIDTHS * (total.sum(axis=0).max() / BINS + _SMALLEST)
    level = _log(total / reference)
    shown = np.stack(
        [
            _log(left / reference) / 4 + 1,
            _log(right / reference) / 4 + 1,
            np.log10(wide + np.float32(1e-3)) / 1.5 + 1,
            2 * strikes / (total + _SMALLEST) - 1,
            level - running_median(level, _RING_FRAMES, axis=1),
            level - running_median(level, _STRIKE_BANDS, axis=0),
        ]
    )
    return np.ascontiguousarray(shown.transpose(0, 2, 1), dtype=np.float32)


def _log(ratio: FloatArray) -> FloatArray:
    """Return the decimal logarithm of a ratio of powers, floored."""
    logarithm: FloatArray = np.log10(ratio + _FLOOR)
    return logarithm
