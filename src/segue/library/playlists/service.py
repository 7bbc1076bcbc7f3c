"""Playlists' decisions: who may see one and who may edit it, and what an edit means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.kit.clock import now
from segue.kit.errors import Conflict, InvalidRequest, NotFound
from segue.kit.ids import new_id
from segue.kit.pagination import Paging
from segue.library.playlists import access, editing, repository, revisions_repository
from segue.library.playlists.access import Role
from segue.library.playlists.editing import New
from segue.library.playlists.ordering import matched, moved
from segue.library.playlists.repository import Extent, Placed
from segue.library.playlists.slugs import new_slug
from segue.library.playlists.tables import PlaylistHead, PlaylistRevision
from segue.library.tables import Playlist, PlaylistEntry

#: The source of lists that were made here.
HERE: Final = "segue"
#: For so long can a deleted list be restored.
RESTORABLE: Final = timedelta(days=30)
_NO_ENTRY: Final = "There is no such entry in this playlist."


@dataclass(frozen=True, slots=True)
class Seen:
    """A playlist that somebody sees, what they may do with it, how it stands and how much is in it."""

    playlist: Playlist
    role: Role
    head: PlaylistHead
    extent: Extent


@dataclass(frozen=True, slots=True)
class Place:
    """Where entries are to come: so many stand before them, or before that entry they come; neither: at the end."""

    position: int | None = None
    before: UUID | None = None


AT_THE_END: Final = Place()


async def create(
    session: AsyncSession,
    user_id: UUID,
    *,
    name: str,
    tracks: Sequence[UUID] = (),
    description: str = "",
    public: bool = False,
) -> Seen:
    """Make a list of tracks that a user may see.

    Raises
    ------
    NotFound
        One of the tracks is not there, or another's and private.
    """
    await _check_tracks(session, tracks)
    playlist = Playlist(id=new_id(), user_id=user_id, name=name, description=description, source=HERE, created_at=now())
    playlist.slug = new_slug(name) if public else None
    await repository.add(session, playlist)
    held = await editing.hold(session, playlist, user_id)
    await editing.rewrite(session, held, "add", [New(track, user_id) for track in tracks], recorded=False)
    return await seen(session, user_id, playlist.id)


async def seen(session: AsyncSession, user_id: UUID | None, playlist_id: UUID) -> Seen:
    """Return a list that somebody may see: their own, one that was shared with them, or a public one.

    Raises
    ------
    NotFound
        There is none, or it was deleted.
    """
    playlist, role = await access.allowed(session, user_id, playlist_id)
    heads = await repository.heads(session, [playlist_id])
    extents = await repository.extents(session, [playlist_id])
    return _seen(playlist, role, heads, extents)


async def seen_by_slug(session: AsyncSession, slug: str) -> Seen:
    """Return the public list at an address, as any visitor sees it.

    Raises
    ------
    NotFound
        There is none any more.
    """
    playlist = await repository.by_slug(session, slug)
    if playlist is None:
        raise NotFound("There is no playlist at this address, or no longer.")
    return await seen(session, None, playlist.id)


async def playlists_of(
    session: AsyncSession, user_id: UUID, paging: Paging, *, shared: bool | None = None, deleted: bool = False
) -> tuple[list[Seen], str | None]:
    """Return a page of lists, newest first, and the cursor of the next.

    Parameters
    ----------
    shared
        Whether those that others shared with the user, or their own; None: both.
    deleted
        Instead, those of their own that can be restored.
    """
    since = now() - RESTORABLE if deleted else None
    found, cursor = await repository.playlists_of(session, user_id, paging, shared=shared, deleted_since=since)
    ids = [one.id for one in found]
    heads, extents = await repository.heads(session, ids), await repository.extents(session, ids)
    joined = await repository.collaborators_as(session, ids, user_id)
    roles = {one.id: access.role_in(one, user_id, joined.get(one.id)) for one in found}
    return [_seen(one, roles[one.id], heads, extents) for one in found], cursor


async def tracks_of(session: AsyncSession, playlist_id: UUID, *, limit: int | None = None) -> list[UUID]:
    """Return the tracks of a list that the session's user may see, in their order, those that are in it twice twice.

    Raises
    ------
    NotFound
        There is none, or it was deleted.
    """
    playlist = await repository.playlist(session, playlist_id)
    if playlist is None or playlist.deleted_at is not None:
        raise NotFound(access.NO_PLAYLIST)
    return await repository.tracks_of(session, playlist_id, limit=limit)


async def entries_of(
    session: AsyncSession, playlist_id: UUID, *, after: int | None = None, limit: int
) -> tuple[int, Sequence[PlaylistEntry], int | None]:
    """Return entries of a list that was seen: how many stand before them, they themselves, after which the next come.

    Parameters
    ----------
    after
        What an earlier call has returned last.
    """
    before, found = await repository.entries_of(session, playlist_id, after=after, limit=limit + 1)
    if len(found) <= limit:
        return before, found, None
    return before, found[:limit], found[limit - 1].position


async def add(
    session: AsyncSession,
    user_id: UUID,
    playlist_id: UUID,
    tracks: Sequence[UUID],
    *,
    place: Place = AT_THE_END,
    version: int | None = None,
) -> list[UUID]:
    """Put tracks into a list, in their order; return their entries. A track may be in it several times.

    Parameters
    ----------
    version
        The one that the user has seen: if it is another by now, nothing is done.

    Raises
    ------
    NotFound
        There is no such list, or track.
    Forbidden
        The user may see the list, and not edit it.
    PlaylistChanged
        It is no longer as they have seen it, or the entry is gone before which the tracks were to come.
    """
    held = await access.hold(session, user_id, playlist_id, version)
    await _check_tracks(session, tracks)
    new = [New(track, user_id) for track in tracks]
    position = _position(held.entries, place)
    target: list[Placed | New] = [*held.entries[:position], *new, *held.entries[position:]]
    await editing.rewrite(session, held, "add", target)
    return [one.id for one in new]


async def remove(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, entries: Iterable[UUID], *, version: int | None = None
) -> None:
    """Take entries out of a list; those that are gone already are no matter, as long as one is there.

    Raises what `add` does.
    """
    held = await access.hold(session, user_id, playlist_id, version)
    gone = set(entries)
    target = [entry for entry in held.entries if entry.id not in gone]
    if len(target) == len(held.entries):
        raise NotFound(_NO_ENTRY)
    await editing.rewrite(session, held, "remove", target)


async def move(
    session: AsyncSession,
    user_id: UUID,
    playlist_id: UUID,
    entries: Sequence[UUID],
    *,
    place: Place = AT_THE_END,
    version: int | None = None,
) -> None:
    """Put entries elsewhere in a list, one after the other as they are given; those that are gone are no matter.

    Parameters
    ----------
    place
        Its position is told without the entries that are moved.

    Raises what `add` does.
    """
    held = await access.hold(session, user_id, playlist_id, version)
    had = {entry.id: entry for entry in held.entries}
    block = [had[entry] for entry in dict.fromkeys(entries) if entry in had]
    if not block:
        raise NotFound(_NO_ENTRY)
    chosen = {entry.id for entry in block}
    if place.before in chosen:
        raise InvalidRequest("An entry cannot be moved before itself.")
    rest = [entry for entry in held.entries if entry.id not in chosen]
    target = moved(held.entries, lambda entry: entry.id in chosen, block, _position(rest, place))
    await editing.rewrite(session, held, "move", target)


async def replace(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, tracks: Sequence[UUID], *, version: int | None = None
) -> None:
    """Have a list consist of these tracks; entries of tracks that stay in it stay what they are.

    Raises what `add` does.
    """
    held = await access.hold(session, user_id, playlist_id, version)
    had = matched(((entry.track_id, entry) for entry in held.entries), tracks)
    await _check_tracks(session, [track for track, entry in zip(tracks, had, strict=True) if entry is None])
    target = [entry or New(track, user_id) for track, entry in zip(tracks, had, strict=True)]
    await editing.rewrite(session, held, "replace", target)


async def change(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, changes: Mapping[str, str], *, version: int | None = None
) -> None:
    """Change a list's ``name`` or ``description``; its owner may.

    Raises what `add` does.
    """
    held = await access.hold(session, user_id, playlist_id, version, by_owner=True, with_entries=False)
    texts: dict[str, str] = {}
    for name, value in changes.items():
        before = getattr(held.playlist, name)
        if before != value:
            texts |= {f"{name}_before": before, f"{name}_after": value}
            setattr(held.playlist, name, value)
    if texts:
        await editing.record(session, held, "describe", texts=texts)


async def rename(session: AsyncSession, user_id: UUID, playlist_id: UUID, name: str) -> None:
    """Call a list something else; see `change`."""
    await change(session, user_id, playlist_id, {"name": name})


async def set_public(session: AsyncSession, user_id: UUID, playlist_id: UUID, *, public: bool) -> None:
    """Give a list an address at which everyone may see it, or take that away: it is never given again.

    Raises
    ------
    NotFound, Forbidden
        It is not there, or another's.
    """
    playlist = await access.owned(session, user_id, playlist_id)
    if public != (playlist.slug is not None):
        playlist.slug = new_slug(playlist.name) if public else None
        await session.flush()


async def delete(session: AsyncSession, user_id: UUID, playlist_id: UUID, *, version: int | None = None) -> None:
    """Delete a list: nobody sees it any more, and its owner may restore it for a while.

    Raises what `add` does.
    """
    held = await access.hold(session, user_id, playlist_id, version, by_owner=True)
    if not await editing.rewrite(session, held, "delete", []):
        await editing.record(session, held, "delete")
    held.playlist.deleted_at = now()
    await session.flush()


async def restore(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> Seen:
    """Bring a deleted list back as it was, but for tracks that are gone.

    Raises
    ------
    NotFound
        There is none, or it was deleted too long ago.
    Conflict
        It was not deleted.
    """
    playlist = await repository.playlist(session, playlist_id)
    if playlist is None or playlist.user_id != user_id:
        raise NotFound(access.NO_PLAYLIST)
    if playlist.deleted_at is None:
        raise Conflict("This playlist was not deleted.")
    if playlist.deleted_at < now() - RESTORABLE:
        raise NotFound(f"It was deleted more than {RESTORABLE.days} days ago.")
    held = await editing.hold(session, playlist, user_id, with_entries=False)
    await editing.undo(session, held)
    await revisions_repository.drop_above(session, playlist_id, held.head.revision)
    playlist.deleted_at = None
    await session.flush()
    return await seen(session, user_id, playlist_id)


async def forget_deleted(session: AsyncSession) -> int:
    """Forget lists that cannot be restored any more; return how many. The session is the system's.

    Of one that came from elsewhere it stays known that it was deleted, so that its source does not bring it back.
    """
    return await repository.forget_deleted(session, before=now() - RESTORABLE)


async def undo(session: AsyncSession, user_id: UUID, playlist_id: UUID, *, version: int | None = None) -> None:
    """Take back the last edit of a list, whoever made it.

    Raises
    ------
    Conflict
        There is none that is remembered. Else as `add`.
    """
    await editing.undo(session, await access.hold(session, user_id, playlist_id, version, with_entries=False))


async def redo(session: AsyncSession, user_id: UUID, playlist_id: UUID, *, version: int | None = None) -> None:
    """Do again what was taken back last.

    Raises
    ------
    Conflict
        Nothing was, or the list was edited since. Else as `add`.
    """
    await editing.redo(session, await access.hold(session, user_id, playlist_id, version, with_entries=False))


async def revisions_of(
    session: AsyncSession, user_id: UUID, playlist_id: UUID, *, below: int | None, limit: int
) -> tuple[Sequence[PlaylistRevision], int]:
    """Return edits of a list that a user may edit, the newest first, and the number of the last one that counts.

    Raises
    ------
    NotFound, Forbidden
        It is not there, or not theirs to edit.
    """
    await access.editable(session, user_id, playlist_id)
    heads = await repository.heads(session, [playlist_id])
    found = await revisions_repository.revisions_of(session, playlist_id, below=below, limit=limit)
    return found, heads[playlist_id].revision if playlist_id in heads else 0


def _seen(playlist: Playlist, role: Role, heads: Mapping[UUID, PlaylistHead], extents: Mapping[UUID, Extent]) -> Seen:
    head = heads.get(playlist.id) or PlaylistHead(
        playlist_id=playlist.id, version=0, revision=0, edited_at=playlist.created_at
    )
    return Seen(playlist, role, head, extents.get(playlist.id, Extent(0, 0)))


def _position(entries: Sequence[Placed], place: Place) -> int:
    if place.before is None:
        return len(entries) if place.position is None else min(place.position, len(entries))
    for position, entry in enumerate(entries):
        if entry.id == place.before:
            return position
    raise editing.PlaylistChanged("The entry before which they were to come is not in this list any more.")


async def _check_tracks(session: AsyncSession, tracks: Sequence[UUID]) -> None:
    known = await catalog.listed(session, list(set(tracks)))
    missing = [track for track in tracks if track not in known]
    if missing:
        raise NotFound(f"There is no such track, or it is not yours to see: {missing[0]}.")
