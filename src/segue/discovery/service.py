"""The queue's decisions: what a change makes of it, and that all devices of a listener see the same one."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.catalog.listing import ListedTrack
from segue.discovery import radio as radios
from segue.discovery import repository
from segue.discovery.line import MOST_PAST, Item, ItemOutcome, Line, Removed
from segue.discovery.radio import Seed
from segue.discovery.tables import Queue, Radio
from segue.kit.clock import now
from segue.kit.database import DATABASE_GONE
from segue.kit.errors import Conflict, NotFound
from segue.kit.ids import new_id
from segue.kit.realtime import QUEUES_CHANNEL
from segue.kit.runtime import Runtime

__all__ = ["QueueChanged", "QueueNow", "SavedQueue", "Seed"]

MOST_ITEMS: Final = 1_000
#: So many more a radio may have added to a full queue, that can all be put back.
_FROM_RADIO: Final = MOST_PAST
_FULL: Final = f"A queue holds {MOST_ITEMS} tracks: remove some first."
_KEEP_ALIVE_S: Final = 15.0
_NO_ITEM: Final = "There is no such item in your queue."


class QueueChanged(Conflict):
    """The queue is not the one that the change was meant for."""

    type = "queue-changed"
    title = "The queue has changed"


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue as it is now.

    Attributes
    ----------
    line
        Without items of tracks that the listener may not see any more.
    tracks
        What its tracks are called.
    radio, making
        What keeps it filled, if anything does; how many tracks are being made for it.
    """

    version: int
    line: Line
    tracks: Mapping[UUID, ListedTrack]
    radio: Radio | None
    making: int
    can_undo: bool


@dataclass(frozen=True, slots=True)
class SavedQueue:
    """A queue as players save it: in one go, with how far they are in what plays.

    Attributes
    ----------
    track_ids
        Past, playing and to come.
    at
        The index of what plays; as many as there are tracks, if nothing does.
    changed_by
        The player that saved it last.
    """

    track_ids: Sequence[UUID]
    at: int
    position_ms: int
    changed_by: str | None
    changed_at: datetime | None


async def saved(session: AsyncSession, user_id: UUID) -> SavedQueue:
    """Return a user's queue as the next player takes it up."""
    head = await repository.queue(session, user_id)
    if head is None:
        return SavedQueue([], 0, 0, None, None)
    line = await repository.line(session, head)
    here = line.current is not None and line.current.id == head.position_item_id
    tracks = [item.track_id for item in line.items]
    return SavedQueue(tracks, line.at, head.position_ms if here else 0, head.changed_by, head.changed_at)


async def save(
    session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID], *, at: int, position_ms: int, changed_by: str
) -> QueueNow:
    """Have a queue consist of these tracks, the one at index `at` playing; what was in it already stays what it was.

    Raises
    ------
    NotFound
        One of them is not there, or another's and private.
    Conflict
        They are too many.
    """
    seen = await catalog.tracks(session, track_ids)
    if any(track_id not in seen for track_id in track_ids):
        raise NotFound("There is no such track, or it is not yours to see.")
    if len(track_ids) > MOST_ITEMS:
        raise Conflict(_FULL)

    def replaced(head: Queue, line: Line) -> Line:
        new = line.consisting_of(track_ids, at, new_id)
        head.position_ms, head.changed_by, head.changed_at = position_ms, changed_by, now()
        head.position_item_id = new.current.id if new.current else None
        return new

    return await _changed(session, user_id, None, replaced)


async def look(session: AsyncSession, user_id: UUID) -> QueueNow:
    """Return a user's queue; a radio that runs takes in what was made, and what was said, meanwhile."""
    if await radios.running(session, user_id) is not None:
        return await _changed(session, user_id, None, lambda _, line: line)
    head = await repository.queue(session, user_id)
    if head is None:
        return QueueNow(0, Line(), {}, None, 0, can_undo=False)
    return await _shown(session, head, await repository.line(session, head), None)


async def add(
    session: AsyncSession,
    user_id: UUID,
    track_ids: Sequence[UUID],
    *,
    where: Literal["next", "end"] = "end",
    version: int | None = None,
) -> QueueNow:
    """Add tracks that a user may see.

    Raises
    ------
    NotFound
        One of them is not there, or another's and private.
    Conflict
        The queue would be too long.
    """
    seen = await catalog.tracks(session, track_ids)
    if any(track_id not in seen for track_id in track_ids):
        raise NotFound("There is no such track, or it is not yours to see.")
    new = [Item(new_id(), track_id) for track_id in track_ids]

    def added(_head: Queue, line: Line) -> Line:
        if len(line.items) + len(new) > MOST_ITEMS:
            raise Conflict(_FULL)
        return line.added(new, where)

    return await _changed(session, user_id, version, added)


async def move(session: AsyncSession, user_id: UUID, item_id: UUID, to: int, *, version: int | None) -> QueueNow:
    """Move an item to another index; raises `NotFound` if there is no such item."""
    return await _changed(session, user_id, version, lambda _, line: _with(line, item_id).moved(item_id, to))


async def remove(session: AsyncSession, user_id: UUID, item_id: UUID, *, version: int | None) -> QueueNow:
    """Remove an item; raises `NotFound` if there is no such item."""

    def removed(head: Queue, line: Line) -> Line:
        return _kept(head, _with(line, item_id).without({item_id}))

    return await _changed(session, user_id, version, removed)


