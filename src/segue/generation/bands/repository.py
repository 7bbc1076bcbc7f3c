"""All SQL of bands."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.generation.bands.tables import Band, BandRelease, BandReleaseTrack, BandTrack


async def is_artist(session: AsyncSession, name_key: str) -> bool:
    """Whether an artist in the catalogue has this name, be it in anybody's private uploads."""
    return bool(await session.scalar(select(func.segue_names_artist(name_key))))


async def add(session: AsyncSession, values: dict[str, Any]) -> Band | None:
    """Store a new band, or return ``None`` if another one has its name."""
    statement = insert(Band).values(**values).on_conflict_do_nothing(index_elements=[Band.name_key]).returning(Band)
    return (await session.scalars(statement)).one_or_none()


async def band(session: AsyncSession, band_id: UUID) -> Band | None:
    """Return a band that the session's user may see."""
    return await session.get(Band, band_id)


async def own_band(session: AsyncSession, band_id: UUID, user_id: UUID) -> Band | None:
    """Return a band of this user's; nobody else changes it until the transaction ends."""
    query = select(Band).where(Band.id == band_id, Band.user_id == user_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locked)).one_or_none()


async def band_of_track(session: AsyncSession, track_id: UUID) -> Band | None:
    """Return the band that a track is of."""
    query = select(Band).join(BandTrack, BandTrack.band_id == Band.id).where(BandTrack.track_id == track_id)
    return (await session.scalars(query)).one_or_none()


async def single_of(session: AsyncSession, track_id: UUID) -> BandRelease | None:
    """Return the single that a track came out as."""
    query = (
        select(BandRelease)
        .join(BandReleaseTrack, BandReleaseTrack.release_id == BandRelease.id)
        .where(BandReleaseTrack.track_id == track_id, BandRelease.kind == "single")
    )
    return (await session.scalars(query)).one_or_none()


async def add_track(session: AsyncSession, band: Band, track_id: UUID) -> None:
    """Make a track a band's."""
    session.add(BandTrack(track_id=track_id, band_id=band.id, user_id=band.user_id))
    await session.flush()


async def add_release(session: AsyncSession, release: BandRelease, track_ids: Sequence[UUID]) -> BandRelease:
    """Store a release with its tracks in their order."""
    session.add(release)
    await session.flush()
    session.add_all(
        BandReleaseTrack(release_id=release.id, track_id=track_id, user_id=release.user_id, position=position)
        for position, track_id in enumerate(track_ids)
    )
    await session.flush()
    return release
