"""Methods by which listeners say what they like: stars and ratings."""

from segue.api.subsonic import ids
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element
from segue.api.subsonic.errors import GENERIC, MISSING, SubsonicError
from segue.library.shelves import service as shelves
from segue.taste import jobs, moving
from segue.taste import service as taste

_MOST_STARS = 5


async def star(call: Call) -> Element:
    """Star songs, albums and artists; a starred song is liked, and moves the taste."""
    return await _star(call, starred=True)


async def unstar(call: Call) -> Element:
    """Take stars back."""
    return await _star(call, starred=False)


async def set_rating(call: Call) -> Element:
    """Rate a song, an album or an artist, 1 to 5; 0 takes a rating back."""
    id_ = call.given.text("id")
    given = int(call.given.integer("rating"))
    if given > _MOST_STARS:
        raise SubsonicError(GENERIC, "A rating is 1 to 5, or 0 for none.")
    rating = given or None
    match ids.kind_of(id_):
        case "album":
            await shelves.rate(call.session, call.user_id, "album", ids.album_of(id_), rating=rating)
        case "artist":
            await shelves.rate(call.session, call.user_id, "artist", ids.artist_of(id_), rating=rating)
        case _:
            track = await shelves.on_shelf(call.session, call.user_id, ids.track_of(id_))
            movement = await moving.give_stars(call.session, call.user_id, track.id, rating=rating)
            await taste.said(call.session, call.user_id, movement, jobs.BUILD)
    return {}


async def _star(call: Call, *, starred: bool) -> Element:
    """Star or unstar; older clients name albums and artists as folders, by ``id``."""
    given = call.given
    named = [*given.all("id"), *given.all("albumId"), *given.all("artistId")]
    if not named:
        raise SubsonicError(MISSING, "Required parameter is missing: id, albumId or artistId.")
    for id_ in named:
        match ids.kind_of(id_):
            case "album":
                await shelves.star(call.session, call.user_id, "album", ids.album_of(id_), starred=starred)
            case "artist":
                await shelves.star(call.session, call.user_id, "artist", ids.artist_of(id_), starred=starred)
            case _:
                await _like(call, id_, liked=True if starred else None)
    return {}


async def _like(call: Call, id_: str, *, liked: bool | None) -> None:
    track = await shelves.on_shelf(call.session, call.user_id, ids.track_of(id_))
    movement = await taste.like(call.session, call.user_id, track.id, liked=liked)
    await taste.said(call.session, call.user_id, movement, jobs.BUILD)


METHODS: Methods = {"star": star, "unstar": unstar, "setRating": set_rating}
