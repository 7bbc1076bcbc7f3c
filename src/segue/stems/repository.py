"""All SQL of the stems."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, delete, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from segue.catalog.tables import Asset, SourceTrack
from segue.stems.tables import Separation, Stem


async def separation_of(
    session: AsyncSession, source_asset_id: UUID, *, engine: str, engine_version: str
) -> dict[str, UUID]:
    """Return the stem assets that this engine made of an asset, by name; empty if it has made none."""
    query = select(Separation.name, Separation.asset_id).where(
        Separation.source_asset_id == source_asset_id,
        Separation.engine == engine,
        Separation.engine_version == engine_version,
    )
    return {row.name: row.asset_id for row in await session.execute(query)}


async def store_separation(
    session: AsyncSession, source_asset_id: UUID, *, engine: str, engine_version: str, assets: Mapping[str, UUID]
) -> None:
    """Keep which stems an engine made of an asset; called twice, the first stays."""
    rows = [
        {
            "source_asset_id": source_asset_id,
            "engine": engine,
            "engine_version": engine_version,
            "name": name,
            "asset_id": asset_id,
        }
        for name, asset_id in assets.items()
    ]
    await session.execute(insert(Separation).values(rows).on_conflict_do_nothing())


async def ensure_stems(
    session: AsyncSession,
    *,
    user_id: UUID,
    track_id: UUID,
    engine: str,
    engine_version: str,
    assets: Mapping[str, UUID],
) -> Sequence[Stem]:
    """Return a track's stems of these assets, made now if they are not there."""
    for name, asset_id in assets.items():
        await session.execute(
            insert(Stem)
            .values(
                user_id=user_id,
                track_id=track_id,
                asset_id=asset_id,
                name=name,
                engine=engine,
                engine_version=engine_version,
            )
            .on_conflict_do_nothing()
        )
    query = select(Stem).where(Stem.track_id == track_id, Stem.engine == engine, Stem.engine_version == engine_version)
    return (await session.scalars(query)).all()


async def stems_of(session: AsyncSession, track_id: UUID) -> Sequence[Stem]:
    """Return a track's stems, those of the newest separation first."""
    return (await session.scalars(select(Stem).where(Stem.track_id == track_id).order_by(Stem.id.desc()))).all()


async def stems(session: AsyncSession, stem_ids: Sequence[UUID], user_id: UUID) -> Sequence[Stem]:
    """Return those of these stems that belong to a user."""
    return (await session.scalars(select(Stem).where(Stem.id.in_(stem_ids), Stem.user_id == user_id))).all()


async def assets_of(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """Return the assets that a user's tracks and stems play."""
    tracks = select(SourceTrack.asset_id).where(SourceTrack.user_id == user_id, SourceTrack.asset_id.is_not(None))
    stems = select(Stem.asset_id).where(Stem.user_id == user_id)
    return [asset_id for asset_id in await session.scalars(tracks.union(stems)) if asset_id is not None]


async def is_used(session: AsyncSession, asset_id: UUID) -> bool:
    """Tell whether a track plays an asset, or it is a stem, or it was made of what is still kept."""
    return bool(await session.scalar(select(_is_used(literal(asset_id, Uuid)))))


async def unused_assets(session: AsyncSession, *, made_before: datetime, after: UUID, limit: int) -> Sequence[UUID]:
    """Return the first assets behind `after` that are of no use any more, in ascending order."""
    query = select(Asset.id).where(Asset.id > after, Asset.created_at < made_before, ~_is_used(Asset.id))
    return (await session.scalars(query.order_by(Asset.id).limit(limit))).all()


async def delete_separations_of(session: AsyncSession, asset_id: UUID) -> Sequence[UUID]:
    """Forget what engines made of an asset; return the assets that they made."""
    statement = delete(Separation).where(Separation.source_asset_id == asset_id)
    return (await session.scalars(statement.returning(Separation.asset_id))).all()


def _is_used(asset_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    return or_(
        exists().where(SourceTrack.asset_id == asset_id),
        exists().where(Stem.asset_id == asset_id),
        exists().where(Separation.asset_id == asset_id),
    )
