"""All SQL of the stems."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

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
