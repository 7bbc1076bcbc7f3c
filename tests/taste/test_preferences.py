"""Preferences: what is said counts more than what the songs tell, and each has its evidence."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.catalog.embeddings.service import KnownTrack
from segue.kit.ids import new_id
from segue.taste import preferences
from segue.taste.preferences import NAMES, effective, infer, with_inferred, with_said

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def song(title: str = "Harbour Lights", *, year: int | None = None, **numbers: float) -> KnownTrack:
    return KnownTrack(new_id(), title, "The Piers", ("piers",), year, (), None, numbers)


def test_songs_tell_tempo_energy_voices_eras_and_explicit_lyrics() -> None:
    facts = {"energy": 0.8, "instrumentalness": 0.1, "explicit": 1.0}
    songs = [(song(year=1990 + n, tempo=100.0 + n, **facts), 1.0) for n in range(20)]
    found = infer(songs)
    assert found["tempo_range"].value == {"min_bpm": 101, "max_bpm": 117}
    assert (found["energy"].value, found["vocals"].value) == ("energetic", "vocal")
    assert found["eras"].value == [1990, 2000]
    assert found["explicit_lyrics"].value is True
    assert all("20 songs" in one.evidence and one.songs == 20 for one in found.values())
    assert "bass_level" not in found


def test_of_what_too_few_songs_tell_nothing_is_concluded() -> None:
    songs = [(song(tempo=100.0), 1.0)] * 4 + [(song(), 1.0)] * 40
    assert infer(songs) == {}


def test_songs_that_speak_against_a_taste_tell_nothing_of_it() -> None:
    liked, disliked = [(song(energy=0.1), 1.0)] * 6, [(song(energy=0.95), -1.0)] * 60
    assert infer([*liked, *disliked])["energy"].value == "calm"


def test_a_script_of_one_language_tells_it() -> None:
    songs = [(song("真夏の夜のゆめ"), 1.0), (song("밤편지"), 1.0), (song("Harbour Lights"), 2.0)]
    assert infer(songs)["languages"].value == ["ko", "ja"]


def test_what_was_said_beats_what_was_inferred_and_gives_way_when_it_is_taken_back() -> None:
    inferred = infer([(song(energy=0.9), 1.0)] * 10)
    profile = with_inferred(with_said({}, {"energy": "calm"}, at=MOMENT), inferred, at=MOMENT)
    (energy,) = [one for one in effective(profile) if one.name == "energy"]
    assert (energy.value, energy.source, energy.inferred) == ("calm", "said", "energetic")
    assert "1 March 2026" in energy.evidence
    (energy,) = [one for one in effective(with_said(profile, {"energy": None}, at=MOMENT)) if one.name == "energy"]
    assert (energy.value, energy.source) == ("energetic", "inferred")
    assert "10 songs" in energy.evidence


said = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), st.integers(), st.text(max_size=5)))


@given(st.lists(said, max_size=6))
def test_partial_updates_are_as_one(updates: list[dict[str, Any]]) -> None:
    step_by_step: dict[str, Any] = {}
    for update in updates:
        step_by_step = with_said(step_by_step, update, at=MOMENT)
    merged = {name: value for update in updates for name, value in update.items()}
    assert effective(step_by_step) == effective(with_said({}, merged, at=MOMENT))


@given(said, said)
def test_inferring_never_changes_what_was_said(first: dict[str, Any], second: dict[str, Any]) -> None:
    found = {name: preferences.Inferred(value, "because", 1) for name, value in second.items()}
    profile = with_inferred(with_said({}, first, at=MOMENT), found, at=MOMENT)
    told = {one.name: one for one in effective(profile)}
    for name, value in first.items():
        if value is not None:
            assert (told[name].value, told[name].source) == (value, "said")


@pytest.mark.parametrize(("values", "share", "expected"), [([3, 1, 2], 0.5, 2), ([5], 0.1, 5), ([1, 9], 0.9, 9)])
def test_percentiles_go_by_weight(values: list[float], share: float, expected: float) -> None:
    from segue.taste.histograms import percentile

    assert percentile(values, [1.0] * len(values), share) == expected
