"""Methods about the server and whoever calls: ping, licence, extensions, user, scans."""

from typing import Final

from segue.accounts import service as accounts
from segue.api.subsonic.calls import Call, Methods
from segue.api.subsonic.elements import Element
from segue.api.subsonic.errors import CONFLICTING, NOT_ALLOWED, SubsonicError
from segue.library.shelves import service as shelves

#: What is told of them is implemented; see docs/subsonic.md.
EXTENSIONS: Final = {
    "apiKeyAuthentication": [1],
    "formPost": [1],
    "indexBasedQueue": [1],
    "playbackReport": [1],
    "songLyrics": [1],
    "sonicSimilarity": [1],
    "topSongsByArtistId": [1],
}
#: What whoever is not signed in may ask, too.
FOR_ANYBODY: Final[dict[str, Element]] = {
    "getOpenSubsonicExtensions": {
        "openSubsonicExtensions": [{"name": name, "versions": versions} for name, versions in EXTENSIONS.items()]
    }
}
_FOLDER: Final = 1


async def ping(_call: Call) -> Element:
    """Say that all is well."""
    return {}


async def get_license(call: Call) -> Element:
    """Say that nobody need pay for this."""
    user = await accounts.existing_user(call.session, call.user_id)
    return {"license": {"valid": True, "email": user.email}}


async def token_info(call: Call) -> Element:
    """Say whose an API key is."""
    if "apiKey" not in call.given:
        raise SubsonicError(CONFLICTING, "Send an API key: this tells whose it is.")
    return {"tokenInfo": {"username": call.owner.handle}}


async def get_user(call: Call) -> Element:
    """Tell what a user may do: oneself."""
    name = call.given.maybe("username") or call.owner.handle
    if not await is_oneself(call, name):
        raise SubsonicError(NOT_ALLOWED, "Only you yourself are yours to see.")
    return {"user": await _user(call)}


async def is_oneself(call: Call, name: str) -> bool:
    """Tell whether a name is the caller's: one may sign in by one's handle or email."""
    user = await accounts.existing_user(call.session, call.user_id)
    return name.casefold() in (call.owner.handle.casefold(), (user.email or "").casefold())


async def get_users(call: Call) -> Element:
    """List the users that one may see: oneself."""
    return {"users": {"user": [await _user(call)]}}


async def get_scan_status(call: Call) -> Element:
    """Tell how many songs there are; nothing is ever scanned: what is brought is there."""
    count, _ = await shelves.newest(call.session, call.user_id)
    return {"scanStatus": {"scanning": False, "count": count}}


async def _user(call: Call) -> Element:
    user = await accounts.existing_user(call.session, call.user_id)
    may = ("download", "playlist", "comment", "stream", "settings")
    may_not = ("admin", "upload", "coverArt", "podcast", "jukebox", "share", "videoConversion")
    return {
        "username": call.owner.handle,
        "email": user.email,
        "scrobblingEnabled": True,
        **{f"{role}Role": True for role in may},
        **{f"{role}Role": False for role in may_not},
        "folder": [_FOLDER],
    }


METHODS: Methods = {
    "ping": ping,
    "getLicense": get_license,
    "tokenInfo": token_info,
    "getUser": get_user,
    "getUsers": get_users,
    "getScanStatus": get_scan_status,
    "startScan": get_scan_status,
}
