"""The score rises with what goes together, and says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.analysis import Key
from segue.audio.mashup.compatibility import best_transposition, key_relation, nearest_octave, score_compatibility
from tests.audio.mashup.songs import make_song

keys = st.builds(Key, st.integers(0, 11), st.sampled_from(["major", "minor"]))


def test_a_song_goes_with_itself() -> None:
    song = make_song("a").analysis
    assert score_compatibility(song, song).score == pytest.approx(1.0)


def test_a_far_tempo_and_key_score_lower() -> None:
    near, far = make_song("a").analysis, make_song("b", tempo_bpm=165, tonic=6).analysis
    assert score_compatibility(near, far).score < score_compatibility(near, near).score - 0.3


def test_half_time_is_no_distance() -> None:
    fit = score_compatibility(make_song("a", tempo_bpm=70).analysis, make_song("b", tempo_bpm=140).analysis)
    assert fit.tempo == pytest.approx(1.0)
    assert "double time" in fit.reasons[0]


def test_every_part_is_explained() -> None:
    fit = score_compatibility(make_song("a").analysis, make_song("b", tonic=2).analysis)
    assert [reason.split()[0] for reason in fit.reasons] == ["tempo", "key", "energy", "form"]


@given(keys, keys)
def test_a_transposition_is_small_and_never_worse_than_none(a: Key, b: Key) -> None:
    semitones, score, _ = best_transposition(a, b)
    assert abs(semitones) <= 3
    assert score >= key_relation(a, b)[0]


@given(keys, keys)
def test_any_two_keys_come_to_be_neighbours_at_least(a: Key, b: Key) -> None:
    semitones, _, _ = best_transposition(a, b)
    assert key_relation(a.transposed(semitones), b)[0] >= 0.6


@given(keys, keys)
def test_a_relation_is_mutual(a: Key, b: Key) -> None:
    assert key_relation(a, b)[0] == key_relation(b, a)[0]


def test_relative_keys_need_no_transposition() -> None:
    assert best_transposition(Key(9, "minor"), Key(0, "major"))[0] == 0


@pytest.mark.parametrize(("tempo", "octave"), [(120, 1.0), (62, 2.0), (250, 0.5), (170, 1.0)])
def test_the_nearest_octave_is_the_smallest_stretch(tempo: float, octave: float) -> None:
    assert nearest_octave(tempo, 124) == octave
