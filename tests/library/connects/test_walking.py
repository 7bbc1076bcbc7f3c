"""Lists that are read bit by bit: whatever comes in between and wherever it is cut off, each entry is met."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from segue.catalog.songs.service import SongRef
from segue.library.connects.platforms.apple_music import count_new
from segue.library.connects.platforms.platform import Batch, Cursor
from segue.library.connects.platforms.walking import Dated, Listed, Page, Place, distinctly_named, newest_first
from segue.library.formats.entries import Kept

PAGE = 3


async def read(moments: Sequence[int], cursor: Cursor, *, batches: int | None = None) -> tuple[list[str], Cursor]:
    """Read a list of entries with these moments, newest first, at most so many batches of it."""
    titles: list[str] = []

    async def page(place: Place | None) -> Page:
        start = int(place or 0)
        found = [
            Dated(Kept(song=SongRef(title=str(moment))), datetime.fromtimestamp(moment, UTC))
            for moment in moments[start : start + PAGE]
        ]
        return Page(found, start + PAGE if start + PAGE < len(moments) else None)

    walk: AsyncIterator[Batch] = newest_first(cursor, page)
    async for batch in walk:
        titles += [entry.song.title for entry in batch.entries if isinstance(entry, Kept)]
        cursor = batch.cursor
        if batches is not None:
            batches -= 1
            if batches == 0:
                break
    return titles, cursor


@given(
    first=st.sets(st.integers(1, 1000), max_size=30),
    between=st.sets(st.integers(1001, 2000), max_size=10),
    cut=st.integers(1, 12),
)
async def test_what_was_cut_off_is_read_to_its_end_with_what_came_in_between(
    first: set[int], between: set[int], cut: int
) -> None:
    before, cursor = await read(sorted(first, reverse=True), {}, batches=cut)
    moments = sorted(first | between, reverse=True)
    rest, cursor = await read(moments, cursor)
    late, cursor = await read(moments, cursor)  # what came in on pages that had been read
    assert {int(title) for title in before + rest + late} == first | between


@given(
    first=st.lists(st.integers(1, 1000), max_size=20),
    new=st.lists(st.integers(1001, 2000), min_size=1, max_size=10),
)
async def test_only_what_is_new_is_read_again(first: list[int], new: list[int]) -> None:
    _, cursor = await read(sorted(first, reverse=True), {})
    found, cursor = await read(sorted(first + new, reverse=True), cursor)
    assert sorted(map(int, found)) == sorted(new)
    assert await read(sorted(first + new, reverse=True), cursor) == ([], cursor)


@given(
    before=st.lists(st.sampled_from("abcdefgh"), max_size=12),
    new=st.lists(st.sampled_from("ijklmnop"), max_size=6),
    most=st.integers(1, 20),
)
def test_plays_without_times_are_new_down_to_the_first_known_one(before: list[str], new: list[str], most: int) -> None:
    ids = (new + before)[:most]
    assert count_new(before, ids) == min(len(new), len(ids))


def test_a_song_that_moves_to_the_head_was_played_again() -> None:
    assert count_new(["a", "b", "c"], ["c", "a", "b"]) == 1
    assert count_new(["a", "b", "c"], ["c", "a", "b", "c"]) == 1


@given(st.lists(st.sampled_from(["Mix", "Evening", "Mix (2)"]), max_size=6))
def test_lists_of_one_name_get_names_of_their_own_and_keep_their_order(names: list[str]) -> None:
    lists = [Listed(str(number), name, None) for number, name in enumerate(names)]
    named = distinctly_named(lists)
    assert [each.id for each in named] == [each.id for each in lists]
    assert len({each.name for each in named}) == len(lists)
