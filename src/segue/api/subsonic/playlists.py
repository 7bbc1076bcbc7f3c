"""Methods of playlists. What Segue has no audio of stays in a list, and is not told to players."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from segue.accounts import service as accounts
from segue.api.subsonic import ids, showing
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element, Value
from segue.api.subsonic.errors import GENERIC, NOT_ALLOWED, SubsonicError
from segue.api.subsonic.system import is_oneself
from segue.kit.pagination import Paging, decode_cursor
from segue.library.playlists import schemas
from segue.library.playlists import service as lists
from segue.library.playlists.service import Seen
from segue.library.shelves import service as shelves
from segue.library.shelves.service import Playable, ShelfTrack

_PAGE: Final = 200
_ENTRIES: Final = 1_000
_NAME: Final[TypeAdapter[str]] = TypeAdapter(schemas.Name)
_TEXTS: Final[dict[str, TypeAdapter[str]]] = {"name": _NAME, "description": TypeAdapter(schemas.Description)}


async def get_playlists(call: Call) -> Element:
    """List one's own playlists, and those that others share."""
    name = call.given.maybe("username")
    if name is not None and not await is_oneself(call, name):
        raise SubsonicError(NOT_ALLOWED, "Only your own playlists are yours to list.")
    seen: list[Seen] = []
    cursor: str | None = None
    while not seen or cursor is not None:
        paging = Paging(limit=_PAGE, before=decode_cursor(cursor) if cursor else None)
        page, cursor = await lists.playlists_of(call.session, call.user_id, paging)
        seen += page
        if not page:
            break
    playable = await shelves.playable_in(call.session, [one.playlist.id for one in seen])
    # What was imported and has nothing to play is of no use to a player, nor is what one has not joined one's own.
    joined = [one for one in seen if one.role != "invited"]
    kept = [one for one in joined if one.playlist.source == lists.HERE or playable[one.playlist.id].songs]
    owners = await accounts.profiles_of(call.session, list({one.playlist.user_id for one in kept}))
    handles = {user_id: profile.handle for user_id, profile in owners.items()}
    shown = [_playlist(one, playable[one.playlist.id], handles.get(one.playlist.user_id)) for one in kept]
    return {"playlists": {"playlist": shown}}


async def get_playlist(call: Call) -> Element:
    """Show a playlist with its songs."""
    return {"playlist": await _with_songs(call, ids.playlist_of(call.given.text("id")))}


async def create_playlist(call: Call) -> Element:
    """Make a playlist; or, by its id, have one consist of these songs."""
    given = call.given
    tracks = [ids.track_of(id_) for id_ in given.all("songId")]
    if (id_ := given.maybe("playlistId")) is None:
        made = await lists.create(
            call.session, call.user_id, name=_valid(_NAME, "name", given.text("name")), tracks=tracks
        )
        return {"playlist": await _with_songs(call, made.playlist.id)}
    playlist_id = ids.playlist_of(id_)
    await _describe(call, playlist_id, {"name": given.maybe("name")})
    shown = {entry for entry, _ in await _entries(call, playlist_id)}
    hidden = [track for entry, track in await _all_entries(call, playlist_id) if entry not in shown]
    await lists.replace(call.session, call.user_id, playlist_id, [*tracks, *hidden])
    return {"playlist": await _with_songs(call, playlist_id)}


async def update_playlist(call: Call) -> Element:
    """Change a playlist's name, comment and visibility; add songs at its end, take out some by their place."""
    given = call.given
    playlist_id = ids.playlist_of(given.text("playlistId"))
    comment = given.maybe("comment") or "" if "comment" in given else None
    await _describe(call, playlist_id, {"name": given.maybe("name"), "description": comment})
    public_now = (await lists.seen(call.session, call.user_id, playlist_id)).playlist.slug is not None
    public = given.flag("public", default=public_now)
    if public != public_now:
        await lists.set_public(call.session, call.user_id, playlist_id, public=public)
    if "songIndexToRemove" in given:
        await _remove(call, playlist_id)
    tracks = [ids.track_of(id_) for id_ in given.all("songIdToAdd")]
    if tracks:
        await lists.add(call.session, call.user_id, playlist_id, tracks)
    await lists.seen(call.session, call.user_id, playlist_id)
    return {}


