"""How probable it is that two are one song."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.catalog.songs.matching import ACCEPTED, facts_of, likeness, score
from segue.catalog.songs.service import SongRef

SONG = SongRef(title="Yellow Moon", artist="Ann & Bo", album="Moons", year=2001, duration_ms=200_000)
WORDS = st.text("abcde ", min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
REFS = st.builds(
    SongRef,
    title=WORDS,
    artist=WORDS | st.just(""),
    duration_ms=st.none() | st.integers(1_000, 400_000),
    year=st.none() | st.just(2001),
)


@given(REFS, REFS)
def test_which_is_which_makes_no_difference(one: SongRef, other: SongRef) -> None:
    facts = facts_of(one), facts_of(other)
    assert score(*facts) == score(*reversed(facts))
    assert 0 < score(*facts) < 1


@pytest.mark.parametrize(
    ("likelier", "less_likely"),
    [
        ({}, {"title": "Yellow Mon"}),
        ({"title": "Yellow Mon"}, {"title": "Red Moon"}),
        ({}, {"title": "Yellow Moon (Live)"}),
        ({"artist": "Ann"}, {"artist": "Carl"}),
        ({}, {"artist": ""}),
        ({"duration_ms": 200_900}, {"duration_ms": 207_000}),
        ({"duration_ms": None}, {"duration_ms": 290_000}),
        ({}, {"album": "Suns"}),
        ({"title": "Yellow Mooon"}, {"title": "Yellow Moon 2"}),
        ({"title": "Yellow Mooon"}, {"title": "Yellow Moon II"}),
    ],
)
def test_what_agrees_more_is_likelier(likelier: dict[str, str], less_likely: dict[str, str]) -> None:
    facts = facts_of(SONG)
    assert score(facts, facts_of(replace(SONG, **likelier))) > score(facts, facts_of(replace(SONG, **less_likely)))  # type: ignore[arg-type]


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_likeness_is_of_both_and_never_below_what_is_asked(one: str, other: str) -> None:
    found = likeness(one, other, 0.6)
    assert found == likeness(other, one, 0.6)
    assert found == 0 or found >= 0.6
    assert (found == 1) == (one == other != "")


def test_a_swap_is_one_slip() -> None:
    assert likeness("yesterday", "yesterady", 0.6) == pytest.approx(8 / 9)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Quiet Rooms", "Quiet Bus"), ("Northern Gardens", "Northern Machines"), ("Lantern Tide", "Lantern Lights")],
)
def test_songs_of_an_album_that_share_a_word_and_a_length_are_two(one: str, other: str) -> None:
    facts = [
        facts_of(SongRef(title=title, artist="The Piers", album="Tidal", year=2012, duration_ms=210_000))
        for title in (one, other)
    ]
    assert score(*facts) < ACCEPTED
