"""Keeping what a generation made: its files, and the track that they belong to."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.generation import repository
from segue.generation.tables import Generation
from segue.kit.blobs import lock_blob
from segue.kit.clock import now
from segue.kit.jobs import JobContext

_MEDIA_TYPES: Final = {"beginning": "audio/mpeg", "midi": "audio/midi", "project": "application/json"}


async def keep_file(job: JobContext, generation: Generation, name: str, path: Path) -> None:
    """Store a file of a generation under its name."""
    storage = job.runtime.storage
    blob = await storage.put_file(path, media_type=_MEDIA_TYPES[name])
    async with job.session() as session:
        await lock_blob(session, blob.sha256)
        if not await storage.exists(blob.sha256):  # whoever had the same before was the last, and has just gone
            await storage.put_file(path, media_type=_MEDIA_TYPES[name])
        await repository.keep_file(
            session,
            {
                "generation_id": generation.id,
                "name": name,
                "user_id": generation.user_id,
                "track_id": generation.track_id,
                "sha256": blob.sha256,
                "size_bytes": blob.size,
            },
        )


async def complete(session: AsyncSession, generation_id: UUID, result: dict[str, Any]) -> None:
    """Note which track a generation became, why, and by what it can be made again."""
    await repository.note(session, generation_id, {**result, "completed_at": now()})
    await repository.give_files(session, generation_id, result["track_id"])
