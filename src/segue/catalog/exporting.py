"""What a user takes with them of the catalogue: their tracks, what was heard in them, and the audio itself."""

from collections.abc import AsyncIterator, Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from segue.catalog.embeddings.tables import TrackEmbedding
from segue.catalog.songs.telling import as_row, refs_of
from segue.catalog.tables import Asset, SourceTrack
from segue.kit.exporting import AT_A_TIME, Part, Row, StoredFile, Text, batches, lines, rows_of, rows_part
from segue.kit.web.media import safe_filename


def named_rows_part(
    model: type[DeclarativeBase],
    path: str,
    *,
    of: Callable[[UUID], ColumnElement[bool]] | None = None,
    leave_out: Collection[str] = (),
) -> Part:
    """Return the part that tells a table's rows of a user's with the song of their ``track_id``; see `rows_part`."""

    async def members(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text]:
        condition = model.__table__.c.user_id == user_id if of is None else of(user_id)
        yield Text(path, lines(named(session, rows_of(session, model, condition, leave_out=leave_out))))

    return Part((model.__tablename__,), members)


async def named(session: AsyncSession, rows: AsyncIterator[Row]) -> AsyncIterator[Row]:
    """Give rows with the song of their ``track_id``, ``None`` where it cannot be seen any more."""
    async for batch in batches(rows):
        refs = await refs_of(session, {row["track_id"] for row in batch if row["track_id"] is not None})
        for row in batch:
            ref = refs.get(row["track_id"])
            yield {**row, "song": ref and as_row(ref)}


def audio_path(folder: str, name: str, asset: Asset, row_id: UUID) -> str:
    """Return where an asset lies in the archive: called as its track is, and by its row's id, which makes it one."""
    return f"audio/{folder}/{safe_filename(name)[:100]} [{row_id}].{asset.probe['container']}"


async def _members(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text | StoredFile]:
    yield Text("catalog/tracks.jsonl", lines(_tracks(session, user_id)))
    async for track, asset in _with_assets(session, user_id):
        yield StoredFile(audio_path(track.source, track.title, asset, track.id), asset.sha256, asset.size_bytes)


async def _tracks(session: AsyncSession, user_id: UUID) -> AsyncIterator[Row]:
    async for track, asset in _with_assets(session, user_id):
        told: dict[str, Any] = {column.name: getattr(track, column.name) for column in SourceTrack.__table__.c}
        heard = {name: getattr(asset, name) for name in ("probe", "analysis", "analysis_version", "embedding")}
        yield {**told, "audio": audio_path(track.source, track.title, asset, track.id), **heard}


async def _with_assets(session: AsyncSession, user_id: UUID) -> AsyncIterator[tuple[SourceTrack, Asset]]:
    query = select(SourceTrack).where(SourceTrack.user_id == user_id).order_by(SourceTrack.id)
    tracks = await session.stream_scalars(query.execution_options(yield_per=AT_A_TIME))
    async for track in tracks:
        if track.asset is not None:
            yield track, track.asset


PARTS: tuple[Part, ...] = (
    Part(("source_tracks",), _members),
    rows_part(
        TrackEmbedding,
        "catalog/embeddings.jsonl",
        of=lambda user_id: TrackEmbedding.track_id.in_(select(SourceTrack.id).where(SourceTrack.user_id == user_id)),
    ),
)
