"""Methods about what plays: scrobbles, what plays now, the queue, bookmarks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from segue.api.subsonic import ids, showing
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element, Value
from segue.api.subsonic.errors import GENERIC, MISSING, NOT_FOUND, SubsonicError
from segue.kit.clock import now
from segue.library import service as library
from segue.library.playing import counting
from segue.library.playing.counting import Outcome, Play
from segue.library.shelves import service as shelves

#: Under which such plays are kept.
SOURCE: Final = "subsonic"
_STATES: Final = ("starting", "playing", "paused", "stopped")
_LATEST_MS: Final = 2**43
#: Whoever is no further has begun just now, as some players say only by their first place.
_BEGINS_MS: Final = 3_000


async def scrobble(call: Call) -> Element:
    """Take plays from a player; or, without submission, what it plays now."""
    given = call.given
    tracks = [ids.track_of(id_) for id_ in given.all("id")]
    if not tracks:
        raise SubsonicError(MISSING, "Required parameter is missing: id.")
    if not given.flag("submission", default=True):
        if not await counting.begin(call.session, call.user_id, tracks[-1]):
            await shelves.on_shelf(call.session, call.user_id, tracks[-1])
        return {}
    times = [_moment(value) for value in given.all("time")]
    moments = [*times, *[await _beginning(call, track) for track in tracks[len(times) :]]]
    plays = [Play(track, moment) for track, moment in zip(tracks, moments, strict=False)]
    await _count(call, plays)
    return {}


async def report_playback(call: Call) -> Element:
    """Take how far a player is: what plays is what plays now, and what was played far enough is a play."""
    given = call.given
    if given.text("mediaType") != "song":
        raise SubsonicError(NOT_FOUND, "There are songs here only.")
    state = given.text("state")
    if state not in _STATES:
        raise SubsonicError(GENERIC, f"state is one of these: {', '.join(_STATES)}.")
    position_ms = given.integer("positionMs")
    track = await shelves.on_shelf(call.session, call.user_id, ids.track_of(given.text("mediaId")))
    began_at = await library.began_at(call.session, call.user_id, track.id)
    begins = state == "starting" or (state == "playing" and (began_at is None or position_ms < _BEGINS_MS))
    if begins and not await counting.begin(call.session, call.user_id, track.id):
        # In private: what was heard of it before is over, and this is not told.
        await library.stop_playing(call.session, call.user_id, track.id)
    if state != "stopped" or given.flag("ignoreScrobble", default=False):
        return {}
    # Where nobody said when it began, so long was played, so long ago it began; said again, it is the same play.
    started_at = began_at or now() - timedelta(milliseconds=position_ms)
    (outcome,) = await _count(call, [Play(track.id, started_at, position_ms)])
    if began_at is None and outcome != "private":
        await library.note_beginning(call.session, call.user_id, track.id, at=started_at)
    return {}


async def get_now_playing(call: Call) -> Element:
    """Tell what one's own players play; what others hear is theirs."""
    playing = await library.playing_now(call.session, call.user_id)
    entries: list[Element] = []
    if playing is not None:
        for track in await shelves.tracks_by_id(call.session, call.user_id, [playing.track_id]):
            minutes = int((now() - playing.since) / timedelta(minutes=1))
            said: dict[str, Value] = {"username": call.owner.handle, "minutesAgo": minutes, "playerId": 0}
            entries.append({**showing.song(track), **said})
    return {"nowPlaying": {"entry": entries}}


async def get_bookmarks(call: Call) -> Element:
    """List the places to go on from."""
    found = await shelves.bookmarks(call.session, call.user_id)
    tracks = await shelves.tracks_by_id(call.session, call.user_id, [one.track_id for one in found])
    by_id = {track.id: track for track in tracks}
    shown: list[Element] = [
        {
            "position": one.position_ms,
            "username": call.owner.handle,
            "comment": one.comment,
            "created": one.created_at,
            "changed": one.changed_at,
            "entry": {**showing.song(by_id[one.track_id]), "bookmarkPosition": one.position_ms},
        }
        for one in found
        if one.track_id in by_id
    ]
    return {"bookmarks": {"bookmark": shown}}


async def create_bookmark(call: Call) -> Element:
    """Keep a place in a song."""
    given = call.given
    track_id, position_ms = ids.track_of(given.text("id")), given.integer("position")
    comment = given.maybe("comment")
    await shelves.keep_bookmark(
        call.session, call.user_id, track_id, position_ms=position_ms, comment=comment and comment[:1000]
    )
    return {}


async def delete_bookmark(call: Call) -> Element:
    """Forget a place in a song."""
    await shelves.delete_bookmark(call.session, call.user_id, ids.track_of(call.given.text("id")))
    return {}


async def _beginning(call: Call, track_id: UUID) -> datetime:
    """Return when a song began that a player tells of without a time: told again, it is the same play."""
    playing = await library.playing_now(call.session, call.user_id)
    return playing.since if playing is not None and playing.track_id == track_id else now()


async def _count(call: Call, plays: Sequence[Play]) -> list[Outcome]:
    outcomes = await counting.count(call.session, call.user_id, plays, source=SOURCE)
    if outcomes and all(outcome == "not found" for outcome in outcomes):
        raise SubsonicError(NOT_FOUND, "There is no such song, or it is not yours to hear.")
    return outcomes


def _moment(milliseconds: str) -> datetime:
    """Return when something was heard; a clock that runs ahead is set back to now."""
    try:
        value = int(float(milliseconds))
    except (ValueError, OverflowError):
        raise SubsonicError(GENERIC, "time is in milliseconds since 1970.") from None
    if not 0 <= value < _LATEST_MS:
        raise SubsonicError(GENERIC, "time is in milliseconds since 1970.")
    return min(datetime.fromtimestamp(value / 1000, UTC), now())


METHODS: Methods = {
    "scrobble": scrobble,
    "reportPlayback": report_playback,
    "getNowPlaying": get_now_playing,
    "getBookmarks": get_bookmarks,
    "createBookmark": create_bookmark,
    "deleteBookmark": delete_bookmark,
}
