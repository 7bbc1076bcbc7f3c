"""Peaks and landmarks: what they are found in, and what they survive."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.landmarks import (
    AS_RECORDED,
    BINS_PER_OCTAVE,
    FRAMES_PER_S,
    HASHES,
    REWORKED,
    Landmarks,
    Peaks,
    Tolerance,
    find_peaks,
    landmarks_of,
    queries_of,
)
from segue.audio.signal import Audio
from tests.audio.recordings import RATE, excerpt, song


def tones(at: list[tuple[float, float]], length_s: float = 4.0, rate: int = RATE) -> Audio:
    """Render short notes, each at a time in s and a frequency in Hz."""
    sound = np.zeros(round(length_s * rate), np.float32)
    for start_s, hertz in at:
        t = np.arange(round(0.4 * rate)) / rate
        start = round(start_s * rate)
        sound[start : start + t.size] += 0.2 * np.sin(2 * np.pi * hertz * t) * np.hanning(t.size)
    return Audio(sound[None, :], rate)


def share_found(known: Landmarks, query: Landmarks) -> float:
    """Return of how many of the known landmarks the query asks for the hash."""
    return float(np.isin(known.hashes, query.hashes).mean())


def moved(peaks: Peaks, *, bins: float = 0.0, stretch: float = 1.0) -> Peaks:
    times = np.round(peaks.times * stretch).astype(np.int64)
    return Peaks(times, (peaks.pitches + np.float32(bins)).astype(np.float32), peaks.levels)


def constellations() -> st.SearchStrategy[Peaks]:
    def made(seed: int, count: int) -> Peaks:
        rng = np.random.default_rng(seed)
        times = np.sort(rng.integers(0, 40 * count // 13 + 50, count))
        pitches = np.round(rng.uniform(15, 150, count) * 8) / 8
        return Peaks(times.astype(np.int64), pitches.astype(np.float32), rng.integers(1, 255, count))

    return st.builds(made, st.integers(0, 2**32 - 1), st.integers(0, 400))


def test_notes_become_peaks_at_their_times_and_pitches() -> None:
    notes = [(0.5, 440.0), (1.5, 660.0), (2.5, 1000.0)]
    peaks = find_peaks(tones(notes))
    assert peaks.times / FRAMES_PER_S == pytest.approx([start + 0.2 for start, _ in notes], abs=0.04)
    heights = 180.0 * 2.0 ** (peaks.pitches / BINS_PER_OCTAVE)
    assert heights == pytest.approx([hertz for _, hertz in notes], rel=0.01)


@pytest.mark.parametrize("samples", [0, 1, 100, 5000])
def test_silence_has_no_peaks(samples: int) -> None:
    peaks = find_peaks(Audio(np.zeros((2, samples), np.float32), 44100))
    assert peaks.times.size == 0
    assert landmarks_of(peaks).hashes.size == 0
    assert queries_of(peaks, REWORKED).hashes.size == 0


def test_what_is_not_finite_counts_as_silence() -> None:
    broken = tones([(0.5, 440.0)])
    broken.samples[0, 60_000:60_100] = np.nan
    broken.samples[0, 70_000] = np.inf
    hertz = 180.0 * 2.0 ** (find_peaks(broken).pitches[0] / BINS_PER_OCTAVE)
    assert hertz == pytest.approx(440, rel=0.01)


def test_the_same_samples_give_the_same_peaks_whatever_their_layout() -> None:
    mono = song(1).mono()
    one = find_peaks(Audio(mono[None, :], RATE))
    two = find_peaks(Audio(np.stack([mono, mono]), RATE))
    assert one.packed() == two.packed()


def test_packed_peaks_come_back_the_same() -> None:
    peaks = find_peaks(song(1))
    again = Peaks.unpacked(peaks.packed())
    assert len(peaks.packed()) == 8 * peaks.times.size
    for name in ("times", "pitches", "levels"):
        np.testing.assert_array_equal(getattr(again, name), getattr(peaks, name))


def test_music_has_enough_landmarks_and_not_too_many() -> None:
    audio = song(2)
    marks = landmarks_of(find_peaks(audio))
    assert 20 < marks.hashes.size / audio.duration_s < 80
    assert marks.hashes.min() >= 0
    assert marks.hashes.max() < HASHES


def test_most_landmarks_of_an_excerpt_are_the_recordings() -> None:
    peaks = find_peaks(song(2))
    inside = peaks.between(round(5 * FRAMES_PER_S), round(9 * FRAMES_PER_S))
    query = queries_of(find_peaks(excerpt(song(2), 5.013, 4)), AS_RECORDED)
    assert share_found(landmarks_of(inside), query) > 0.6


@settings(max_examples=30, deadline=None)
@given(constellations(), st.integers(-9, 9))
def test_transposing_loses_no_landmark(peaks: Peaks, bins: int) -> None:
    query = queries_of(moved(peaks, bins=bins), Tolerance(10.0, 0.0))
    known = landmarks_of(peaks)
    assert known.hashes.size == 0 or share_found(known, query) == 1.0


@settings(max_examples=30, deadline=None)
@given(constellations())
def test_a_query_asks_for_all_that_is_kept_of_the_same_peaks(peaks: Peaks) -> None:
    known = landmarks_of(peaks)
    assert known.hashes.size == 0 or share_found(known, queries_of(peaks, AS_RECORDED)) == 1.0


def test_stretching_by_a_tenth_leaves_many_landmarks() -> None:
    peaks = find_peaks(song(3))
    stretched = queries_of(moved(peaks, stretch=1.1), REWORKED)
    assert share_found(landmarks_of(peaks), stretched) > 0.4
    assert share_found(landmarks_of(peaks), queries_of(find_peaks(song(4)), REWORKED)) < 0.1


def test_an_hour_costs_no_more_memory_than_a_few_minutes() -> None:
    """Mapped from a file, as decoded songs are: what is held are blocks and peaks."""
    few, many = (held_bytes(minutes) for minutes in (2, 8))
    assert many < few + 4 * 2**20


def held_bytes(minutes: int) -> int:
    second = np.random.default_rng(0).normal(0, 0.1, (1, 11025)).astype(np.float32)
    audio = Audio(np.broadcast_to(np.tile(second, 60)[:, None, :], (1, minutes, 60 * 11025)).reshape(1, -1), 11025)
    tracemalloc.start()
    find_peaks(audio)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
