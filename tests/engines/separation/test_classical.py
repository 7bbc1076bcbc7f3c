"""Separation without weights keeps the contract, at any rate and length."""

import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.engines.separation.classical import ClassicalSeparator
from segue.kit.errors import InvalidAudio
from tests.audio.synthesis import render_song
from tests.engines.separation.promises import assert_keeps_its_promises, separated


def noise(channels: int, samples: int, sample_rate: int) -> Audio:
    random = np.random.default_rng(samples)
    return Audio((0.1 * random.standard_normal((channels, samples))).astype(np.float32), sample_rate)


@pytest.mark.parametrize(
    ("channels", "samples", "sample_rate"),
    [(1, 1, 44_100), (2, 100, 8_000), (2, 521_217, 44_100), (1, 96_001, 48_000), (2, 192_000, 192_000)],
)
def test_four_stems_sum_to_any_mix(channels: int, samples: int, sample_rate: int) -> None:
    assert_keeps_its_promises(ClassicalSeparator(), noise(channels, samples, sample_rate))


def test_silence_gives_silence() -> None:
    stems = separated(ClassicalSeparator(), Audio(np.zeros((2, 50_000), dtype=np.float32), 44_100))
    assert all(np.abs(stem).max() < 1e-6 for stem in stems.values())


def test_drums_go_to_the_drums() -> None:
    drums_only = render_song(bars=4, chords=False).audio
    stems = separated(ClassicalSeparator(), drums_only)
    energies = {name: float(np.square(stem).sum()) for name, stem in stems.items()}
    assert max(energies, key=energies.__getitem__) == "drums"


def test_more_than_two_channels_are_refused() -> None:
    with pytest.raises(InvalidAudio, match="mono or stereo"):
        next(ClassicalSeparator().separate(noise(6, 1000, 44_100)))
