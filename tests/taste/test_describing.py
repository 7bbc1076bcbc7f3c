"""A taste in words: facets are called by what is their own, and nothing is said that is not known."""

from hypothesis import given
from hypothesis import strategies as st

from segue.catalog.embeddings.service import KnownTrack
from segue.kit.ids import new_id
from segue.taste.describing import name_of, profile_of, sentences, told_apart


def song(artist: str, *tags: str, year: int | None = None, **numbers: float) -> KnownTrack:
    return KnownTrack(new_id(), "A Song", artist, (artist.lower(),), year, tags, tags[0] if tags else None, numbers)


def told(songs: list[KnownTrack], members: list[list[int]], shares: list[float]) -> list[str]:
    profile = profile_of(songs, [1.0] * len(songs), members)
    facets = [
        {"name": name_of(facet["tags"], facet["artists"]), "share": share}
        for facet, share in zip(profile["facets"], shares, strict=True)
    ]
    return sentences(profile, facets)


def test_a_facet_is_called_by_the_tags_that_others_lack() -> None:
    songs = [song("A", "pop", "dream pop")] * 5 + [song("B", "pop", "house")] * 5
    profile = profile_of(songs, [1.0] * 10, [list(range(5)), list(range(5, 10))])
    assert [facet["tags"][0] for facet in profile["facets"]] == ["dream pop", "house"]


def test_without_tags_it_is_called_by_its_artists() -> None:
    assert told([song("Mira Vale"), song("The Piers")], [[0, 1]], [1.0])[0] == "Your taste is Mira Vale & The Piers."


def test_what_is_known_is_said_and_the_rest_is_not() -> None:
    known = [song("A", "pop", year=1994, tempo=120.0, energy=0.8)] * 3
    words = told(known, [[0, 1, 2]], [1.0])
    assert words == [
        "Your taste is pop.",
        "Most of it moves at 120 beats a minute.",
        "100 % of it is from the 1990s.",
        "It is energetic: its energy is 0.80 of 1.",
        "3 songs speak for it.",
    ]
    assert told([song("A", "pop")], [[0]], [1.0]) == ["Your taste is pop.", "1 song speaks for it."]


def test_examples_are_of_different_artists_first() -> None:
    songs = [song("A")] * 4 + [song("B")] + [song("C")]
    (facet,) = profile_of(songs, [5, 4, 3, 2, 1, 1], [list(range(6))])["facets"]
    by_id = {str(one.track_id): one.artist for one in songs}
    assert [by_id[example] for example in facet["examples"]][:3] == ["A", "B", "C"]


numbers = st.dictionaries(st.sampled_from(["tempo", "energy"]), st.floats(0, 1e6))


@given(st.lists(st.tuples(numbers, st.one_of(st.none(), st.integers(0, 9999)), st.floats(-4, 4)), max_size=12))
def test_shares_add_up_whatever_is_known(rows: list[tuple[dict[str, float], int | None, float]]) -> None:
    songs = [song("A", year=year, **facts) for facts, year, _ in rows]
    profile = profile_of(songs, [weight for *_, weight in rows], [list(range(len(rows)))])
    for name in ("tempo", "eras", "energy"):
        histogram = profile[name]
        assert abs(sum(histogram["shares"]) - bool(histogram["songs"])) < 1e-2


def test_facets_of_one_name_are_told_apart_by_their_artists() -> None:
    names = told_apart(["pop", "jazz", "pop", "pop"], [["Ann", "Bo"], ["Cy"], ["Di"], []])
    assert names == ["pop like Ann", "jazz", "pop like Di", "pop"]
