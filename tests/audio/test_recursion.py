"""Filtering by matrix products is filtering."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from segue.audio.recursion import RecursiveFilter


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(0, 300), min_size=1, max_size=6).filter(any),
    channels=st.integers(1, 3),
    order=st.integers(1, 6),
    cutoff=st.floats(0.01, 0.9),
)
def test_a_stream_in_any_blocks_is_filtered_as_scipy_does_at_once(
    sizes: list[int], channels: int, order: int, cutoff: float
) -> None:
    sections = np.asarray(butter(order, cutoff, btype="highpass", output="sos"))
    signal = np.random.default_rng(sum(sizes)).standard_normal((channels, sum(sizes))).astype(np.float32)
    blocks = np.split(signal, np.cumsum(sizes)[:-1], axis=1)
    recursive = RecursiveFilter(sections, channels)
    filtered = np.concatenate([recursive.filter(block) for block in blocks], axis=1)
    np.testing.assert_allclose(filtered, sosfilt(sections, signal.astype(np.float64), axis=1), atol=3e-5)


def test_a_constant_leaves_a_high_pass_after_hours() -> None:
    recursive = RecursiveFilter(np.asarray(butter(2, 0.002, btype="highpass", output="sos")), 1)
    for _ in range(200):
        last = recursive.filter(np.full((1, 1 << 16), 0.9, np.float32))
    assert np.abs(last).max() < 1e-6
