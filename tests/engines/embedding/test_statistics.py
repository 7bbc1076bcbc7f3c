"""The embedding without weights is a unit vector that knows a song again."""

import numpy as np
import pytest

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.statistics import StatisticsEmbedder
from tests.engines.embedding.songs import CHANGES, SONGS, changed, nearest, real_song

ENGINE = StatisticsEmbedder()


def noise(samples: int, sample_rate: int = 44_100, channels: int = 2) -> Audio:
    random = np.random.default_rng(samples)
    return Audio((0.1 * random.standard_normal((channels, samples))).astype(np.float32), sample_rate)


@pytest.mark.parametrize("samples", [1, 1000, 132_654, 400_000])
@pytest.mark.parametrize("sample_rate", [8_000, 48_000])
def test_any_length_at_any_rate_gives_a_unit_vector(samples: int, sample_rate: int) -> None:
    place = ENGINE.embed(noise(samples, sample_rate))
    assert place.shape == (DIMENSIONS,)
    assert place.dtype == np.float32
    assert np.linalg.norm(place) == pytest.approx(1, abs=1e-5)


def test_silence_has_a_place() -> None:
    place = ENGINE.embed(Audio(np.zeros((1, 100_000), dtype=np.float32), 16_000))
    assert np.linalg.norm(place) == pytest.approx(1, abs=1e-5)


def test_what_is_not_finite_does_no_harm() -> None:
    audio = noise(200_000)
    audio.samples[:, 1000:2000] = np.nan
    assert np.isfinite(ENGINE.embed(audio)).all()


def test_the_same_audio_gives_the_same_bytes() -> None:
    audio = noise(300_000)
    assert ENGINE.embed(audio).tobytes() == StatisticsEmbedder().embed(audio).tobytes()


@pytest.fixture(scope="module")
def places() -> FloatArray:
    return np.stack([ENGINE.embed(real_song(song)) for song in SONGS])


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_song_stays_nearest_to_itself(places: FloatArray, change: str) -> None:
    song = changed(real_song(SONGS[0]), change)
    assert nearest(ENGINE, ENGINE.embed(song), places) == 0
