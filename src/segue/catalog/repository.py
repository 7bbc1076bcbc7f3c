"""All SQL of the catalogue."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.listing import ListedTrack
from segue.catalog.tables import Asset, SourceTrack
from segue.kit.blobs import lock_blob
from segue.kit.pagination import Paging, newest_first


async def ensure_asset(
    session: AsyncSession, *, sha256: str, size_bytes: int, media_type: str, probe: dict[str, Any]
) -> Asset:
    """Return the asset of this content, made now if nobody has brought it before; until the end it cannot go."""
    await lock_blob(session, sha256)
    await session.execute(
        insert(Asset)
        .values(sha256=sha256, size_bytes=size_bytes, media_type=media_type, probe=probe)
        .on_conflict_do_nothing(index_elements=[Asset.sha256])
    )
    asset = await asset_of(session, sha256)
    if asset is None:
        raise LookupError("an asset is there once it has been inserted")
    return asset


async def asset_of(session: AsyncSession, sha256: str) -> Asset | None:
    """Return the asset of this content."""
    return (await session.scalars(select(Asset).where(Asset.sha256 == sha256))).one_or_none()


async def ensure_uploaded_track(
    session: AsyncSession,
    *,
    user_id: UUID,
    asset: Asset,
    title: str,
    artist: str | None,
    labels: Mapping[str, str | int | None],
) -> SourceTrack:
    """Return the user's track of this asset, made now if they have not uploaded it before."""
    await session.execute(
        insert(SourceTrack)
        .values(user_id=user_id, asset_id=asset.id, source="uploaded", title=title, artist=artist, **labels)
        .on_conflict_do_nothing()
    )
    query = select(SourceTrack).where(
        SourceTrack.user_id == user_id, SourceTrack.asset_id == asset.id, SourceTrack.source == "uploaded"
    )
    return (await session.scalars(query)).one()


async def add_track(session: AsyncSession, track: SourceTrack) -> SourceTrack:
    """Store a new track."""
    session.add(track)
    await session.flush()
    return track


async def track(session: AsyncSession, track_id: UUID) -> SourceTrack | None:
    """Return a track that the session's user may see."""
    return await session.get(SourceTrack, track_id)


async def tracks(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, SourceTrack]:
    """Return tracks by their id."""
    query = select(SourceTrack).where(SourceTrack.id.in_(track_ids))
    return {track.id: track for track in (await session.scalars(query)).unique()}


async def listed(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, ListedTrack]:
    """Return tracks as lists show them, by their id, without reading what was heard in them."""
    found = await session.execute(
        text("""
            SELECT t.id, t.title, t.artist, coalesce(s.album, t.album), coalesce(s.year, t.year), t.source,
                t.visibility, coalesce(s.duration_ms, round((a.probe ->> 'duration_s')::float8 * 1000)::bigint)
            FROM source_tracks t LEFT JOIN songs s ON s.track_id = t.id LEFT JOIN assets a ON a.id = t.asset_id
            WHERE t.id = ANY (:ids)
        """),
        {"ids": list(track_ids)},
    )
    return {row.id: ListedTrack(*row) for row in found}


async def tracks_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[SourceTrack], str | None]:
    """Return a page of a user's tracks, newest first, and the cursor of the next."""
    query = select(SourceTrack).where(SourceTrack.user_id == user_id)
    return await newest_first(session, query, by=SourceTrack.id, paging=paging)


async def store_analysis(
    session: AsyncSession, asset_id: UUID, *, analysis: dict[str, Any], embedding: list[float], version: str
) -> Asset:
    """Keep what was heard in an asset."""
    asset = await session.get_one(Asset, asset_id)
    asset.analysis = analysis
    asset.embedding = embedding
    asset.analysis_version = version
    return asset


async def delete_track(session: AsyncSession, track_id: UUID) -> None:
    """Remove a track; its asset stays while others play it."""
    await session.execute(delete(SourceTrack).where(SourceTrack.id == track_id))


async def hold_asset(session: AsyncSession, asset_id: UUID) -> Asset | None:
    """Return an asset, if it is there once nobody else may begin or cease to need its content."""
    sha256 = await session.scalar(select(Asset.sha256).where(Asset.id == asset_id))
    if sha256 is None:
        return None
    await lock_blob(session, sha256)
    return await session.get(Asset, asset_id, populate_existing=True)


async def delete_asset(session: AsyncSession, asset_id: UUID) -> None:
    """Remove an asset, and by what it is recognised."""
    await session.execute(select(func.forget_fingerprint(asset_id)))
    await session.execute(delete(Asset).where(Asset.id == asset_id))
