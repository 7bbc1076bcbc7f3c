"""A Deezer on this machine: its own OAuth, errors with status 200, and the lists of a user."""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.library.connects.local_platform import Call, LocalPlatform, Reply

APP, SECRET = "123456", "deezer-secret"


def track(title: str, artist: str, number: int, **more: int) -> dict[str, Any]:
    named = {"id": number, "title": title, "artist": {"id": 1, "name": artist}, "album": {"id": 1, "title": "An Album"}}
    return {**named, "duration": 200, "type": "track", **more}


@dataclass
class LocalDeezer(LocalPlatform):
    """Its data: what was played and what is a favourite, newest first; playlists by id."""

    history: list[dict[str, Any]] = field(default_factory=list)
    favourites: list[dict[str, Any]] = field(default_factory=list)
    playlists: dict[str, tuple[str, str, list[dict[str, Any]]]] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    access: set[str] = field(default_factory=set)

    def consent(self, authorize_url: str) -> str:
        """Allow an app in."""
        asked = dict(parse_qsl(urlsplit(authorize_url).query))
        self.demand(asked["app_id"] == APP, "the app is unknown")
        self.demand("listening_history" in asked["perms"].split(","), "the history is not asked for")
        code = secrets.token_hex(8)
        self.codes.add(code)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, call: Call) -> Reply:  # noqa: PLR0911 - a table of routes
        if call.path == "/oauth/access_token.php":
            good = call.query["app_id"] == APP and call.query["secret"] == SECRET and call.query["code"] in self.codes
            if not good:
                return 200, {}, b"wrong code"
            self.codes.remove(call.query["code"])
            access = secrets.token_hex(16)
            self.access.add(access)
            return 200, {}, {"access_token": access, "expires": 0}
        if call.query.get("access_token") not in self.access:
            return 200, {}, {"error": {"type": "OAuthException", "message": "Invalid OAuth access token.", "code": 300}}
        if call.path == "/user/me":
            return 200, {}, {"id": 42, "name": "a.listener", "type": "user"}
        if call.path == "/user/me/history":
            return 200, {}, self._page(call, self.history)
        if call.path == "/user/me/tracks":
            return 200, {}, self._page(call, self.favourites)
        if call.path == "/user/me/playlists":
            told = [
                {"id": int(each), "title": title, "checksum": checksum, "is_loved_track": False, "type": "playlist"}
                for each, (title, checksum, _) in self.playlists.items()
            ]
            loved = {"id": 1, "title": "Loved Tracks", "checksum": "x", "is_loved_track": True, "type": "playlist"}
            return 200, {}, self._page(call, [loved, *told])
        _, kind, list_id, tracks = call.path.split("/")
        assert (kind, tracks) == ("playlist", "tracks")
        return 200, {}, self._page(call, self.playlists[list_id][2])

    def _page(self, call: Call, items: list[Any]) -> dict[str, Any]:
        index, limit = int(call.query["index"]), int(call.query["limit"])
        told: dict[str, Any] = {"data": items[index : index + limit], "total": len(items)}
        if index + limit < len(items):
            told["next"] = f"{self.url}{call.path}?index={index + limit}"
        return told
