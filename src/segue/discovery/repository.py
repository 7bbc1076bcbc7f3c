"""All SQL of discovery."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import numpy as np
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.signal import FloatArray
from segue.discovery.line import AddedBy, Item, ItemOutcome, Line
from segue.discovery.tables import Queue, QueueItem, Radio, RadioGeneration
from segue.kit.clock import now
from segue.kit.realtime import QUEUES_CHANNEL


async def queue(session: AsyncSession, user_id: UUID) -> Queue | None:
    """Return a user's queue, if they ever had one."""
    return await session.get(Queue, user_id, populate_existing=True)


async def held_queue(session: AsyncSession, user_id: UUID) -> Queue:
    """Return a user's queue, made now if there is none, which nobody else changes until the transaction ends."""
    values = {"user_id": user_id, "version": 0, "current_place": 0, "changed_at": now()}
    await session.execute(insert(Queue).values(**values).on_conflict_do_nothing())
    query = select(Queue).where(Queue.user_id == user_id).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def line(session: AsyncSession, head: Queue) -> Line:
    """Return what is in a queue; items whose tracks are gone are gone, too."""
    query = select(QueueItem).where(QueueItem.user_id == head.user_id).order_by(QueueItem.place)
    rows = (await session.scalars(query.execution_options(populate_existing=True))).all()
    items = tuple(
        Item(row.id, row.track_id, cast("AddedBy", row.added_by), cast("ItemOutcome | None", row.outcome))
        for row in rows
    )
    return Line(items, sum(row.place < head.current_place for row in rows))


async def store(session: AsyncSession, head: Queue, new: Line) -> None:
    """Keep a line in place of the one before, as another version, and tell all who watch."""
    ids = [item.id for item in new.items]
    mine = QueueItem.user_id == head.user_id
    await session.execute(delete(QueueItem).where(mine, QueueItem.id.not_in(ids)))
    if new.items:
        rows = [
            {
                "id": item.id,
                "user_id": head.user_id,
                "track_id": item.track_id,
                "place": place,
                "added_by": item.added_by,
                "outcome": item.outcome,
                "added_at": now(),
            }
            for place, item in enumerate(new.items)
        ]
        added = insert(QueueItem).values(rows)
        changed = {name: added.excluded[name] for name in ("place", "outcome")}
        await session.execute(added.on_conflict_do_update(index_elements=[QueueItem.id], set_=changed))
    head.version += 1
    head.current_place = new.at
    head.changed_at = now()
    await session.flush()
    await session.execute(select(func.pg_notify(QUEUES_CHANNEL, str(head.user_id))))


async def since(session: AsyncSession, items: Sequence[Item], moment: datetime) -> list[Item]:
    """Return those of these items that came into their queue at a moment or later, in their order."""
    query = select(QueueItem.id).where(QueueItem.id.in_([item.id for item in items]), QueueItem.added_at >= moment)
    new = set(await session.scalars(query))
    return [item for item in items if item.id in new]


async def radio(session: AsyncSession, user_id: UUID) -> Radio | None:
    """Return a user's radio, running or not."""
    return await session.get(Radio, user_id, populate_existing=True)


async def begin_radio(session: AsyncSession, values: dict[str, Any]) -> Radio:
    """Begin a radio in place of the one before."""
    new = insert(Radio).values(**values)
    kept = {name: new.excluded[name] for name in values if name != "user_id"}
    await session.execute(new.on_conflict_do_update(index_elements=[Radio.user_id], set_=kept))
    return await session.get_one(Radio, values["user_id"], populate_existing=True)


async def asked(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """Return the generations that were asked for for a user's radio and are not taken in yet, the oldest first."""
    query = select(RadioGeneration.generation_id).where(RadioGeneration.user_id == user_id)
    return (await session.scalars(query.order_by(RadioGeneration.asked_at))).all()


async def add_asked(session: AsyncSession, user_id: UUID, generation_id: UUID) -> None:
    """Note that a generation was asked for."""
    session.add(RadioGeneration(generation_id=generation_id, user_id=user_id))
    await session.flush()


async def forget_asked(session: AsyncSession, user_id: UUID, generation_ids: Collection[UUID] | None = None) -> None:
    """Forget generations that were asked for: these, or all."""
    which = RadioGeneration.user_id == user_id
    if generation_ids is not None:
        which &= RadioGeneration.generation_id.in_(generation_ids)
    await session.execute(delete(RadioGeneration).where(which))


async def stop_radio(session: AsyncSession, user_id: UUID, *, at: datetime | None) -> None:
    """Let a radio stop, or go on."""
    await session.execute(update(Radio).where(Radio.user_id == user_id).values(stopped_at=at))


async def with_audio(
    session: AsyncSession, vector: FloatArray | None, *, space: str | None, but: Collection[UUID], limit: int
) -> list[UUID]:
    """Return tracks with audio that the session's user may see: those that lie nearest to a vector, else the newest.

    Behind them come those of which nobody knows where they lie.

    All of them are looked at: where there are a hundred thousand, it takes a good part of a second.
    """
    if vector is None:
        found = await session.scalars(
            text("""
                SELECT id FROM source_tracks WHERE asset_id IS NOT NULL AND NOT id = ANY(CAST(:but AS uuid[]))
                ORDER BY id DESC LIMIT :most
            """),
            {"but": list(but), "most": limit},
        )
        return list(found)
    found = await session.scalars(
        text("""
            SELECT t.id FROM source_tracks t LEFT JOIN embeddings e ON e.track_id = t.id AND e.space = :space
            WHERE t.asset_id IS NOT NULL AND NOT t.id = ANY(CAST(:but AS uuid[]))
            ORDER BY (e.vector <#> CAST(:vector AS vector)) + 0, t.id DESC LIMIT :most
        """),  # the sum keeps the planner from an index that would walk past all songs without audio
        {"vector": _text(vector), "space": space, "but": list(but), "most": limit},
    )
    return list(found)


async def embeddable(session: AsyncSession, track_ids: Sequence[UUID], kinds: Collection[str]) -> list[UUID]:
    """Return those of these tracks that are known at some platform, in their order."""
    found = await session.scalars(
        text("""
            SELECT wanted.id FROM unnest(CAST(:track_ids AS uuid[])) WITH ORDINALITY AS wanted (id, number)
            WHERE EXISTS (SELECT FROM song_identifiers i WHERE i.track_id = wanted.id AND i.kind = ANY(:kinds))
            ORDER BY wanted.number
        """),
        {"track_ids": list(track_ids), "kinds": list(kinds)},
    )
    return list(found)


async def spaces_of(session: AsyncSession, track_ids: Sequence[UUID]) -> list[tuple[str, int]]:
    """Return the spaces in which tracks lie, with how many of them do, the fullest first."""
    found = await session.execute(
        text("""
            SELECT space, count(*) FROM embeddings WHERE track_id = ANY(CAST(:track_ids AS uuid[]))
            GROUP BY space ORDER BY count(*) DESC, space
        """),
        {"track_ids": list(track_ids)},
    )
    return [(space, int(count)) for space, count in found]


def _text(vector: FloatArray) -> str:
    return "[" + ",".join(map(repr, np.asarray(vector, dtype=np.float64).tolist())) + "]"
