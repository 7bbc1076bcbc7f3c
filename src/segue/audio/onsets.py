"""Where notes begin: onset strength over time, whole and by register."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from segue.audio.signal import FloatArray
from segue.audio.spectrum import MEL_FPS, Spectra, band_rows

#: The registers that drums live in: kick and bass, snare and voice, hi-hat and cymbals; in Hz.
REGISTERS_HZ = ((0.0, 180.0), (180.0, 2500.0), (2500.0, 20000.0))
#: A note begins this long after its onset strength peaks: measured, between clicks (0.003) and plucked chords (-0.01).
LATENCY_S = -0.002

_LAG = 2
_LOCAL_S = 1.5


@dataclass(frozen=True, slots=True)
class Onsets:
    """Onset strength at :data:`segue.audio.spectrum.MEL_FPS` frames a second.

    Attributes
    ----------
    strength
        Over all registers, shape ``(frames,)``: at least 0, its peaks around 1 to 5 wherever in the song they are.
    registers
        The same in each of :data:`REGISTERS_HZ`, shape ``(3, frames)``.
    flux
        ``strength`` before levelling: mean rise of the log mel bands, so that loud and quiet passages differ.
    """

    strength: FloatArray
    registers: FloatArray
    flux: FloatArray


def detect_onsets(spectra: Spectra) -> Onsets:
    """Measure where energy rises, ignoring the wobble of sung and bowed notes.

    The half-wave rectified difference of log mel bands to the maximum over neighbouring bands two frames earlier
    (SuperFlux: Boeck and Widmer, DAFx 2013), averaged over the bands of a register and levelled by its local mean, so
    that a quiet verse counts as much as a loud chorus.
    """
    rises = _rises(spectra.log_mel)
    registers = np.stack([_level(rises[band_rows(low, high)].mean(axis=0)) for low, high in REGISTERS_HZ])
    flux = rises.mean(axis=0)
    return Onsets(_level(flux), registers, flux)


def _rises(log_mel: FloatArray) -> FloatArray:
    before = log_mel[:, :-_LAG]
    widened = before.copy()
    np.maximum(widened[1:], before[:-1], out=widened[1:])
    np.maximum(widened[:-1], before[1:], out=widened[:-1])
    rises = np.zeros_like(log_mel)
    np.subtract(log_mel[:, _LAG:], widened, out=rises[:, _LAG:])
    np.maximum(rises, 0.0, out=rises)
    return rises


def _level(flux: FloatArray) -> FloatArray:
    """Subtract the local mean and divide by the local deviation, floored by the song's own."""
    width = int(_LOCAL_S * MEL_FPS)
    mean = uniform_filter1d(flux, width, mode="nearest")
    power = uniform_filter1d(np.square(flux - mean), 4 * width, mode="nearest")
    floor = 0.1 * float(power.mean()) + 1e-6
    return np.asarray(np.maximum(flux - mean, 0.0) / np.sqrt(power + floor), dtype=np.float32)
