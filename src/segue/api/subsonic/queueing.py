"""Methods of the play queue: the one that Segue's own players have, so that another one goes on where one left off."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from segue.api.subsonic import ids, showing
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element, Value
from segue.api.subsonic.errors import MISSING, SubsonicError
from segue.discovery import service as discovery
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfTrack

_MOST_NAME: Final = 80


async def get_play_queue(call: Call) -> Element:
    """Return the queue, with the id of what plays."""
    tracks, at, said = await _queue(call)
    current = ids.track_id(tracks[at].id) if at < len(tracks) else None
    return {"playQueue": {"current": current, **said, "entry": showing.songs(tracks)}}


async def get_play_queue_by_index(call: Call) -> Element:
    """Return the queue, with the place of what plays."""
    tracks, at, said = await _queue(call)
    current = at if at < len(tracks) else None
    return {"playQueueByIndex": {"currentIndex": current, **said, "entry": showing.songs(tracks)}}


async def save_play_queue(call: Call) -> Element:
    """Save the queue; what plays is told by its id."""
    named = call.given.all("id")
    if not named:
        return await _clear(call)
    current = call.given.text("current")
    if current not in named:
        raise SubsonicError(MISSING, "current is one of the songs in the queue.")
    return await _save(call, named, named.index(current))


async def save_play_queue_by_index(call: Call) -> Element:
    """Save the queue; what plays is told by its place."""
    named = call.given.all("id")
    if not named:
        if "currentIndex" in call.given:
            raise SubsonicError(MISSING, "An empty queue has no currentIndex.")
        return await _clear(call)
    call.given.text("currentIndex")
    return await _save(call, named, call.given.places("currentIndex", among=len(named))[0])


async def _queue(call: Call) -> tuple[list[ShelfTrack], int, dict[str, Value]]:
    """Return what a player is told of the queue: its songs with audio, the index of what plays, and the rest."""
    saved = await discovery.saved(call.session, call.user_id)
    playable = await _playable(call, saved.track_ids)
    tracks = [playable[track] for track in saved.track_ids if track in playable]
    at = sum(track in playable for track in saved.track_ids[: saved.at])
    said: dict[str, Value] = {
        "position": saved.position_ms,
        "username": call.owner.handle,
        "changed": saved.changed_at or call.owner.created_at,
        "changedBy": saved.changed_by or "",
    }
    return tracks, at, said


async def _save(call: Call, named: Sequence[str], at: int) -> Element:
    tracks = [ids.track_of(id_) for id_ in named]
    before = await discovery.saved(call.session, call.user_id)
    playable = await _playable(call, before.track_ids)
    # What players are not told of is not theirs to drop.
    hidden = [track for track in before.track_ids[before.at :] if track not in playable and track not in tracks]
    await discovery.save(
        call.session,
        call.user_id,
        [*tracks, *hidden],
        at=at,
        position_ms=call.given.integer("position", 0),
        changed_by=call.given.text("c")[:_MOST_NAME],
    )
    return {}


async def _clear(call: Call) -> Element:
    await discovery.clear(call.session, call.user_id, version=None)
    return {}


async def _playable(call: Call, track_ids: Sequence[UUID]) -> dict[UUID, ShelfTrack]:
    tracks = await shelves.tracks_by_id(call.session, call.user_id, track_ids)
    return {track.id: track for track in tracks}


METHODS: Methods = {
    "getPlayQueue": get_play_queue,
    "getPlayQueueByIndex": get_play_queue_by_index,
    "savePlayQueue": save_play_queue,
    "savePlayQueueByIndex": save_play_queue_by_index,
}
