"""The mean under a kernel tells parts of a song from other songs where a plain mean does not."""

import numpy as np
import pytest

from segue.audio.signal import FloatArray
from segue.engines.embedding.kernel_mean import kernel_mean


def place(windows: FloatArray, *, width: float = 0.4, dimensions: int = 384) -> FloatArray:
    return kernel_mean(windows.astype(np.float32), width=width, dimensions=dimensions, name="test")


@pytest.mark.parametrize("apart", [0.0, 0.2, 0.5, 1.0, 2.0])
def test_scalar_products_of_single_windows_are_a_gaussian_of_their_distance(apart: float) -> None:
    window, direction = np.random.default_rng(1).standard_normal((2, 1, 40)) / np.sqrt(40)
    other = window + apart * direction / np.linalg.norm(direction)
    cosine = place(window, width=0.3, dimensions=8192) @ place(other, width=0.3, dimensions=8192)
    assert float(cosine) == pytest.approx(np.exp(-0.5 * (apart / 0.3) ** 2), abs=0.05)


def test_an_introduction_is_nearer_to_its_song_than_to_one_that_is_like_the_introduction_on_average() -> None:
    random = np.random.default_rng(1)
    introduction, verse = random.standard_normal((2, 40)) / np.sqrt(40)
    song = np.concatenate([np.tile(introduction, (4, 1)), np.tile(verse, (20, 1))])
    other = introduction + 2 * random.standard_normal((24, 40)) / np.sqrt(40)
    part = song[:4]
    to_song, to_other = (np.linalg.norm(part.mean(axis=0) - whole.mean(axis=0)) for whole in (song, other))
    assert to_other < to_song
    assert place(part) @ place(song) > 2 * (place(part) @ place(other))


@pytest.mark.parametrize("width", [0.4, 0.8])
def test_unrelated_songs_lie_at_right_angles(width: float) -> None:
    random = np.random.default_rng(1)
    songs = [(centre + random.standard_normal((24, 40))) / np.sqrt(80) for centre in random.standard_normal((30, 40))]
    places = np.stack([place(song, width=width) for song in songs])
    between = (places @ places.T)[~np.eye(30, dtype=bool)]
    assert abs(between.mean()) < 0.1


def test_the_order_of_windows_does_not_matter() -> None:
    windows = np.random.default_rng(1).standard_normal((10, 5))
    np.testing.assert_allclose(place(windows), place(windows[::-1]), atol=1e-5)


def test_there_may_be_more_dimensions_than_features_allow_at_once() -> None:
    assert place(np.ones((3, 5)), dimensions=384).shape == (384,)
