"""All SQL of playlists and their entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.pagination import Paging, newest_first
from segue.library.playlists.tables import PlaylistCollaborator, PlaylistHead
from segue.library.tables import Playlist, PlaylistEntry


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry as edits see it; `by_hand` says that somebody added it, and not the list's source."""

    id: UUID
    position: int
    track_id: UUID
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is in a list; the duration is of those tracks of which it is known."""

    entries: int
    duration_ms: int


async def add(session: AsyncSession, playlist: Playlist) -> Playlist:
    """Add a list, with nothing in it yet."""
    session.add(playlist)
    await session.flush()
    return playlist


async def ensure_from_source(
    session: AsyncSession, *, user_id: UUID, import_id: UUID, source: str, name: str
) -> Playlist:
    """Return a user's list that has this name at its source, made now if there was none."""
    await session.execute(
        insert(Playlist)
        .values(user_id=user_id, name=name, source=source, source_name=name, import_id=import_id)
        .on_conflict_do_nothing()
    )
    query = select(Playlist).where(Playlist.user_id == user_id, Playlist.source == source, Playlist.source_name == name)
    return (await session.scalars(query)).one()


async def playlist(session: AsyncSession, playlist_id: UUID) -> Playlist | None:
    """Return a list that the session's user may see, deleted or not."""
    query = select(Playlist).where(Playlist.id == playlist_id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def by_slug(session: AsyncSession, slug: str) -> Playlist | None:
    """Return the public list at an address."""
    query = select(Playlist).where(Playlist.slug == slug, Playlist.deleted_at.is_(None))
    return (await session.scalars(query)).one_or_none()


async def playlists_of(
    session: AsyncSession, user_id: UUID, paging: Paging, *, shared: bool | None, deleted_since: datetime | None = None
) -> tuple[Sequence[Playlist], str | None]:
    """Return a page of lists, newest first: a user's own, those shared with them, or both (None).

    Parameters
    ----------
    deleted_since
        With it, those of their own that were deleted since then, and no others.
    """
    own = Playlist.user_id == user_id
    with_them = exists().where(PlaylistCollaborator.playlist_id == Playlist.id, PlaylistCollaborator.user_id == user_id)
    if deleted_since is not None:
        query = select(Playlist).where(own, Playlist.deleted_at >= deleted_since)
    else:
        which = or_(own, with_them) if shared is None else with_them if shared else own
        query = select(Playlist).where(which, Playlist.deleted_at.is_(None))
    return await newest_first(session, query, by=Playlist.id, paging=paging)


async def heads(session: AsyncSession, playlist_ids: Sequence[UUID]) -> dict[UUID, PlaylistHead]:
    """Return how lists stand."""
    query = select(PlaylistHead).where(PlaylistHead.playlist_id.in_(playlist_ids))
    return {head.playlist_id: head for head in await session.scalars(query)}


async def hold(session: AsyncSession, playlist_id: UUID) -> PlaylistHead:
    """Return how a list stands now; nobody else edits it until the transaction ends."""
    await session.execute(
        insert(PlaylistHead).values(playlist_id=playlist_id, edited_at=now()).on_conflict_do_nothing()
    )
    query = select(PlaylistHead).where(PlaylistHead.playlist_id == playlist_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def source_tracks(session: AsyncSession, playlist_id: UUID) -> list[UUID] | None:
    """Return a list as its source told it last; None where that is not known."""
    query = select(PlaylistHead.source_tracks).where(PlaylistHead.playlist_id == playlist_id)
    return (await session.scalars(query)).one()


async def set_source_tracks(session: AsyncSession, playlist_id: UUID, tracks: Sequence[UUID]) -> None:
    """Note a list as its source tells it."""
    statement = update(PlaylistHead).where(PlaylistHead.playlist_id == playlist_id)
    await session.execute(statement.values(source_tracks=list(tracks)).execution_options(synchronize_session=False))


async def placed_entries(session: AsyncSession, playlist_id: UUID) -> list[Placed]:
    """Return a list's entries in their order."""
    entry = PlaylistEntry
    query = select(entry.id, entry.position, entry.track_id, entry.added_by.is_not(None))
    found = await session.execute(query.where(entry.playlist_id == playlist_id).order_by(entry.position))
    return [Placed(*row) for row in found]


async def tracks_of(session: AsyncSession, playlist_id: UUID, *, limit: int | None = None) -> list[UUID]:
    """Return a list's tracks in their order."""
    query = select(PlaylistEntry.track_id).where(PlaylistEntry.playlist_id == playlist_id)
    return list(await session.scalars(query.order_by(PlaylistEntry.position).limit(limit)))


async def entries_of(
    session: AsyncSession, playlist_id: UUID, *, after: int | None = None, limit: int | None = None
) -> tuple[int, Sequence[PlaylistEntry]]:
    """Return entries that stand after a position, or all, and how many stand before these."""
    query = select(PlaylistEntry).where(PlaylistEntry.playlist_id == playlist_id)
    before = 0
    if after is not None:
        counted = select(func.count()).where(PlaylistEntry.playlist_id == playlist_id, PlaylistEntry.position <= after)
        before = (await session.scalars(counted)).one()
        query = query.where(PlaylistEntry.position > after)
    found = await session.scalars(query.order_by(PlaylistEntry.position).limit(limit))
    return before, found.all()


async def extents(session: AsyncSession, playlist_ids: Sequence[UUID]) -> dict[UUID, Extent]:
    """Return how much is in lists; those with nothing in them are left out."""
    found = await session.execute(
        text("""
            SELECT e.playlist_id, count(*), coalesce(sum(coalesce(
                s.duration_ms, ((a.probe ->> 'duration_s')::float8 * 1000)::bigint)), 0)::bigint
            FROM playlist_entries e LEFT JOIN source_tracks t ON t.id = e.track_id
            LEFT JOIN songs s ON s.track_id = e.track_id LEFT JOIN assets a ON a.id = t.asset_id
            WHERE e.playlist_id = ANY (:ids) GROUP BY e.playlist_id
        """),
        {"ids": list(playlist_ids)},
    )
    return {playlist_id: Extent(count, duration_ms) for playlist_id, count, duration_ms in found}


async def add_entries(session: AsyncSession, playlist_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add entries; each row has ``id``, ``position``, ``track_id``, ``added_at`` and ``added_by``."""
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        await session.execute(
            text("""
                INSERT INTO playlist_entries (playlist_id, id, position, track_id, added_at, added_by)
                SELECT :playlist_id, * FROM unnest(
                    CAST(:id AS uuid[]), CAST(:position AS bigint[]), CAST(:track_id AS uuid[]),
                    CAST(:added_at AS timestamptz[]), CAST(:added_by AS uuid[]))
            """),
            {"playlist_id": playlist_id, **columns},
        )


async def delete_entries(session: AsyncSession, playlist_id: UUID, entry_ids: Sequence[UUID]) -> None:
    """Take entries out of a list."""
    if entry_ids:
        await session.execute(
            text("DELETE FROM playlist_entries WHERE playlist_id = :playlist_id AND id = ANY (:ids)"),
            {"playlist_id": playlist_id, "ids": list(entry_ids)},
        )


async def set_positions(session: AsyncSession, playlist_id: UUID, positions: Mapping[UUID, int]) -> None:
    """Put entries elsewhere in a list."""
    if positions:
        await session.execute(
            text("""
                UPDATE playlist_entries e SET position = given.position
                FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS bigint[])) AS given (id, position)
                WHERE e.playlist_id = :playlist_id AND e.id = given.id
            """),
            {"playlist_id": playlist_id, "ids": list(positions), "positions": list(positions.values())},
        )


async def forget_deleted(session: AsyncSession, *, before: datetime) -> int:
    """Forget lists that were deleted before a moment, but for the names of those from elsewhere; return how many."""
    forgotten = await session.scalars(
        text("""
            WITH old AS (
                SELECT p.id, p.source_name FROM playlists p WHERE p.deleted_at < :before
                AND (p.source_name IS NULL OR EXISTS (SELECT FROM playlist_revisions r WHERE r.playlist_id = p.id))
            ), made_here AS (
                DELETE FROM playlists p USING old WHERE p.id = old.id AND old.source_name IS NULL
            ), revisions AS (
                DELETE FROM playlist_revisions r USING old WHERE r.playlist_id = old.id AND old.source_name IS NOT NULL
            ), comments AS (
                DELETE FROM playlist_comments c USING old WHERE c.playlist_id = old.id AND old.source_name IS NOT NULL
            ), collaborators AS (
                DELETE FROM playlist_collaborators c USING old
                WHERE c.playlist_id = old.id AND old.source_name IS NOT NULL
            ), invitations AS (
                DELETE FROM playlist_invitations i USING old
                WHERE i.playlist_id = old.id AND old.source_name IS NOT NULL
            ), heads AS (
                DELETE FROM playlist_heads h USING old WHERE h.playlist_id = old.id AND old.source_name IS NOT NULL
            ), from_elsewhere AS (
                UPDATE playlists p SET name = old.source_name, description = '', slug = NULL, cover_sha256 = NULL
                FROM old WHERE p.id = old.id AND old.source_name IS NOT NULL
            )
            SELECT count(*) FROM old
        """),
        {"before": before},
    )
    return int(forgotten.one())


async def collaborators_as(session: AsyncSession, playlist_ids: Sequence[UUID], user_id: UUID) -> dict[UUID, str]:
    """Return what a user may do with others' lists: that they are invited, or what they have joined as."""
    one = PlaylistCollaborator
    role = case((one.joined_at.is_(None), "invited"), else_=one.role)
    query = select(one.playlist_id, role).where(one.playlist_id.in_(playlist_ids), one.user_id == user_id)
    return {playlist_id: role for playlist_id, role in await session.execute(query)}  # noqa: C416 - rows are no pairs
