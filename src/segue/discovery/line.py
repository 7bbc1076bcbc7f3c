"""A queue as a value: items in a row, and which of them plays. Every change gives another line."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

AddedBy = Literal["listener", "radio"]
ItemOutcome = Literal["played", "skipped"]

#: Of what is past so many are kept.
MOST_PAST: Final = 100


@dataclass(frozen=True, slots=True)
class Item:
    """A track in a line; `outcome` is None until it is past."""

    id: UUID
    track_id: UUID
    added_by: AddedBy = "listener"
    outcome: ItemOutcome | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out of a line: each item with the index that it had, and which index played, if that changed."""

    items: tuple[tuple[int, Item], ...]
    at: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as a queue keeps it."""
        return {
            "at": self.at,
            "items": [
                [index, str(item.id), str(item.track_id), item.added_by, item.outcome] for index, item in self.items
            ],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Removed":
        """Read what `as_json` wrote."""
        items = [
            (index, Item(UUID(item_id), UUID(track_id), added_by, outcome))
            for index, item_id, track_id, added_by, outcome in kept["items"]
        ]
        return cls(tuple(items), kept["at"])


@dataclass(frozen=True, slots=True)
class Line:
    """Items in a row.

    Attributes
    ----------
    items
        No id twice; a track may be in it several times.
    at
        The index of what plays, 0 to ``len(items)``: beyond the last, all is past, and what is added next plays.
    """

    items: tuple[Item, ...] = ()
    at: int = 0

    @property
    def current(self) -> Item | None:
        """What plays."""
        return self.items[self.at] if self.at < len(self.items) else None

    @property
    def past(self) -> tuple[Item, ...]:
        """What came before it."""
        return self.items[: self.at]

    @property
    def upcoming(self) -> tuple[Item, ...]:
        """What comes after it."""
        return self.items[self.at + 1 :]

    def index_of(self, item_id: UUID) -> int | None:
        """Return where an item is."""
        return next((index for index, item in enumerate(self.items) if item.id == item_id), None)

    def added(self, new: Sequence[Item], where: Literal["next", "end"]) -> "Line":
        """Return the line with new items: behind what plays; or behind all that the listener added."""
        if where == "next":
            index = min(self.at + 1, len(self.items))
        else:
            mine = [index for index, item in enumerate(self.items) if item.added_by == "listener" or index <= self.at]
            index = mine[-1] + 1 if mine else 0
        return replace(self, items=(*self.items[:index], *new, *self.items[index:]))

    def moved(self, item_id: UUID, to: int) -> "Line":
        """Return the line with an item elsewhere; what plays goes on playing. An unknown item changes nothing."""
        index = self.index_of(item_id)
        if index is None:
            return self
        rest = [*self.items[:index], *self.items[index + 1 :]]
        to = max(0, min(to, len(rest)))
        items = (*rest[:to], self.items[index], *rest[to:])
        current = self.current
        at = len(items) if current is None else next(n for n, item in enumerate(items) if item.id == current.id)
        return Line(items, at)

    def without(self, item_ids: Collection[UUID]) -> tuple["Line", Removed]:
        """Return the line without some items, and these; if what plays is one of them, what follows it plays."""
        gone = tuple((index, item) for index, item in enumerate(self.items) if item.id in item_ids)
        items = tuple(item for item in self.items if item.id not in item_ids)
        at = self.at - sum(index < self.at for index, _ in gone)
        return Line(items, at), Removed(gone, self.at if any(index == self.at for index, _ in gone) else None)

    def cleared(self) -> tuple["Line", Removed]:
        """Return an empty line, and all that was in this one."""
        return Line(), Removed(tuple(enumerate(self.items)), self.at)

    def restored(self, removed: Removed) -> "Line":
        """Return the line with what was removed where it was, as far as there is such a place."""
        current, items = self.current, list(self.items)
        here = {item.id for item in items}
        back = [(index, item) for index, item in removed.items if item.id not in here]
        for index, item in back:
            items.insert(min(index, len(items)), item)
        if removed.at is not None:
            at = min(removed.at, len(items))
        elif current is None:
            at = len(items)
        else:
            at = next(n for n, item in enumerate(items) if item.id == current.id)
        return Line(tuple(items), at)

    def advanced(self, outcome: ItemOutcome) -> "Line":
        """Return the line with the next item playing; of what is past the oldest go."""
        if self.current is None:
            return self
        items = [*self.items]
        items[self.at] = replace(items[self.at], outcome=outcome)
        gone = max(0, self.at + 1 - MOST_PAST)
        return Line(tuple(items[gone:]), self.at + 1 - gone)

    def went_back(self) -> "Line":
        """Return the line with the item before playing, again."""
        return replace(self, at=max(0, self.at - 1))

    def jumped(self, item_id: UUID) -> "Line":
        """Return the line with an item playing; those between stay where they are. An unknown one changes nothing."""
        index = self.index_of(item_id)
        return self if index is None else replace(self, at=index)

    def consisting_of(self, track_ids: Sequence[UUID], at: int, new_id: Callable[[], UUID]) -> "Line":
        """Return a line of these tracks, that at an index playing; items of tracks that stay are the same items."""
        had: dict[UUID, list[Item]] = {}
        for item in self.items:
            had.setdefault(item.track_id, []).append(item)
        kept = [had[track].pop(0) if had.get(track) else Item(new_id(), track) for track in track_ids]
        past, ahead = kept[:at], kept[at:]
        return Line((*past, *(replace(item, outcome=None) for item in ahead)), at)

    def with_radio(self, chosen: Sequence[Item]) -> "Line":
        """Return the line with these as all that a radio has added and that is still to come, behind the listener's."""
        mine = tuple(item for item in self.upcoming if item.added_by == "listener")
        return replace(self, items=(*self.items[: self.at + 1], *mine, *chosen))
