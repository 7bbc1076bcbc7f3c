"""An excerpt is found in its recording, where it is, however it was changed; and in no other."""

from functools import lru_cache

import numpy as np
import pytest

from segue.audio.landmark_index import MemoryIndex
from segue.audio.landmark_matching import (
    NUMBERS,
    Match,
    best_matches,
    candidates,
    gathered,
    postings_of,
    source_time_s,
    votes_of,
)
from segue.audio.landmarks import (
    AS_RECORDED,
    BINS_PER_OCTAVE,
    REWORKED,
    Landmarks,
    Peaks,
    Tolerance,
    find_peaks,
    landmarks_of,
    queries_of,
)
from segue.audio.signal import Audio
from segue.audio.stretching import stretch
from tests.audio.recordings import excerpt, in_noise, song, sped_up

SONGS = (1, 2, 3, 4)
#: What benchmarks/ears/fingerprints.py finds that music which is not there has less of.
CERTAIN = 45.0


@lru_cache(maxsize=1)
def index() -> MemoryIndex:
    return MemoryIndex({number: find_peaks(song(number)) for number in SONGS})


def matches(audio: Audio, tolerance: Tolerance = AS_RECORDED, known: MemoryIndex | None = None) -> list[Match]:
    known = known or index()
    peaks = find_peaks(audio)
    query = queries_of(peaks, tolerance)
    found = candidates(gathered(votes_of(query, *known.lookup(query.hashes), tolerance)), tolerance)
    return best_matches(peaks, found, known.peaks, least_evidence=CERTAIN)


@pytest.mark.parametrize("number", SONGS)
def test_an_excerpt_is_found_where_it_is(number: int) -> None:
    best, *others = matches(excerpt(song(number), 8.37, 5))
    assert best.alignment.number == number
    assert others == []
    assert best.alignment.speed == pytest.approx(1.0, abs=0.01)
    assert best.alignment.raised_bins == pytest.approx(0.0, abs=0.2)


def test_its_place_is_known_to_a_frame() -> None:
    assert source_time_s(matches(excerpt(song(2), 8.37, 5))[0].alignment, 0.0) == pytest.approx(8.37, abs=0.05)


@pytest.mark.parametrize("number", SONGS)
def test_noise_at_ten_decibels_below_hides_it_not(number: int) -> None:
    assert [match.alignment.number for match in matches(in_noise(excerpt(song(number), 6, 5), 10))] == [number]


@pytest.mark.parametrize("ratio", [0.97, 1.03])
def test_another_speed_is_recognised_and_told(ratio: float) -> None:
    best = matches(sped_up(excerpt(song(2), 6, 5), ratio))[0].alignment
    assert best.number == 2
    assert best.speed == pytest.approx(ratio, abs=0.02)
    assert best.raised_bins == pytest.approx(-BINS_PER_OCTAVE * np.log2(ratio), abs=0.4)


@pytest.mark.parametrize(("ratio", "semitones"), [(1.15, 0), (0.87, 3), (1.0, -3)])
def test_another_key_and_tempo_are_recognised_and_told(ratio: float, semitones: int) -> None:
    best = matches(stretch(excerpt(song(2), 6, 8), ratio, semitones=semitones), REWORKED)[0].alignment
    assert best.number == 2
    assert best.speed == pytest.approx(1 / ratio, abs=0.02)
    assert best.raised_bins == pytest.approx(-semitones * BINS_PER_OCTAVE / 12, abs=0.4)


@pytest.mark.parametrize("tolerance", [AS_RECORDED, REWORKED])
@pytest.mark.parametrize("number", SONGS)
def test_what_is_not_there_is_not_found(number: int, tolerance: Tolerance) -> None:
    rest = MemoryIndex({name: peaks for name, peaks in index().peaks.items() if name != number})
    assert matches(excerpt(song(number), 6, 8), tolerance, rest) == []


@pytest.mark.parametrize("seed", range(3))
def test_noise_alone_is_nothing(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, (1, 5 * 22050)).astype(np.float32)
    assert matches(Audio(noise, 22050)) == []


def test_silence_is_nothing() -> None:
    assert matches(Audio(np.zeros((1, 5 * 22050), np.float32), 22050)) == []


def test_an_empty_index_knows_nothing() -> None:
    assert matches(excerpt(song(1), 6, 5), known=MemoryIndex({})) == []


def test_all_of_a_landmark_comes_back_from_its_posting() -> None:
    marks = Landmarks(
        np.array([5, 9]), np.array([3_700_000, 0]), np.array([167.0, 0.25], np.float32), np.array([64, 8])
    )
    votes = votes_of(marks, np.array([9, 5]), postings_of(NUMBERS - 1, marks)[::-1], Tolerance(0, 0))
    assert list(votes.numbers) == [NUMBERS - 1] * 2
    assert list(votes.times) == list(votes.query_times) == [0, 3_700_000]
    assert not votes.raised_bins.any()
    assert not votes.stretched_octaves.any()


def test_a_number_that_a_posting_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="numbered"):
        postings_of(NUMBERS, landmarks_of(Peaks(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))))