async def clear(session: AsyncSession, user_id: UUID, *, version: int | None) -> QueueNow:
    """Empty a queue, and stop the radio that fills it."""
    if await radios.running(session, user_id) is not None:
        await repository.stop_radio(session, user_id, at=now())

    def cleared(head: Queue, line: Line) -> Line:
        return _kept(head, line.cleared()) if line.items else line

    return await _changed(session, user_id, version, cleared)


async def undo(session: AsyncSession, user_id: UUID, *, version: int | None) -> QueueNow:
    """Put back what was removed or cleared last; raises `Conflict` if there is nothing, or no room for it."""
    head = await repository.held_queue(session, user_id)
    if head.removed is None:
        raise Conflict("There is nothing to put back.")
    removed = Removed.from_json(head.removed)
    seen = await catalog.tracks(session, [item.track_id for _, item in removed.items])
    there = Removed(tuple(one for one in removed.items if one[1].track_id in seen), removed.at)

    def restored(head: Queue, line: Line) -> Line:
        head.removed = None
        return line.restored(there)

    return await _changed(session, user_id, version, restored)


async def go_on(
    session: AsyncSession, user_id: UUID, *, outcome: ItemOutcome, item_id: UUID | None, version: int | None
) -> QueueNow:
    """Go on to the next item.

    Parameters
    ----------
    outcome
        What became of the one that played.
    item_id
        Which that was: if another plays by now, whoever asks is late, and nothing is done.
    """

    def advanced(_head: Queue, line: Line) -> Line:
        late = item_id is not None and (line.current is None or line.current.id != item_id)
        return line if late else line.advanced(outcome)

    return await _changed(session, user_id, version, advanced)


async def go_back(session: AsyncSession, user_id: UUID, *, version: int | None) -> QueueNow:
    """Go back to the item before."""
    return await _changed(session, user_id, version, lambda _, line: line.went_back())


async def jump(session: AsyncSession, user_id: UUID, item_id: UUID, *, version: int | None) -> QueueNow:
    """Play an item now; raises `NotFound` if there is no such item."""
    return await _changed(session, user_id, version, lambda _, line: _with(line, item_id).jumped(item_id))


async def begin_radio(session: AsyncSession, user_id: UUID, seed: Seed, *, version: int | None) -> QueueNow:
    """Begin a radio: what another one had added, and is still to come, goes."""
    head = await repository.held_queue(session, user_id)
    _check(head, version)
    await radios.begin(session, user_id, seed)
    return await _changed(session, user_id, version, lambda _, line: line.with_radio([]), in_any_case=True)


async def stop_radio(session: AsyncSession, user_id: UUID) -> QueueNow:
    """Stop a radio; what it has added stays."""
    await repository.held_queue(session, user_id)
    await repository.stop_radio(session, user_id, at=now())
    return await _changed(session, user_id, None, lambda _, line: line, in_any_case=True)


async def watch(runtime: Runtime, user_id: UUID) -> AsyncGenerator[int | None, None]:
    """Yield the version of a user's queue, now and after each change; ``None`` says that nothing has happened."""
    async with runtime.notifications.subscribe(QUEUES_CHANNEL, str(user_id)) as subscription:
        known: int | None = None
        while True:
            try:
                async with runtime.database.session(user_id) as session:
                    head = await repository.queue(session, user_id)
            except DATABASE_GONE:
                yield None
                await asyncio.sleep(1)
                continue
            version = 0 if head is None else head.version
            yield version if version != known else None
            known = version
            await subscription.wait(_KEEP_ALIVE_S)


async def _changed(
    session: AsyncSession,
    user_id: UUID,
    version: int | None,
    change: Callable[[Queue, Line], Line],
    *,
    in_any_case: bool = False,
) -> QueueNow:
    """Change a queue that nobody else changes meanwhile, have a radio fill it, keep it, and return it.

    Parameters
    ----------
    in_any_case
        Whether it is another version though its items may be the same: a radio has begun, or stopped.
    """
    head = await repository.held_queue(session, user_id)
    _check(head, version)
    line = await repository.line(session, head)
    changed = change(head, line)
    if len(changed.items) > max(MOST_ITEMS + _FROM_RADIO, len(line.items)):
        raise Conflict(_FULL)
    new = await radios.tended(session, user_id, changed, anew=in_any_case)
    if new != line or in_any_case:
        await repository.store(session, head, new)
    return await _shown(session, head, new, await radios.running(session, user_id))


def _check(head: Queue, version: int | None) -> None:
    if version is not None and version != head.version:
        raise QueueChanged("The queue has changed since you looked: look again, and decide anew.", version=head.version)


def _kept(head: Queue, change: tuple[Line, Removed]) -> Line:
    line, removed = change
    head.removed = removed.as_json()
    return line


def _with(line: Line, item_id: UUID) -> Line:
    if line.index_of(item_id) is None:
        raise NotFound(_NO_ITEM)
    return line


async def _shown(session: AsyncSession, head: Queue, line: Line, radio: Radio | None) -> QueueNow:
    tracks = await catalog.listed(session, list({item.track_id for item in line.items}))
    visible, _ = line.without({item.id for item in line.items if item.track_id not in tracks})
    making = 0 if radio is None else await radios.making(session, head.user_id)
    return QueueNow(head.version, visible, tracks, radio, making, can_undo=head.removed is not None)
