"""Networks that hear a segment at a time give stems without seams, in place, in bounded memory."""

import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName, segments
from segue.engines.separation.segments import Segmentation, overlapped, separate_by_segments
from segue.engines.separation.vocals_first import separate_vocals_first
from segue.kit.errors import InvalidAudio
from tests.audio.synthesis import render_song
from tests.engines.separation.promises import assert_keeps_its_promises, lag, separated

CUT = Segmentation(44_100, 100, 25)
SHARES = np.array([0.5, 0.3, 0.1], dtype=np.float32)


class Splitter:
    """An engine whose network gives each stem a fixed share of what it hears."""

    name = "splitter"
    version = "1"

    def __init__(self, cut: Segmentation = CUT) -> None:
        self.cut = cut
        self.heard = 0

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        return separate_by_segments(mix, self.part, self.cut)

    def part(self, segment: FloatArray) -> FloatArray:
        assert segment.shape == (2, self.cut.length)
        self.heard += 1
        return SHARES[:, None, None] * segment


def noise(channels: int, length: int, rate: int = 44_100) -> Audio:
    random = np.random.default_rng(length)
    return Audio((0.1 * random.standard_normal((channels, length))).astype(np.float32), rate)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 900), st.integers(1, 2))
def test_every_sample_of_any_length_is_parted_once(length: int, channels: int) -> None:
    mix = noise(channels, length)
    stems = separated(Splitter(), mix)
    mean = mix.samples.mean(dtype=np.float64)
    for name, share in zip(("vocals", "drums", "bass"), SHARES, strict=True):
        assert np.abs(stems[name] - share * (mix.samples - mean)).max() < 1e-6
    assert np.abs(sum(stems.values()) - mix.samples).max() < 1e-6


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 260), max_size=8))
def test_where_segments_meet_their_shares_sum_to_one(lengths: list[int]) -> None:
    blocks = (np.ones((2, length), dtype=np.float32) for length in lengths)
    parted = list(overlapped(blocks, lambda segment: np.ones((1, *segment.shape), dtype=np.float32), CUT, parts=1))
    assert sum(block.shape[-1] for block in parted) == sum(lengths)
    assert all(np.abs(block - 1).max(initial=0.0) < 1e-6 for block in parted)


def test_two_segments_that_disagree_are_faded_into_one_another() -> None:
    answers = iter([0.0, 1.0])
    blocks = iter([np.zeros((2, 175), dtype=np.float32)])
    parted = overlapped(
        blocks, lambda segment: np.full((1, *segment.shape), next(answers), dtype=np.float32), CUT, parts=1
    )
    joined = np.concatenate(list(parted), axis=-1)[0, 0]
    assert np.all(joined[:75] == 0)
    assert np.all(joined[100:] == 1)
    assert np.allclose(np.diff(joined[74:101]), 1 / 26)


def test_the_last_segment_has_music_before_it_and_no_silence_after() -> None:
    heard: list[FloatArray] = []

    def part(segment: FloatArray) -> FloatArray:
        heard.append(segment)
        return segment[None]

    stream = np.arange(1, 181, dtype=np.float32)[None]
    list(overlapped(iter([stream]), part, CUT, parts=1))
    assert np.array_equal(heard[-1][0], np.arange(81, 181))


def test_the_network_hears_music_at_one_level_whatever_the_masters() -> None:
    levels: list[float] = []

    def part(segment: FloatArray) -> FloatArray:
        levels.append(float(segment.mean(axis=0).std()))
        return np.zeros((3, *segment.shape), dtype=np.float32)

    for gain in (0.001, 1.0):
        mix = noise(2, 100)
        list(separate_by_segments(Audio(gain * mix.samples + np.float32(0.5), 44_100), part, CUT))
    assert levels == pytest.approx([1, 1], abs=1e-3)


@pytest.mark.parametrize(("channels", "rate"), [(1, 44_100), (2, 44_100), (1, 22_050), (2, 48_000)])
def test_stems_lie_on_the_mix_at_any_rate(channels: int, rate: int) -> None:
    song = render_song(bars=1).audio
    mix = Audio(np.ascontiguousarray(np.broadcast_to(song.samples[:1], (channels, song.length))), rate)
    engine = Splitter(Segmentation(44_100, 40_000, 10_000))
    assert_keeps_its_promises(engine, mix)
    assert lag(mix.samples, separated(engine, mix)["vocals"]) == 0


def test_stems_come_before_the_whole_mix_was_heard() -> None:
    engine = Splitter()
    next(engine.separate(noise(2, 1 << 18)))
    assert engine.heard < 10


def test_a_network_that_takes_its_time_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_SIGN_OF_LIFE_S", 0.001)

    class Slow(Splitter):
        def part(self, segment: FloatArray) -> FloatArray:
            time.sleep(0.03)
            return super().part(segment)

    blocks = list(Slow().separate(noise(2, 250)))
    assert [block["vocals"].shape[1] for block in blocks].count(0) >= 3
    for rate in (44_100, 48_000):
        assert_keeps_its_promises(Slow(), noise(2, 250, rate))


def test_what_goes_wrong_in_a_network_is_raised() -> None:
    class Broken(Splitter):
        def part(self, segment: FloatArray) -> FloatArray:
            raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        list(Broken().separate(noise(2, 250)))


def test_memory_does_not_grow_with_the_length() -> None:
    def peak(length: int) -> int:
        mix = Audio(np.broadcast_to(np.float32(0.1), (2, length)), 44_100)
        tracemalloc.start()
        total = sum(
            block["vocals"].shape[1] for block in Splitter(Segmentation(44_100, 400_000, 100_000)).separate(mix)
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total == length
        return most

    assert peak(6_000_000) < 1.1 * peak(2_000_000)


@pytest.mark.parametrize("level", [0.0, np.nan, np.inf])
def test_silence_and_what_is_no_number_give_silence(level: float) -> None:
    stems = separated(Splitter(), Audio(np.full((2, 500), level, dtype=np.float32), 44_100))
    assert all(not stem.any() for stem in stems.values())


def test_more_than_two_channels_are_refused() -> None:
    with pytest.raises(InvalidAudio, match="mono or stereo"):
        next(Splitter().separate(noise(6, 100)))


class VocalsOnly(Splitter):
    """An engine whose network hears vocals alone: a fixed share of what it hears."""

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        return separate_vocals_first(mix, lambda segment: self.part(segment)[:1], self.cut)


@pytest.mark.parametrize(("channels", "length"), [(1, 70_001), (2, 300_000), (2, 10)])
def test_what_a_network_for_vocals_leaves_is_parted_further(channels: int, length: int) -> None:
    mix = noise(channels, length)
    engine = VocalsOnly(Segmentation(44_100, 60_000, 15_000))
    assert_keeps_its_promises(engine, mix)
    stems = separated(engine, mix)
    assert np.abs(stems["vocals"] - 0.5 * (mix.samples - mix.samples.mean(dtype=np.float64))).max() < 1e-5


def test_the_drums_of_what_vocals_leave_are_found() -> None:
    drums = render_song(bars=2, chords=False).audio
    stems = separated(VocalsOnly(Segmentation(44_100, 60_000, 15_000)), drums)
    energies = {name: float(np.square(stems[name]).sum()) for name in ("drums", "bass", "other")}
    assert max(energies, key=energies.__getitem__) == "drums"
