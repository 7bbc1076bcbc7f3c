"""The decisions of shelves: what a listener has audio of, what they say of it, where they left off."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.errors import NotFound
from segue.library.shelves import marks_repository, repository
from segue.library.shelves.repository import (
    AlbumOrder,
    Playable,
    ShelfAlbum,
    ShelfArtist,
    ShelfTrack,
    TrackOrder,
    Which,
)
from segue.library.shelves.tables import Bookmark, Kind

__all__ = [
    "AlbumOrder", "Bookmark", "Kind", "Playable", "ShelfAlbum", "ShelfArtist", "ShelfTrack", "TrackOrder", "Which",
    "albums", "artist_key", "artists", "bookmarks", "delete_bookmark", "genres", "keep_bookmark", "newest", "on_shelf",
    "playable_in", "rate", "star", "track_ids", "tracks", "tracks_by_id",
]  # fmt: skip

_NO_TRACK = "There is no such song on your shelf."
_NO_SUCH = "There is no such {kind} on your shelf."
#: More than anybody's shelf holds of artists, or a list that is asked for by ids.
_ALL = 1_000_000


async def tracks(
    session: AsyncSession,
    user_id: UUID,
    which: Which | None = None,
    *,
    order: TrackOrder = "shelf",
    limit: int = _ALL,
    offset: int = 0,
) -> list[ShelfTrack]:
    """Return tracks of a shelf: those of a listener's own that have audio, and public ones that they keep or like."""
    return await repository.tracks(session, user_id, which or Which(), order=order, limit=limit, offset=offset)


async def tracks_by_id(session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID]) -> list[ShelfTrack]:
    """Return those of these tracks that are on a shelf, in the order in which they are named, as often as they are."""
    if not track_ids:
        return []
    found = {track.id: track for track in await tracks(session, user_id, Which(track_ids=list(set(track_ids))))}
    return [found[track_id] for track_id in track_ids if track_id in found]


async def on_shelf(session: AsyncSession, user_id: UUID, track_id: UUID) -> ShelfTrack:
    """Return a track of a shelf.

    Raises
    ------
    NotFound
        It is not there.
    """
    found = await tracks_by_id(session, user_id, [track_id])
    if not found:
        raise NotFound(_NO_TRACK)
    return found[0]


async def track_ids(session: AsyncSession, user_id: UUID, which: Which | None = None) -> list[UUID]:
    """Return the ids of all tracks of a shelf that are asked for by key."""
    return await repository.track_ids(session, user_id, which or Which())


async def albums(
    session: AsyncSession,
    user_id: UUID,
    which: Which | None = None,
    *,
    order: AlbumOrder = "name",
    limit: int = _ALL,
    offset: int = 0,
) -> list[ShelfAlbum]:
    """Return albums of a shelf; lists by rating and plays leave out those that have none."""
    return await repository.albums(session, user_id, which or Which(), order=order, limit=limit, offset=offset)


async def artists(
    session: AsyncSession, user_id: UUID, which: Which | None = None, *, limit: int = _ALL, offset: int = 0
) -> list[ShelfArtist]:
    """Return whom the albums of a shelf are by, by name."""
    return await repository.artists(session, user_id, which or Which(), limit=limit, offset=offset)


async def genres(session: AsyncSession, user_id: UUID) -> list[tuple[str, int, int]]:
    """Return the genres on a shelf, with how many songs and albums they have, the largest first."""
    return await repository.genres(session, user_id)


newest = repository.newest


async def playable_in(session: AsyncSession, playlist_ids: Sequence[UUID]) -> dict[UUID, Playable]:
    """Return how much of each of these playlists the session's user can hear."""
    found = await repository.playable_in(session, playlist_ids) if playlist_ids else {}
    return {playlist_id: found.get(playlist_id, Playable()) for playlist_id in playlist_ids}


def artist_key(name: str) -> str:
    """Return the key of an artist of this name."""
    return hashlib.md5(name.lower().encode(errors="replace"), usedforsecurity=False).hexdigest()


async def star(session: AsyncSession, user_id: UUID, kind: Kind, key: str, *, starred: bool) -> None:
    """Star an album or artist of a shelf, or take the star back.

    Raises
    ------
    NotFound
        There is none.
    """
    if starred:
        await _check(session, user_id, kind, key)
    await marks_repository.star(session, user_id, kind, key, at=now() if starred else None)


async def rate(session: AsyncSession, user_id: UUID, kind: Kind, key: str, *, rating: int | None) -> None:
    """Rate an album or artist of a shelf, 1 to 5, or take the rating back.

    Raises
    ------
    NotFound
        There is none.
    """
    await _check(session, user_id, kind, key)
    await marks_repository.rate(session, user_id, kind, key, rating=rating)


async def bookmarks(session: AsyncSession, user_id: UUID) -> Sequence[Bookmark]:
    """Return a user's bookmarks, the last changed first."""
    return await marks_repository.bookmarks(session, user_id)


async def keep_bookmark(
    session: AsyncSession, user_id: UUID, track_id: UUID, *, position_ms: int, comment: str | None
) -> None:
    """Keep a place in a track of a shelf, in place of the one before.

    Raises
    ------
    NotFound
        The track is not there.
    """
    await on_shelf(session, user_id, track_id)
    await marks_repository.keep_bookmark(session, user_id, track_id, position_ms=position_ms, comment=comment, at=now())


async def delete_bookmark(session: AsyncSession, user_id: UUID, track_id: UUID) -> None:
    """Forget a place in a track.

    Raises
    ------
    NotFound
        There is none.
    """
    if not await marks_repository.delete_bookmark(session, user_id, track_id):
        raise NotFound("There is no bookmark of yours in this song.")


async def _check(session: AsyncSession, user_id: UUID, kind: Kind, key: str) -> None:
    which = Which(album_keys=[key]) if kind == "album" else Which(artist_keys=[key])
    if not await repository.track_ids(session, user_id, which):
        raise NotFound(_NO_SUCH.format(kind=kind))
