"""How songs are told to others: with all names and ids that the catalogue has of them."""

from collections.abc import Collection
from typing import Any, Final, cast, get_args
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs.refs import Platform, SongRef

_PLATFORMS: Final = frozenset(get_args(Platform))
_NAMES: Final = text("""
    SELECT t.id, t.title, t.artist, s.album, s.year, s.duration_ms FROM source_tracks t
    LEFT JOIN songs s ON s.track_id = t.id WHERE t.id = ANY (:ids)
""")
_IDENTIFIERS: Final = text("""
    SELECT track_id, kind, min(value) AS value FROM song_identifiers WHERE track_id = ANY (:ids) GROUP BY track_id, kind
""")


async def refs_of(session: AsyncSession, track_ids: Collection[UUID]) -> dict[UUID, SongRef]:
    """Return what those of these tracks are called that the session's user may see; of several ids of a kind one."""
    asked = {"ids": list(track_ids)}
    identifiers: dict[UUID, dict[str, str]] = {}
    for track_id, kind, value in await session.execute(_IDENTIFIERS, asked):
        identifiers.setdefault(track_id, {})[kind] = value
    refs: dict[UUID, SongRef] = {}
    for track_id, title, artist, album, year, duration_ms in await session.execute(_NAMES, asked):
        ids = identifiers.get(track_id, {})
        refs[track_id] = SongRef(
            title=title,
            artist=artist or "",
            album=album,
            year=year,
            duration_ms=duration_ms,
            isrc=ids.get("isrc"),
            recording_mbid=ids.get("recording_mbid"),
            ids={cast("Platform", kind): value for kind, value in ids.items() if kind in _PLATFORMS},
        )
    return refs


def as_row(ref: SongRef) -> dict[str, Any]:
    """Return a ref by its fields, as JSON can hold them."""
    names = ("title", "artist", "album", "year", "duration_ms", "isrc", "recording_mbid")
    return {**{name: getattr(ref, name) for name in names}, "ids": dict(ref.ids)}
