"""Playlists as the routes show them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.accounts.tables import Profile
from segue.catalog import service as catalog
from segue.catalog.listing import ListedTrack
from segue.catalog.songs.telling import refs_of
from segue.kit.errors import InvalidRequest
from segue.kit.pagination import Page, decode_cursor, encode_cursor
from segue.kit.runtime import Runtime
from segue.library.playlists import schemas, service, writing
from segue.library.playlists.service import Seen
from segue.library.tables import PlaylistEntry

#: Positions may be below zero, ids may not.
_ZERO = 2**63


async def views(session: AsyncSession, runtime: Runtime, seen: Sequence[Seen]) -> list[schemas.PlaylistView]:
    """Return lists without what is in them."""
    owners = await accounts.profiles_of(session, [one.playlist.user_id for one in seen])
    return [_view(runtime, one, owners.get(one.playlist.user_id)) for one in seen]


async def view(session: AsyncSession, runtime: Runtime, seen: Seen) -> schemas.PlaylistView:
    """Return a list without what is in it."""
    (one,) = await views(session, runtime, [seen])
    return one


async def with_entries(
    session: AsyncSession, runtime: Runtime, seen: Seen, *, limit: int
) -> schemas.PlaylistWithEntries:
    """Return a list with the beginning of what is in it."""
    head = await view(session, runtime, seen)
    items = await entries(session, seen.playlist.id, cursor=None, limit=limit)
    return schemas.PlaylistWithEntries(**head.model_dump(), items=items)


async def entries(
    session: AsyncSession, playlist_id: UUID, *, cursor: str | None, limit: int
) -> Page[schemas.EntryView]:
    """Return a page of what is in a list.

    Raises
    ------
    InvalidRequest
        The cursor is not one of these pages'.
    """
    before, found, after = await service.entries_of(session, playlist_id, after=_after(cursor), limit=limit)
    tracks = await catalog.listed(session, [one.track_id for one in found])
    people = await accounts.profiles_of(session, [one.added_by for one in found if one.added_by is not None])
    items = [
        _entry(before + place, one, tracks.get(one.track_id), people.get(one.added_by) if one.added_by else None)
        for place, one in enumerate(found)
    ]
    return Page(items=items, next_cursor=None if after is None else encode_cursor(UUID(int=after + _ZERO)))


async def links_of(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Return where songs are to be found elsewhere: the platform's name, and the address."""
    refs = await refs_of(session, set(track_ids))
    return {track_id: writing.links_of(ref) for track_id, ref in refs.items()}


def person(profile: Profile | None) -> schemas.Person | None:
    """Return what somebody is called; those who are gone are called nothing."""
    return None if profile is None else schemas.Person.model_validate(profile)


def page_url(runtime: Runtime, slug: str) -> str:
    """Return where everyone may see a public list."""
    return f"{runtime.settings.base_url}/p/{slug}"


def _view(runtime: Runtime, seen: Seen, owner: Profile | None) -> schemas.PlaylistView:
    playlist = seen.playlist
    return schemas.PlaylistView(
        id=playlist.id,
        name=playlist.name,
        description=playlist.description,
        source=playlist.source,
        owner=person(owner),
        role=seen.role,
        public_url=None if playlist.slug is None else page_url(runtime, playlist.slug),
        cover_url=f"{runtime.settings.base_url}/api/v1/playlists/{playlist.id}/cover",
        entries=seen.extent.entries,
        duration_s=seen.extent.duration_ms / 1000,
        version=seen.head.version,
        created_at=playlist.created_at,
        edited_at=seen.head.edited_at,
        deleted_at=playlist.deleted_at,
    )


def _entry(
    position: int, entry: PlaylistEntry, track: ListedTrack | None, added_by: Profile | None
) -> schemas.EntryView:
    return schemas.EntryView(
        id=entry.id,
        position=position,
        track_id=entry.track_id,
        track=None if track is None else listed(track),
        added_at=entry.added_at,
        added_by=person(added_by),
    )


def listed(track: ListedTrack) -> schemas.TrackInList:
    """Return a track, as lists show it."""
    return schemas.TrackInList(
        id=track.id,
        title=track.title,
        artist=track.artist,
        album=track.album,
        source=track.source,
        duration_s=None if track.duration_ms is None else track.duration_ms / 1000,
    )


def _after(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    position = decode_cursor(cursor).int - _ZERO
    if not -_ZERO <= position < _ZERO:
        raise InvalidRequest("The cursor is not one of this list's: send `next_cursor` back unchanged.")
    return position
