"""The network that judges tempi: small, finite for whatever it hears, and surer of what is surer."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segue.audio.tempo_model as module
from segue.audio.onsets import Onsets
from segue.audio.periodicity import measure_periodicity
from segue.audio.spectrum import MEL_FPS
from segue.audio.tempo import estimate_tempo
from segue.audio.tempo_evidence import FASTEST_BPM, SLOWEST_BPM, candidates, weigh
from segue.audio.tempo_model import choose, doubts, tempo_model


def _pulse(bpm: float, seconds: float, seed: int = 0, noise: float = 0.1) -> Onsets:
    """Return onsets on every beat, all registers alike, in noise."""
    strength = np.abs(np.random.default_rng(seed).normal(0.0, noise, int(seconds * MEL_FPS))).astype(np.float32)
    strength[np.arange(0.0, strength.size - 1, 60.0 / bpm * MEL_FPS).astype(int)] += 3.0
    return Onsets(strength, np.tile(strength, (3, 1)), strength)


def test_the_weights_are_a_small_file() -> None:
    assert (Path(module.__file__).parent / "weights" / "tempo.npz").stat().st_size < 100_000


@pytest.mark.parametrize("bpm", [72.0, 101.3, 118.0, 140.0])
def test_a_bare_pulse_is_its_own_tempo(bpm: float) -> None:
    assert estimate_tempo(measure_periodicity(_pulse(bpm, 30.0))).bpm == pytest.approx(bpm, rel=0.005)


@settings(max_examples=20, deadline=None)
@given(bpm=st.floats(45.0, 225.0), seconds=st.floats(0.1, 40.0), seed=st.integers(0, 99), noise=st.floats(0.0, 5.0))
def test_evidence_is_finite_and_confidence_a_probability(bpm: float, seconds: float, seed: int, noise: float) -> None:
    tempogram = measure_periodicity(_pulse(bpm, seconds, seed, noise))
    tempi = candidates(tempogram)
    assert np.all((tempi >= SLOWEST_BPM) & (tempi <= FASTEST_BPM))
    if tempi.size:
        assert np.all(np.isfinite(weigh(tempogram, tempi)))
    assert 0.0 <= estimate_tempo(tempogram).confidence <= 1.0


def test_neighbouring_candidates_share_their_odds() -> None:
    best, probability = choose(np.log([0.4, 0.35, 0.25]), np.array([120.0, 60.0, 121.0]))
    assert best == 0
    assert probability == pytest.approx(0.65)


def test_confidence_rises_with_the_odds_and_with_what_backs_them() -> None:
    long, short = (measure_periodicity(_pulse(100.0, seconds)) for seconds in (40.0, 4.0))
    model = tempo_model()
    rising = [model.confidence(doubts(long, 100.0, probability)) for probability in (0.3, 0.6, 0.9, 0.99)]
    assert rising == sorted(rising)
    assert rising[-1] > rising[0] + 0.3
    assert model.confidence(doubts(short, 100.0, 0.9)) < model.confidence(doubts(long, 100.0, 0.9))
