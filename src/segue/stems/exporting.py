"""What a user takes with them of the stems: how they were made, and the stems themselves."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.exporting import audio_path, named
from segue.catalog.tables import SourceTrack
from segue.kit.exporting import AT_A_TIME, Part, StoredFile, Text, lines, rows_of
from segue.stems.tables import Stem


async def _members(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text | StoredFile]:
    yield Text("studio/stems.jsonl", lines(named(session, rows_of(session, Stem, Stem.user_id == user_id))))
    query = (
        select(Stem, SourceTrack.title)
        .join(SourceTrack, SourceTrack.id == Stem.track_id)
        .where(Stem.user_id == user_id)
        .order_by(Stem.id)
    )
    async for stem, title in await session.stream(query.execution_options(yield_per=AT_A_TIME)):
        path = audio_path("stems", f"{title} - {stem.name}", stem.asset, stem.id)
        yield StoredFile(path, stem.asset.sha256, stem.asset.size_bytes)


PARTS: tuple[Part, ...] = (Part(("stems",), _members),)
