"""All SQL of playlists' revisions: what each did to which entry, undone and done again in the database itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.library.playlists.tables import PlaylistRevision

_GONE_AND_BACK: Final = {
    "before": ("position_before", "position_after"),
    "after": ("position_after", "position_before"),
}


async def add(
    session: AsyncSession,
    revision: Mapping[str, Any],
    *,
    put: Mapping[UUID, int | None],
    new: Sequence[Mapping[str, Any]],
) -> None:
    """Keep a revision, before what it does is done.

    Parameters
    ----------
    put
        Where entries go that are there; None: they go altogether.
    new
        Rows of entries that come.
    """
    await session.execute(insert(PlaylistRevision).values(**revision))
    key = {"playlist_id": revision["playlist_id"], "number": revision["number"]}
    if put:
        await session.execute(
            text("""
                INSERT INTO playlist_changes (playlist_id, number,
                    entry_id, track_id, position_before, position_after, added_at, added_by)
                SELECT :playlist_id, :number, e.id, e.track_id, e.position, given.position, e.added_at, e.added_by
                FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS bigint[])) AS given (id, position)
                JOIN playlist_entries e ON e.id = given.id AND e.playlist_id = :playlist_id
            """),
            {**key, "ids": list(put), "positions": list(put.values())},
        )
    if new:
        columns = {name: [row[name] for row in new] for name in new[0]}
        await session.execute(
            text("""
                INSERT INTO playlist_changes (playlist_id, number,
                    entry_id, position_after, track_id, added_at, added_by)
                SELECT :playlist_id, :number, * FROM unnest(
                    CAST(:id AS uuid[]), CAST(:position AS bigint[]), CAST(:track_id AS uuid[]),
                    CAST(:added_at AS timestamptz[]), CAST(:added_by AS uuid[]))
            """),
            {**key, **columns},
        )


async def revision(session: AsyncSession, playlist_id: UUID, number: int) -> PlaylistRevision | None:
    """Return a revision."""
    return await session.get(PlaylistRevision, (playlist_id, number))


async def revisions_of(
    session: AsyncSession, playlist_id: UUID, *, below: int | None, limit: int
) -> Sequence[PlaylistRevision]:
    """Return a list's revisions, the newest first."""
    query = select(PlaylistRevision).where(PlaylistRevision.playlist_id == playlist_id)
    if below is not None:
        query = query.where(PlaylistRevision.number < below)
    return (await session.scalars(query.order_by(PlaylistRevision.number.desc()).limit(limit))).all()


async def any_of(session: AsyncSession, playlist_id: UUID) -> bool:
    """Tell whether a list has revisions, those that were taken back among them."""
    query = select(func.count()).where(PlaylistRevision.playlist_id == playlist_id)
    return bool((await session.scalars(query)).one())


async def drop_above(session: AsyncSession, playlist_id: UUID, number: int) -> None:
    """Forget revisions that were taken back."""
    await session.execute(
        delete(PlaylistRevision).where(PlaylistRevision.playlist_id == playlist_id, PlaylistRevision.number > number)
    )


async def drop_old(session: AsyncSession, playlist_id: UUID, *, most: int, most_changes: int) -> None:
    """Forget the oldest revisions, where there are too many of them or of what they changed; the newest stays."""
    await session.execute(
        text("""
            DELETE FROM playlist_revisions r USING (
                SELECT number, row_number() OVER newest AS place, sum(size) OVER newest AS changes
                FROM playlist_revisions WHERE playlist_id = :playlist_id
                WINDOW newest AS (ORDER BY number DESC)
            ) AS counted
            WHERE r.playlist_id = :playlist_id AND r.number = counted.number
              AND counted.place > 1 AND (counted.place > :most OR counted.changes > :most_changes)
        """),
        {"playlist_id": playlist_id, "most": most, "most_changes": most_changes},
    )


async def apply(session: AsyncSession, playlist_id: UUID, number: int, *, side: Literal["before", "after"]) -> None:
    """Put the entries that a revision changed where they were before or after it."""
    wanted, other = _GONE_AND_BACK[side]
    key = {"playlist_id": playlist_id, "number": number}
    of_revision = "c.playlist_id = :playlist_id AND c.number = :number"
    await session.execute(
        text(f"""
            DELETE FROM playlist_entries e USING playlist_changes c
            WHERE {of_revision} AND c.{wanted} IS NULL AND e.id = c.entry_id AND e.playlist_id = :playlist_id
        """),  # noqa: S608 - constants of ours
        key,
    )
    await session.execute(
        text(f"""
            UPDATE playlist_entries e SET position = c.{wanted} FROM playlist_changes c
            WHERE {of_revision} AND c.{wanted} IS NOT NULL AND c.{other} IS NOT NULL
              AND e.id = c.entry_id AND e.playlist_id = :playlist_id
        """),  # noqa: S608 - as above
        key,
    )
    await session.execute(
        text(f"""
            INSERT INTO playlist_entries (id, playlist_id, position, track_id, added_at, added_by)
            SELECT c.entry_id, c.playlist_id, c.{wanted}, c.track_id, c.added_at, c.added_by
            FROM playlist_changes c WHERE {of_revision} AND c.{wanted} IS NOT NULL AND c.{other} IS NULL
        """),  # noqa: S608 - as above
        key,
    )
