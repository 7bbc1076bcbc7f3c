"""All SQL of the studio."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.tables import SourceTrack
from segue.kit.pagination import Paging, newest_first
from segue.stems.tables import Stem
from segue.studio.tables import Mashup, MashupStem, RemixRelation, StemMashupLink


async def mashup(session: AsyncSession, mashup_id: UUID) -> Mashup | None:
    """Return a mashup that the session's user may see."""
    return await session.get(Mashup, mashup_id)


async def mashup_of_job(session: AsyncSession, job_id: UUID) -> Mashup | None:
    """Return what a job made, if it is done."""
    return (await session.scalars(select(Mashup).where(Mashup.job_id == job_id))).one_or_none()


async def add(
    session: AsyncSession,
    mashup: Mashup,
    *,
    parts: Sequence[MashupStem],
    contributions: Mapping[UUID, float],
    parents: Sequence[UUID],
) -> None:
    """Store a mashup with its parts, its stems' credits and its lineage."""
    session.add(mashup)
    await session.flush()
    session.add_all(parts)
    session.add_all(
        StemMashupLink(stem_id=stem_id, mashup_id=mashup.id, contribution=share)
        for stem_id, share in contributions.items()
    )
    session.add_all(
        RemixRelation(parent_track_id=parent, child_track_id=mashup.track_id) for parent in dict.fromkeys(parents)
    )
    await session.flush()


async def published_by(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Mashup], str | None]:
    """Return a page of what a creator has published, newest first, and the cursor of the next."""
    query = select(Mashup).where(Mashup.user_id == user_id, Mashup.published_at.is_not(None))
    return await newest_first(session, query, by=Mashup.id, paging=paging)


async def forget_user(session: AsyncSession, user_id: UUID) -> None:
    """Delete a user's mashups, and what others' mashups say of being made of this user's stems and tracks."""
    stems = select(Stem.id).where(Stem.user_id == user_id)
    tracks = select(SourceTrack.id).where(SourceTrack.user_id == user_id)
    await session.execute(delete(Mashup).where(Mashup.user_id == user_id))
    await session.execute(delete(MashupStem).where(MashupStem.stem_id.in_(stems)))
    await session.execute(delete(StemMashupLink).where(StemMashupLink.stem_id.in_(stems)))
    await session.execute(delete(RemixRelation).where(RemixRelation.parent_track_id.in_(tracks)))
