"""How songs are told to others: with all names and ids that the catalogue has of them."""

from collections.abc import Collection
from typing import Any, Final, cast, get_args
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs import repository
from segue.catalog.songs.refs import Platform, SongRef

_PLATFORMS: Final = frozenset(get_args(Platform))


async def refs_of(session: AsyncSession, track_ids: Collection[UUID]) -> dict[UUID, SongRef]:
    """Return what those of these tracks are called that the session's user may see; of several ids of a kind one."""
    identifiers: dict[UUID, dict[str, str]] = {}
    for row in await repository.identifiers_of(session, track_ids):
        identifiers.setdefault(row.track_id, {})[row.kind] = row.value
    refs: dict[UUID, SongRef] = {}
    for row in await repository.names_of(session, track_ids):
        ids = identifiers.get(row.id, {})
        refs[row.id] = SongRef(
            title=row.title,
            artist=row.artist or "",
            album=row.album,
            year=row.year,
            duration_ms=row.duration_ms,
            isrc=ids.get("isrc"),
            recording_mbid=ids.get("recording_mbid"),
            ids={cast("Platform", kind): value for kind, value in ids.items() if kind in _PLATFORMS},
        )
    return refs


def as_row(ref: SongRef) -> dict[str, Any]:
    """Return a ref by its fields, as JSON can hold them."""
    names = ("title", "artist", "album", "year", "duration_ms", "isrc", "recording_mbid")
    return {**{name: getattr(ref, name) for name in names}, "ids": dict(ref.ids)}
