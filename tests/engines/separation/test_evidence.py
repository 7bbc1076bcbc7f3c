"""What the accompaniment's network is shown covers the spectrum, and says nothing of the level."""

import numpy as np
import pytest

from segue.audio.blocks import ComplexArray
from segue.engines.separation.evidence import BANDS, BINS, KINDS, band_sums, evidence, spread


def spectrum(frames: int = 64) -> ComplexArray:
    random = np.random.default_rng(frames)
    parts = random.standard_normal((2, 2, BINS, frames)) * random.uniform(0.01, 1, (BINS, frames))
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def test_each_bin_lies_in_one_band() -> None:
    assert band_sums(np.ones((BINS, 1), dtype=np.float32)).sum() == BINS
    numbered = spread(np.arange(BANDS, dtype=np.float32)[:, np.newaxis])[:, 0]
    assert (np.diff(numbered) >= 0).all()
    assert np.unique(numbered).size == BANDS


@pytest.mark.parametrize("gain", [1e-4, 30.0])
def test_the_level_does_not_matter(gain: float) -> None:
    sound = spectrum()
    assert np.abs(evidence(sound) - evidence(sound * np.float32(gain))).max() < 1e-3


def test_changing_sides_changes_only_the_sides() -> None:
    sound = spectrum()
    told, mirrored = evidence(sound), evidence(sound[::-1])
    assert np.allclose(told[[1, 0]], mirrored[:2], atol=1e-4)
    assert np.allclose(told[2:], mirrored[2:], atol=1e-3)


def test_silence_is_described_by_numbers() -> None:
    silent = evidence(np.zeros((2, BINS, 64), dtype=np.complex64))
    assert silent.shape == (KINDS, 64, BANDS)
    assert np.isfinite(silent).all()
