"""Long audio goes through in blocks, and comes out where it went in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.blocks import ComplexArray, Stft, StreamResampler, masked_blocks, resampled_blocks
from segue.audio.reading import read_blocks
from segue.audio.signal import Audio, FloatArray

STFT = Stft(256)


def noise(samples: int, channels: int = 2) -> FloatArray:
    return np.random.default_rng(samples).standard_normal((channels, samples)).astype(np.float32)


def cut(samples: FloatArray, sizes: list[int]) -> Iterator[FloatArray]:
    """Cut a signal into blocks of the given sizes, over and over."""
    start = turn = 0
    while start < samples.shape[1]:
        size = sizes[turn % len(sizes)]
        yield samples[:, start : start + size]
        start, turn = start + size, turn + 1


@settings(deadline=None)
@given(
    length=st.integers(1, 20_000),
    sizes=st.lists(st.integers(1, 5_000), min_size=1, max_size=4),
    overlap=st.integers(0, 16),
)
def test_masks_that_keep_everything_give_the_signal_back(length: int, sizes: list[int], overlap: int) -> None:
    signal = noise(length)

    def keep(spectrum: ComplexArray) -> FloatArray:
        return np.ones((1, *spectrum.shape), dtype=np.float32)

    parts = list(masked_blocks(cut(signal, sizes), keep, stft=STFT, frames=32, overlap=overlap))
    np.testing.assert_allclose(np.concatenate(parts, axis=-1)[0], signal, atol=1e-5)


def test_masks_that_differ_from_segment_to_segment_fade_into_one_another() -> None:
    segments = iter(range(100))

    def alternate(spectrum: ComplexArray) -> FloatArray:
        return np.full((1, *spectrum.shape), next(segments) % 2, dtype=np.float32)

    signal = np.ones((1, 30_000), dtype=np.float32)
    parts = masked_blocks(cut(signal, [1000]), alternate, stft=STFT, frames=64, overlap=32)
    result = np.concatenate(list(parts), axis=-1)[0, 0]
    assert result.min() > -0.01
    assert result.max() < 1.01
    assert np.abs(np.diff(result)).max() < 3 / (32 * STFT.hop)


@settings(deadline=None)
@given(
    gains=st.lists(st.floats(0, 1), min_size=2, max_size=8),
    lead=st.integers(0, 5_000),
    overlap=st.integers(8, 30),
)
def test_whatever_the_masks_segments_meet_without_a_seam(gains: list[float], lead: int, overlap: int) -> None:
    turn = iter(range(1_000))

    def gain_of_the_segment(spectrum: ComplexArray) -> FloatArray:
        return np.full((1, *spectrum.shape), gains[next(turn) % len(gains)], dtype=np.float32)

    step = 2 * np.pi / 40
    tone = np.sin(step * (np.arange(30_000) + lead)).astype(np.float32)[None]
    parts = masked_blocks(cut(tone, [777]), gain_of_the_segment, stft=STFT, frames=64, overlap=overlap)
    result = np.concatenate(list(parts), axis=-1)[0, 0].astype(np.float64)
    # Two neighbours tell the next sample of a steady tone; a level that fades from 0 to 1 misses it by this much.
    missed = np.abs(result[2:] - 2 * np.cos(step) * result[1:-1] + result[:-2])
    assert missed.max() < 3 * step / (overlap * STFT.hop)


def quieter_at_its_loudest(spectrum: ComplexArray) -> FloatArray:
    """A mask that depends on the segment, and on nothing else."""
    share = np.abs(spectrum) / np.abs(spectrum).max()
    return np.stack([share, 1 - share]).astype(np.float32)


@pytest.mark.parametrize("threads", [2, 3])
def test_several_segments_at_once_come_out_as_one_by_one(threads: int) -> None:
    signal = noise(100_000)

    def parted(**how: int) -> FloatArray:
        blocks = cut(signal, [3_000])
        parts = masked_blocks(blocks, quieter_at_its_loudest, stft=STFT, frames=32, overlap=8, **how)
        return np.concatenate(list(parts), axis=-1)

    np.testing.assert_array_equal(parted(threads=threads), parted())


def test_no_more_segments_are_begun_ahead_than_there_are_threads() -> None:
    begun = iter(range(1_000))

    def counted(spectrum: ComplexArray) -> FloatArray:
        next(begun)
        return quieter_at_its_loudest(spectrum)

    parts = masked_blocks(cut(noise(100_000), [3_000]), counted, stft=STFT, frames=32, overlap=8, threads=3)
    for _ in range(4):
        next(parts)
    parts.close()  # type: ignore[attr-defined] # a generator
    assert next(begun) <= 4 + 3


def test_an_error_in_a_thread_ends_the_whole() -> None:
    def broken(_: ComplexArray) -> FloatArray:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(masked_blocks(cut(noise(100_000), [3_000]), broken, stft=STFT, frames=32, overlap=8, threads=2))


def test_frames_cover_every_sample_four_times() -> None:
    assert STFT.span(STFT.frames_for(1000)) - STFT.lead >= 1000
    assert STFT.span(STFT.frames_for(1000) - 1) - STFT.lead < 1000 + STFT.lead


@pytest.mark.parametrize("rates", [(44_100, 48_000), (48_000, 44_100), (8_000, 44_100), (192_000, 44_100)])
def test_resampling_in_blocks_moves_nothing(rates: tuple[int, int]) -> None:
    before, after = rates
    time = np.arange(before) / before
    click = np.exp(-(((time - 0.5) * 500) ** 2)).astype(np.float32)[None]
    stream = StreamResampler(1, before, after)
    pieces = [stream.push(piece) for piece in cut(click, [777])]
    result = np.concatenate([*pieces, stream.push(np.zeros((1, 0), dtype=np.float32), last=True)], axis=-1)
    assert result.shape[1] == after
    assert int(result.argmax()) == after // 2


def test_what_is_not_finite_becomes_silence() -> None:
    samples = np.array([[1, np.nan, np.inf, -np.inf, 1]], dtype=np.float32)
    (block,) = resampled_blocks(Audio(samples, 44_100), 44_100)
    np.testing.assert_array_equal(block, [[1, 0, 0, 0, 1]])


def test_reading_a_file_in_blocks_does_not_grow_the_process(tmp_path: Path) -> None:
    noise(1 << 22).tofile(tmp_path / "noise")
    mapped = np.memmap(tmp_path / "noise", dtype=np.float32, mode="r", shape=(2, 1 << 22))
    before = psutil.Process().memory_info().rss
    grown = [
        (float(block.max()), psutil.Process().memory_info().rss - before)[1]
        for block in read_blocks(Audio(np.asarray(mapped), 44_100), 1 << 17)
    ]
    assert len(grown) == 32
    assert max(grown) < 8 * 2**20


def test_blocks_of_a_file_stay_what_they_are(tmp_path: Path) -> None:
    noise(10_000).tofile(tmp_path / "noise")
    mapped = np.memmap(tmp_path / "noise", dtype=np.float32, mode="r", shape=(2, 10_000))
    blocks = list(read_blocks(Audio(mapped, 44_100), 999))
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), noise(10_000))
