"""Who may see a playlist, and who may edit it."""

from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.errors import Forbidden, NotFound
from segue.library.playlists import editing, repository
from segue.library.playlists.editing import Held
from segue.library.tables import Playlist

#: Whoever is invited sees a list as viewers do, and edits it once they have joined as an editor.
Role = Literal["owner", "editor", "viewer", "invited", "visitor"]
NO_PLAYLIST: Final = "There is no such playlist, or it is not yours to see."


async def allowed(session: AsyncSession, user_id: UUID | None, playlist_id: UUID) -> tuple[Playlist, Role]:
    """Return a list, and what somebody may do with it.

    Raises
    ------
    NotFound
        There is none that they may see.
    """
    playlist = await repository.playlist(session, playlist_id)
    if playlist is None or playlist.deleted_at is not None:
        raise NotFound(NO_PLAYLIST)
    joined_as = None
    if user_id is not None and user_id != playlist.user_id:
        joined_as = (await repository.collaborators_as(session, [playlist_id], user_id)).get(playlist_id)
    role = role_in(playlist, user_id, joined_as)
    if role == "visitor" and playlist.slug is None:
        raise NotFound(NO_PLAYLIST)
    return playlist, role


async def owned(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> Playlist:
    """Return a user's own list.

    Raises
    ------
    NotFound
        There is none that they see.
    Forbidden
        It is another's.
    """
    playlist, role = await allowed(session, user_id, playlist_id)
    if role != "owner":
        raise Forbidden("Only the owner of this playlist may do that.")
    return playlist


async def editable(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> Playlist:
    """Return a list that a user may edit.

    Raises
    ------
    NotFound
        There is none that they see.
    Forbidden
        They may see it only.
    """
    playlist, role = await allowed(session, user_id, playlist_id)
    if role not in ("owner", "editor"):
        raise Forbidden("You may see this playlist, and not change it: ask its owner, or make one of your own.")
    return playlist


async def hold(
    session: AsyncSession,
    user_id: UUID,
    playlist_id: UUID,
    version: int | None = None,
    *,
    by_owner: bool = False,
    with_entries: bool = True,
) -> Held:
    """Take hold of a list that a user may edit, or whose owner they are, as it is now, with its entries if needed.

    Raises
    ------
    NotFound, Forbidden
        As `owned` and `editable`.
    PlaylistChanged
        It is no longer of this version, if one is given.
    """
    find = owned if by_owner else editable
    playlist = await find(session, user_id, playlist_id)
    held = await editing.hold(session, playlist, user_id, seen=version, with_entries=with_entries)
    # Whoever held it before may have deleted it, or taken this user's part in it away.
    await find(session, user_id, playlist_id)
    return held


def role_in(playlist: Playlist, user_id: UUID | None, joined_as: str | None) -> Role:
    """Return what somebody may do with a list that they see, by what they were invited for."""
    if playlist.user_id == user_id:
        return "owner"
    match joined_as:
        case "editor":
            return "editor"
        case "viewer":
            return "viewer"
        case "invited":
            return "invited"
    return "visitor"