async def delete_playlist(call: Call) -> Element:
    """Delete a playlist of one's own; in Segue it can be restored for a while."""
    await lists.delete(call.session, call.user_id, ids.playlist_of(call.given.text("id")))
    return {}


async def _describe(call: Call, playlist_id: UUID, said: Mapping[str, str | None]) -> None:
    """Change what is said of a list and is new: players send all of it, also of lists that others own."""
    playlist = (await lists.seen(call.session, call.user_id, playlist_id)).playlist
    new = {key: value for key, value in said.items() if value is not None and value != getattr(playlist, key)}
    changes = {key: _valid(_TEXTS[key], key, value) for key, value in new.items()}
    if changes:
        await lists.change(call.session, call.user_id, playlist_id, changes)


async def _remove(call: Call, playlist_id: UUID) -> None:
    entries = await _entries(call, playlist_id)
    chosen = [entries[place][0] for place in call.given.places("songIndexToRemove", among=len(entries))]
    if chosen:
        await lists.remove(call.session, call.user_id, playlist_id, chosen)


async def _with_songs(call: Call, playlist_id: UUID) -> Element:
    one = await lists.seen(call.session, call.user_id, playlist_id)
    tracks = [track for _, track in await _entries(call, playlist_id)]
    extent = Playable(len(tracks), sum(track.probe["duration_s"] for track in tracks))
    owners = await accounts.profiles_of(call.session, [one.playlist.user_id])
    owner = owners[one.playlist.user_id].handle if owners else None
    return {**_playlist(one, extent, owner), "entry": showing.songs(tracks)}


async def _entries(call: Call, playlist_id: UUID) -> list[tuple[UUID, ShelfTrack]]:
    """Return the entries that players are told of, with their tracks: their places are told by these."""
    entries = await _all_entries(call, playlist_id)
    tracks = await shelves.tracks_by_id(call.session, call.user_id, [track for _, track in entries])
    playable = {track.id: track for track in tracks}
    return [(entry, playable[track]) for entry, track in entries if track in playable]


async def _all_entries(call: Call, playlist_id: UUID) -> list[tuple[UUID, UUID]]:
    """Return the ids of all entries of a list that the caller sees, and of their tracks."""
    await lists.seen(call.session, call.user_id, playlist_id)
    found: list[tuple[UUID, UUID]] = []
    after: int | None = None
    while True:
        _, page, after = await lists.entries_of(call.session, playlist_id, after=after, limit=_ENTRIES)
        found += [(entry.id, entry.track_id) for entry in page]
        if after is None:
            return found


def _playlist(one: Seen, playable: Playable, owner: str | None) -> dict[str, Value]:
    playlist = one.playlist
    return {
        "id": ids.playlist_id(playlist.id),
        "name": playlist.name,
        "comment": playlist.description,
        "owner": owner,
        "public": playlist.slug is not None,
        "songCount": playable.songs,
        "duration": round(playable.duration_s),
        "created": playlist.created_at,
        "changed": one.head.edited_at,
        "coverArt": ids.playlist_id(playlist.id),
        "readonly": one.role not in ("owner", "editor"),
    }


def _valid(kind: TypeAdapter[str], name: str, value: str) -> str:
    """Return a text as lists take it from everybody."""
    try:
        return kind.validate_python(value)
    except ValidationError:
        raise SubsonicError(GENERIC, f"This {name} is blank, or too long.") from None


METHODS: Methods = {
    "getPlaylists": get_playlists,
    "getPlaylist": get_playlist,
    "createPlaylist": create_playlist,
    "updatePlaylist": update_playlist,
    "deletePlaylist": delete_playlist,
}
