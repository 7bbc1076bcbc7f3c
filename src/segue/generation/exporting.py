"""What a user takes with them of what was generated for them: how it was made, and the files beside the audio.

The sound itself is among the catalogue's audio, and the stems' : a generated track is a track.
"""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.exporting import named_rows_part
from segue.generation.tables import Generation, GenerationFile
from segue.kit.exporting import AT_A_TIME, Part, StoredFile, Text, lines, rows_of
from segue.kit.web.media import safe_filename

_SUFFIXES: Final = {"beginning": "mp3", "midi": "mid", "project": "json"}


async def _files(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text | StoredFile]:
    yield Text("generation/files.jsonl", lines(rows_of(session, GenerationFile, GenerationFile.user_id == user_id)))
    query = (
        select(GenerationFile, Generation.title)
        .join(Generation, Generation.id == GenerationFile.generation_id)
        .where(GenerationFile.user_id == user_id)
        .order_by(GenerationFile.generation_id, GenerationFile.name)
    )
    async for file, title in await session.stream(query.execution_options(yield_per=AT_A_TIME)):
        name = safe_filename(f"{title or 'Untitled'} - {file.name}")[:100]
        path = f"generation/files/{name} [{file.generation_id}].{_SUFFIXES[file.name]}"
        yield StoredFile(path, file.sha256, file.size_bytes)


PARTS: tuple[Part, ...] = (
    named_rows_part(Generation, "generation/generations.jsonl"),
    Part(("generation_files",), _files),
)
