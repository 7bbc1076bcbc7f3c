"""The colour of a master: measuring a long-term spectrum and filtering it gently towards a target."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import firwin2, oaconvolve

from segue.audio.signal import Audio, FloatArray

#: Third-octave band centres, Hz (IEC 61260), that music is judged by.
BANDS_HZ: Final[tuple[float, ...]] = tuple(float(1000 * 2 ** (k / 3)) for k in range(-15, 13))

_FRAME_S: Final = 0.046
_BLOCK: Final = 1 << 18
_TAPS_S: Final = 0.093

#: Levels or gains in dB of each of `BANDS_HZ`.
CurveDb = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """Power in third-octave bands over time.

    Attributes
    ----------
    power
        Mean square per band and frame, all channels together, shape ``(bands, frames)``; the bands are `BANDS_HZ`.
    hop
        Samples from one frame to the next; frame ``k`` is centred on sample ``k * hop``.
    """

    power: FloatArray = field(repr=False)
    hop: int

    def long_term_db(self) -> CurveDb:
        """Return the mean level of each band over the frames that are not quiet (within 20 dB of the loud ones)."""
        total = self.power.sum(axis=0)
        active = total > max(1e-9, float(np.percentile(total, 95)) * 10**-2.0)
        if not active.any():
            return np.full(len(BANDS_HZ), -120.0)
        return np.asarray(10 * np.log10(self.power[:, active].mean(axis=1, dtype=np.float64) + 1e-12))


def measure_bands(audio: Audio) -> Spectrogram:
    """Measure third-octave powers, block by block.

    Parameters
    ----------
    audio
        Any rate and number of channels.

    Returns
    -------
    Spectrogram
        Frames of 46 ms (Hann), half overlapping; bands beyond the Nyquist frequency hold 0.
    """
    size = 1 << round(np.log2(_FRAME_S * audio.sample_rate))
    hop = size // 2
    matrix = _band_matrix(size, audio.sample_rate)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    frames = audio.length // hop + 1
    power = np.zeros((len(BANDS_HZ), frames), dtype=np.float32)
    per_block = max(1, _BLOCK // hop)
    for first in range(0, frames, per_block):
        last = min(frames, first + per_block)
        samples = _padded_slice(audio, first * hop - hop, last * hop + hop)
        windows = np.lib.stride_tricks.sliding_window_view(samples, size, axis=1)[:, ::hop][:, : last - first]
        spectra = rfft(windows * window, axis=2)
        power[:, first:last] = matrix @ np.sum(spectra.real**2 + spectra.imag**2, axis=0).T
    power *= 2.0 / float(size * np.sum(window**2))
    return Spectrogram(power, hop)


def _padded_slice(audio: Audio, start: int, end: int) -> FloatArray:
    inside = np.asarray(audio.samples[:, max(0, start) : min(end, audio.length)], dtype=np.float32)
    return np.pad(inside, ((0, 0), (max(0, -start), max(0, end - max(start, 0) - inside.shape[1]))))


def _band_matrix(size: int, rate: int) -> FloatArray:
    """Return which FFT bins belong to which band, shares at the edges included, shape ``(bands, bins)``."""
    edges = np.arange(size // 2 + 1) * rate / size
    width = rate / size
    centres = np.asarray(BANDS_HZ)[:, None]
    low, high = centres * 2 ** (-1 / 6), centres * 2 ** (1 / 6)
    share = (np.minimum(high, edges + width / 2) - np.maximum(low, edges - width / 2)) / width
    share[:, edges >= rate / 2 * 0.95] = 0
    return np.asarray(np.clip(share, 0, 1), dtype=np.float32)


def target_curve_db() -> CurveDb:
    """Return the third-octave levels of a typical commercial recording, relative to 1 kHz.

    After the mean spectra of number-one records (Pestana, Ma, Reiss, Barbosa & Black 2013, "Spectral characteristics
    of popular commercial recordings 1950-2010"): about 5 dB per octave down in power density from 100 Hz to 4 kHz, a
    steeper fall above, and a roll-off below 60 Hz. A third-octave band gains 3 dB per octave on the density.
    """
    octaves = np.log2(np.asarray(BANDS_HZ) / 1000)
    knots_octaves = [-5.0, -4.1, -3.3, 0.0, 2.0, 3.0, 4.0]
    knots_db = [1.0, 6.0, 6.6, 0.0, -4.0, -8.0, -14.0]
    return np.asarray(np.interp(octaves, knots_octaves, knots_db))


def tilt_db_per_octave(levels_db: CurveDb) -> float:
    """Return the slope of the third-octave levels from 100 Hz to 8 kHz, least squares."""
    octaves = np.log2(np.asarray(BANDS_HZ))
    within = (np.asarray(BANDS_HZ) >= 100) & (np.asarray(BANDS_HZ) <= 8000) & (levels_db > -110)
    if within.sum() < 3:
        return 0.0
    return float(np.polyfit(octaves[within], levels_db[within], 1)[0])


def correction_db(levels_db: CurveDb, target_db: CurveDb, *, strength: float, limit_db: float) -> CurveDb:
    """Return how much to raise each band.

    Parameters
    ----------
    levels_db, target_db
        Of each of `BANDS_HZ`; their common level does not matter.
    strength
        Share of the difference to make up, 0 to 1.
    limit_db
        The most that any band moves, either way.

    Returns
    -------
    array
        Smoothed over about an octave, so that it moves the balance and leaves the resonances of the instruments; 0
        where the recording has nothing.
    """
    heard = levels_db > levels_db.max() - 60
    difference = np.where(heard, target_db - levels_db, 0.0)
    middle = heard & (np.asarray(BANDS_HZ) >= 200) & (np.asarray(BANDS_HZ) <= 5000)
    difference -= difference[middle].mean() if middle.any() else difference.mean()
    difference = np.where(heard, difference, 0.0)
    kernel = np.array([0.08, 0.17, 0.25, 0.25, 0.17, 0.08])
    kernel = np.convolve(kernel, [0.5, 0.5])
    smooth = np.convolve(np.pad(difference, 3, mode="edge"), kernel / kernel.sum(), mode="valid")
    # The octave at either end of hearing differs between recordings for good reasons: move it less.
    ends = np.interp(np.log2(np.asarray(BANDS_HZ)), np.log2([30, 60, 8000, 16000]), [0.3, 1, 1, 0.3])
    return np.asarray(np.clip(limit_db * np.tanh(smooth * strength * ends / limit_db), -limit_db, limit_db))


def equaliser(curve_db: CurveDb, rate: int) -> FloatArray:
    """Return the taps, an odd number, of a linear-phase filter with these gains at `BANDS_HZ`, and none for DC."""
    taps = 2 * round(_TAPS_S / 2 * rate) + 1
    centres = np.asarray(BANDS_HZ)
    inside = centres < rate / 2 * 0.95
    frequencies = np.concatenate([[0.0], centres[inside], [rate / 2]])
    gains = 10 ** (np.concatenate([[curve_db[0]], curve_db[inside], [curve_db[inside][-1]]]) / 20)
    resolution = 1 << int(np.ceil(np.log2(taps)))
    grid = np.linspace(0, rate / 2, resolution + 1)
    smooth = np.interp(np.log2(grid + 1), np.log2(frequencies + 1), gains)
    designed = firwin2(taps, grid, smooth, nfreqs=resolution + 1, fs=rate)
    # A window that sums to 1 reads nothing but what lies below some 20 Hz: taking that out recentres the wave.
    below = np.hanning(taps + 2)[1:-1]
    return np.asarray(designed - designed.sum() * below / below.sum(), dtype=np.float32)


def filter_block(audio: Audio, taps: FloatArray, start: int, end: int) -> FloatArray:
    """Return samples ``start..end`` of the audio through a linear-phase filter, its delay taken out."""
    half = len(taps) // 2
    samples = _padded_slice(audio, start - half, end + half)
    return np.asarray(oaconvolve(samples, taps[None, :], mode="valid", axes=1), dtype=np.float32)
