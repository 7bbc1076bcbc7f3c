"""The mean under a kernel tells parts of a song from other songs where a plain mean does not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.signal import FloatArray
from segue.engines.embedding.kernel_mean import kernel_mean


def place(windows: FloatArray, *, width: float = 0.4, dimensions: int = 384) -> FloatArray:
    return kernel_mean(windows.astype(np.float32), width=width, dimensions=dimensions, name="test")


@given(apart=st.floats(0, 2), seed=st.integers(0, 50))
def test_scalar_products_of_single_windows_are_the_gaussian_kernel(apart: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    window, direction = random.standard_normal((2, 1, 40))
    other = window + apart * direction / np.linalg.norm(direction)
    expected = np.exp(-0.5 * (apart / 0.8) ** 2)
    cosine = place(window, width=0.8, dimensions=4096) @ place(other, width=0.8, dimensions=4096)
    assert abs(float(cosine) - expected) < 0.1


def test_an_introduction_is_nearer_to_its_song_than_to_one_that_is_like_the_introduction_on_average() -> None:
    random = np.random.default_rng(1)
    introduction = random.standard_normal(40) / np.sqrt(40)
    verse = random.standard_normal(40) / np.sqrt(40)
    around = introduction + 2 * random.standard_normal((24, 40)) / np.sqrt(40)
    song = np.concatenate([np.tile(introduction, (4, 1)), np.tile(verse, (20, 1))])
    part, other = song[:4], around
    assert np.linalg.norm(part.mean(axis=0) - other.mean(axis=0)) < np.linalg.norm(
        part.mean(axis=0) - song.mean(axis=0)
    )
    assert place(part) @ place(song) > 2 * (place(part) @ place(other))


def test_the_order_of_windows_does_not_matter() -> None:
    windows = np.random.default_rng(1).standard_normal((10, 5))
    np.testing.assert_allclose(place(windows), place(windows[::-1]), atol=1e-5)


def test_there_may_be_more_dimensions_than_features_allow_at_once() -> None:
    assert place(np.ones((3, 5)), dimensions=384).shape == (384,)
