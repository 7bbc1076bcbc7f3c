"""Positions against a model: whatever is done to a list, they say its order, and few of them change."""

from bisect import bisect_left
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from segue.library.playlists.following import merged
from segue.library.playlists.ordering import GAP, matched, moved, placed
from segue.library.playlists.repository import Placed

EDITS = st.lists(st.tuples(st.sampled_from(["add", "remove", "move"]), st.integers(0, 30), st.integers(0, 30)))
TRACKS = st.lists(st.integers(0, 5).map(lambda number: UUID(int=number)), max_size=12)


@given(EDITS)
def test_positions_say_the_order_of_a_list_that_is_edited(edits: list[tuple[str, int, int]]) -> None:
    model: list[int] = []
    positions: dict[int, int] = {}
    for number, (what, first, second) in enumerate(edits):
        before = list(model)
        if what == "add":
            model.insert(min(first, len(model)), number)
        elif model and what == "remove":
            del model[first % len(model)]
        elif model:
            block = [model[first % len(model)], *model[second % len(model) : second % len(model) + 2]]
            block = list(dict.fromkeys(block))
            model = moved(model, lambda one, block=block: one in block, block, second)  # type: ignore[misc]
        new = placed([positions.get(one) for one in model])
        assert new == sorted(set(new))
        changed = sum(positions.get(one) not in (None, place) for one, place in zip(model, new, strict=True))
        assert changed <= len(model) - longest_rising([positions[one] for one in model if one in positions])
        assert what == "move" or model == [one for one in before if one in model] or what == "add"
        positions = dict(zip(model, new, strict=True))


@given(st.integers(1, 80))
def test_there_is_always_room_at_one_place(times: int) -> None:
    positions = placed([None, None])
    spread = 0
    for _ in range(times):
        new = placed([positions[0], None, *positions[1:]])
        assert new == sorted(set(new))
        spread += new[2:] != positions[1:]
        positions = new
    assert spread <= times / 30


def test_a_list_that_is_turned_round_keeps_one_position() -> None:
    positions = placed([None] * 100)
    new = placed(positions[::-1])
    assert sum(a == b for a, b in zip(new, positions[::-1], strict=True)) == 1


def test_numbers_that_grow_out_of_hand_are_given_anew() -> None:
    assert placed([2**62, None]) == [0, GAP]


@given(st.lists(st.integers(0, 6)), st.lists(st.integers(0, 6)))
def test_each_item_is_matched_once(had: list[int], wanted: list[int]) -> None:
    found = matched([(key, place) for place, key in enumerate(had)], wanted)
    places = [place for place in found if place is not None]
    assert len(set(places)) == len(places)
    for key, place in zip(wanted, found, strict=True):
        assert place is None or had[place] == key
    for key in set(wanted):
        assert sum(had[place] == key for place in places) == min(had.count(key), wanted.count(key))


def entries(tracks: list[UUID], *, by_hand: bool = False) -> list[Placed]:
    return [Placed(UUID(int=1000 + place), place * GAP, track, by_hand) for place, track in enumerate(tracks)]


@given(TRACKS, TRACKS)
def test_what_was_not_changed_here_follows_its_source(base: list[UUID], told: list[UUID]) -> None:
    here = merged(entries(base), base, [(track, None) for track in told])
    assert sorted(one.track_id for one in here) == sorted(told)


@given(TRACKS, TRACKS, TRACKS)
def test_what_was_done_here_stays(base: list[UUID], here: list[UUID], told: list[UUID]) -> None:
    mine = entries(here, by_hand=True)
    kept = [one for one in merged(mine, base, [(track, None) for track in told]) if isinstance(one, Placed)]
    assert kept == mine


@given(TRACKS, TRACKS)
def test_a_source_that_tells_the_same_again_changes_nothing(base: list[UUID], here: list[UUID]) -> None:
    mine = entries(here)
    assert merged(mine, base, [(track, None) for track in base]) == mine


def longest_rising(values: list[int]) -> int:
    tops: list[int] = []
    for value in values:
        place = bisect_left(tops, value)
        tops[place : place + 1] = [value]
    return len(tops)
