"""All SQL of generated music."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.generation.tables import Generation, GenerationFile
from segue.kit.jobs import Job


async def add(session: AsyncSession, generation: Generation) -> Generation:
    """Store a new generation."""
    session.add(generation)
    await session.flush()
    return generation


async def generation(session: AsyncSession, generation_id: UUID) -> Generation | None:
    """Return a generation of the session's user, as it is now."""
    return await session.get(Generation, generation_id, populate_existing=True)


async def generation_to_keep(session: AsyncSession, generation_id: UUID) -> tuple[Generation, Job] | None:
    """Return a generation and its job as they are now; nobody else keeps its track until the transaction ends."""
    query = select(Generation).where(Generation.id == generation_id)
    # Its files refer to it: they may still be kept by others.
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    if (found := (await session.scalars(locked)).one_or_none()) is None:
        return None
    return found, await session.get_one(Job, found.job_id, populate_existing=True)


async def of_job(session: AsyncSession, job_id: UUID) -> Generation | None:
    """Return what a job makes."""
    query = select(Generation).where(Generation.job_id == job_id).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def of_tracks(session: AsyncSession, track_ids: Sequence[UUID]) -> Sequence[Generation]:
    """Return how those of these tracks were made that were generated."""
    return (await session.scalars(select(Generation).where(Generation.track_id.in_(track_ids)))).all()


async def count(session: AsyncSession, user_id: UUID) -> int:
    """Return how many were ever begun for a user."""
    return (await session.scalars(select(func.count()).where(Generation.user_id == user_id))).one()


async def count_made(session: AsyncSession, user_id: UUID, *, since: datetime) -> int:
    """Return how many were begun for a user since a moment, but for those that ended before anything was made."""
    made = (
        select(GenerationFile.generation_id).where(GenerationFile.generation_id == Generation.id).exists()
        | Generation.completed_at.is_not(None)
        | Job.status.not_in(("error", "cancelled"))
    )
    query = select(func.count()).select_from(Generation).join(Job, Job.id == Generation.job_id)
    mine = (Generation.user_id == user_id) & (Generation.created_at >= since)
    return (await session.scalars(query.where(mine, made))).one()


async def note(session: AsyncSession, generation_id: UUID, values: dict[str, Any]) -> None:
    """Write what came of a generation."""
    await session.execute(update(Generation).where(Generation.id == generation_id).values(**values))


async def keep_file(session: AsyncSession, values: dict[str, Any]) -> None:
    """Keep a file of a generation in place of the one that had its name; it stays with the track that has it."""
    new = insert(GenerationFile).values(**values)
    changed = {name: new.excluded[name] for name in ("sha256", "size_bytes")}
    keys = [GenerationFile.generation_id, GenerationFile.name]
    await session.execute(new.on_conflict_do_update(index_elements=keys, set_=changed))


async def give_files(session: AsyncSession, generation_id: UUID, track_id: UUID) -> None:
    """Let a generation's files go with its track."""
    mine = GenerationFile.generation_id == generation_id
    await session.execute(update(GenerationFile).where(mine).values(track_id=track_id))


async def files_of(session: AsyncSession, generation_ids: Sequence[UUID]) -> Sequence[GenerationFile]:
    """Return the files of generations."""
    query = select(GenerationFile).where(GenerationFile.generation_id.in_(generation_ids))
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def titles_before(session: AsyncSession, user_id: UUID, seed: int, *, limit: int) -> Sequence[str]:
    """Return the latest titles of what was generated for a user before they first had a seed."""
    mine = Generation.user_id == user_id
    first = select(Generation.id).where(mine, Generation.seed == seed).order_by(Generation.id).limit(1)
    query = select(Generation.title).where(mine, Generation.id < first.scalar_subquery(), Generation.title.is_not(None))
    found = await session.scalars(query.order_by(Generation.id.desc()).limit(limit))
    return [title for title in found if title is not None]
