"""All SQL of folders of music."""

import hashlib
import os
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.folders.tables import MusicFile
from segue.catalog.folders.walking import FoundFile


async def known(session: AsyncSession, files: Sequence[FoundFile], *, version: str) -> dict[FoundFile, MusicFile]:
    """Return those files that have been heard, or could not be, by this version of our ears and are the same still."""
    places = {_place_hash(file): file for file in files}
    query = select(MusicFile).where(MusicFile.place_hash.in_(places), MusicFile.version == version)
    rows = [(places[row.place_hash], row) for row in await session.scalars(query)]
    return {file: row for file, row in rows if (row.size_bytes, row.modified_ns) == (file.size_bytes, file.modified_ns)}


async def of_content(session: AsyncSession, sha256: str, *, version: str) -> MusicFile | None:
    """Return what is known of some file with this content."""
    query = select(MusicFile).where(MusicFile.sha256 == sha256, MusicFile.version == version)
    return (await session.scalars(query.order_by(MusicFile.place_hash).limit(1))).one_or_none()


async def keep(
    session: AsyncSession,
    file: FoundFile,
    *,
    sha256: str,
    version: str,
    track_id: UUID | None = None,
    problem: str | None = None,
) -> None:
    """Note which song a file is, or why it is none."""
    values = {
        "size_bytes": file.size_bytes,
        "modified_ns": file.modified_ns,
        "sha256": sha256,
        "version": version,
        "track_id": track_id,
        "problem": problem,
    }
    new = insert(MusicFile).values(place_hash=_place_hash(file), **values)
    await session.execute(new.on_conflict_do_update(index_elements=[MusicFile.place_hash], set_=values))


def _place_hash(file: FoundFile) -> bytes:
    return hashlib.sha256(os.fsencode(file.path)).digest()
