"""What a mix is made of is told from the mix alone: which recordings, when, from where, and how changed."""

from functools import lru_cache

import numpy as np
import pytest

from segue.audio.landmark_index import MemoryIndex
from segue.audio.landmark_matching import candidates, gathered, votes_of
from segue.audio.landmark_sources import FoundSource, joined, matches_in, windows
from segue.audio.landmarks import FRAMES_PER_S, REWORKED, find_peaks, queries_of
from segue.audio.signal import Audio
from segue.audio.stretching import stretch
from segue.music.composing import compose
from segue.music.rendering import Rendering, render
from segue.music.wishes import Wishes
from tests.audio.recordings import RATE


@lru_cache(maxsize=4)
def rendering(seed: int) -> Rendering:
    return render(compose(seed, Wishes(bars=16, vocals=True, tempo_bpm=110)), seed=seed, sample_rate=RATE)


def sources_of(mix: Audio, known: dict[int, Audio]) -> list[FoundSource]:
    index = MemoryIndex({number: find_peaks(audio) for number, audio in known.items()})
    peaks = find_peaks(mix)
    found = []
    for window in windows(peaks):
        query = queries_of(window, REWORKED)
        votes = votes_of(query, *index.lookup(query.hashes), REWORKED)
        found.append(matches_in(window, candidates(gathered(votes), REWORKED), index.peaks))
    return joined(peaks, found, index.peaks)


@lru_cache(maxsize=1)
def mashed() -> tuple[FoundSource, ...]:
    """Lay the voice and chords of song 1, a tone higher and a tenth slower, over the band of song 2 from 6 s on."""
    lead = rendering(1).stems["vocals"] + rendering(1).stems["other"]
    voice = stretch(Audio(lead, RATE), 1.1, semitones=2).samples
    band = rendering(2).premaster.samples - rendering(2).stems["vocals"]
    mix = band.copy()
    stop = min(band.shape[1], 6 * RATE + voice.shape[1])
    mix[:, 6 * RATE : stop] += voice[:, : stop - 6 * RATE] * np.float32(np.std(band) / np.std(voice))
    return tuple(sources_of(Audio(mix, RATE), {seed: rendering(seed).mix for seed in (1, 2, 3)}))


def test_both_parents_of_a_mashup_are_named_and_nobody_else() -> None:
    assert {source.number for source in mashed()} == {1, 2}


def test_it_is_told_how_each_was_changed() -> None:
    by_number = {source.number: source.stretches[0] for source in mashed()}
    assert by_number[1].transposed_semitones == pytest.approx(2, abs=0.2)
    assert by_number[1].speed == pytest.approx(1 / 1.1, abs=0.02)
    assert by_number[2].transposed_semitones == pytest.approx(0, abs=0.2)
    assert by_number[2].speed == pytest.approx(1, abs=0.01)


def test_it_is_told_where_in_each_source_a_range_lies() -> None:
    for source in mashed():
        shift, slower = (6.0, 1.1) if source.number == 1 else (0.0, 1.0)
        for heard in source.stretches:
            assert heard.source_start_s == pytest.approx((heard.start_s - shift) / slower, abs=0.25)


def test_the_accompaniment_is_heard_for_most_of_the_mix() -> None:
    band = next(source for source in mashed() if source.number == 2)
    heard_s = sum(heard.end_s - heard.start_s for heard in band.stretches)
    assert heard_s > 0.7 * rendering(2).mix.duration_s


def test_of_two_like_recordings_the_more_like_one_is_named() -> None:
    """A copy in which little is heard of the original explains nothing that the original does not."""
    original = rendering(2).mix
    copy = Audio(original.samples[:, : 15 * RATE] + 0.5 * rendering(3).mix.samples[:, : 15 * RATE], RATE)
    assert [source.number for source in sources_of(original, {1: original, 2: copy})] == [1]


def test_a_song_that_is_nothing_else_has_no_sources() -> None:
    assert sources_of(rendering(3).mix, {1: rendering(1).mix, 2: rendering(2).mix}) == []


def test_the_windows_overlap_by_half_and_hold_every_peak() -> None:
    peaks = find_peaks(rendering(1).mix)
    parts = list(windows(peaks))
    assert set(np.concatenate([part.times for part in parts])) == set(peaks.times)
    assert all(np.ptp(part.times) <= 8 * FRAMES_PER_S for part in parts)
