"""What every separator promises, and how far its stems are from the true ones."""

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import STEM_NAMES, Separator, StemName


def separated(engine: Separator, mix: Audio) -> dict[StemName, FloatArray]:
    """Join the blocks, after checking that each holds four stems of one shape."""
    blocks = list(engine.separate(mix))
    for block in blocks:
        assert tuple(block) == STEM_NAMES
        assert {stem.shape for stem in block.values()} == {(mix.channels, block["vocals"].shape[1])}
        assert {stem.dtype for stem in block.values()} == {np.dtype(np.float32)}
    return {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in STEM_NAMES}


def assert_keeps_its_promises(engine: Separator, mix: Audio) -> None:
    """The stems have the mix's length, are finite, and sum to it to within -60 dB."""
    stems = separated(engine, mix)
    assert stems["vocals"].shape == mix.samples.shape
    total = np.sum(list(stems.values()), axis=0)
    assert np.isfinite(total).all()
    error = float(np.square(total - mix.samples).sum())
    assert error <= 1e-6 * float(np.square(mix.samples).sum())


def distortion_db(true: FloatArray, estimate: FloatArray) -> float:
    """The signal-to-distortion ratio: energy of the true stem over that of the difference."""
    length = min(true.shape[1], estimate.shape[1])
    true, estimate = true[:, :length], estimate[:, :length]
    return float(10 * np.log10(np.square(true).sum() / np.square(true - estimate).sum()))


def lag(true: FloatArray, estimate: FloatArray) -> int:
    """By how many samples the estimate comes late, by cross-correlation."""
    size = 2 * true.shape[1]
    spectra = np.fft.rfft(estimate.mean(axis=0), size) * np.conj(np.fft.rfft(true.mean(axis=0), size))
    peak = int(np.fft.irfft(spectra).argmax())
    return peak if peak < size // 2 else peak - size
