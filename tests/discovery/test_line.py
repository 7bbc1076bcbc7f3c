"""What no change of a queue may break, whatever comes after what."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from segue.discovery.line import MOST_PAST, Item, Line, Removed

NUMBERS = st.integers(0, 12)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "add next", "move", "remove", "clear", "undo", "next", "skip", "back", "jump", "radio"]
        ),
        NUMBERS,
        NUMBERS,
    ),
    max_size=40,
)


class Player:
    """Does what is told, and keeps what was removed last, as a queue does."""

    def __init__(self) -> None:
        self.line = Line()
        self.removed: Removed | None = None
        self._made = 0

    def new(self, count: int, by: str = "listener") -> list[Item]:
        self._made += count
        return [Item(UUID(int=self._made - n), UUID(int=n), by) for n in range(count)]  # type: ignore[arg-type]

    def one(self, number: int) -> UUID:
        items = self.line.items
        return items[number % len(items)].id if items else UUID(int=0)

    def do(self, what: str, first: int, second: int) -> None:
        line = self.line
        match what:
            case "add" | "add next":
                self.line = line.added(self.new(first % 4), "next" if what == "add next" else "end")
            case "move":
                self.line = line.moved(self.one(first), second)
            case "remove":
                self.line, self.removed = line.without({self.one(first)})
            case "clear":
                self.line, self.removed = line.cleared()
            case "undo" if self.removed is not None:
                self.line = line.restored(Removed.from_json(self.removed.as_json()))
                self.removed = None
            case "next" | "skip":
                self.line = line.advanced("skipped" if what == "skip" else "played")
            case "back":
                self.line = line.went_back()
            case "jump":
                self.line = line.jumped(self.one(first))
            case "radio":
                self.line = line.with_radio(self.new(first % 4, "radio"))


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_no_item_is_twice_and_something_in_the_line_or_nothing_plays(changes: list[tuple[str, int, int]]) -> None:
    player = Player()
    for change in changes:
        before = player.line
        player.do(*change)
        line = player.line
        assert len({item.id for item in line.items}) == len(line.items)
        assert 0 <= line.at <= len(line.items)
        assert (*line.past, *([line.current] if line.current else []), *line.upcoming) == line.items
        if change[0] in ("add", "add next", "move", "radio") and before.current:
            assert line.current == before.current


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.sampled_from(["clear", "remove"]), NUMBERS)
def test_what_was_removed_comes_back_as_it_was(changes: list[tuple[str, int, int]], what: str, number: int) -> None:
    player = Player()
    for change in changes:
        player.do(*change)
    before = player.line
    player.do(what, number, 0)
    player.do("undo", 0, 0)
    assert player.line == before


def test_what_was_added_since_stays_when_a_cleared_line_comes_back() -> None:
    player = Player()
    player.do("add", 3, 0)
    player.do("next", 0, 0)
    old = player.line.items
    player.do("clear", 0, 0)
    player.do("add", 1, 0)
    added = player.line.items
    player.do("undo", 0, 0)
    assert player.line.items == (*old, *added)
    assert player.line.current == old[1]


def test_of_what_is_past_the_oldest_go() -> None:
    player = Player()
    for _ in range(MOST_PAST + 5):
        player.do("add", 1, 0)
        player.do("next", 0, 0)
    assert (len(player.line.items), player.line.at, player.line.current) == (MOST_PAST, MOST_PAST, None)


def test_a_radios_tracks_come_behind_the_listeners() -> None:
    player = Player()
    player.do("radio", 3, 0)
    player.do("add", 2, 0)
    assert [item.added_by for item in player.line.items] == ["radio", "listener", "listener", "radio", "radio"]
