"""A Last.fm on this machine: tokens, sessions, signatures, and the pages of scrobbles and loved songs."""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.library.connects.local_platform import Call, LocalPlatform, Reply

KEY, SECRET = "lastfm-key", "lastfm-secret"


@dataclass
class LocalLastFm(LocalPlatform):
    """Its data: (artist, title, Unix time), newest first."""

    user: str = "a_listener"
    scrobbles: list[tuple[str, str, int]] = field(default_factory=list)
    loved: list[tuple[str, str, int]] = field(default_factory=list)
    playing: tuple[str, str] | None = None
    tokens: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)

    def consent(self, authorize_url: str) -> str:
        """Allow an app in: Last.fm adds a token to the address that it was given."""
        asked = dict(parse_qsl(urlsplit(authorize_url).query))
        self.demand(asked["api_key"] == KEY, "the key is unknown")
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return f"{asked['cb']}&token={token}"

    def answer(self, call: Call) -> Reply:
        query = call.query
        signed = {name: value for name, value in query.items() if name not in ("api_sig", "format", "callback")}
        told = "".join(f"{name}{signed[name]}" for name in sorted(signed)) + SECRET
        if query.get("api_key") != KEY:
            return 403, {}, {"error": 10, "message": "Invalid API key"}
        if query.get("api_sig") != hashlib.md5(told.encode()).hexdigest():
            return 403, {}, {"error": 13, "message": "Invalid method signature supplied"}
        if query["method"] == "auth.getSession":
            return self._session(query["token"])
        if query.get("sk") not in self.sessions:
            return 403, {}, {"error": 9, "message": "Invalid session key - Please re-authenticate"}
        self.demand(int(query["limit"]) <= 200, "more than 200 at once")
        self.demand(query["user"] == self.user, "another user's scrobbles")
        if query["method"] == "user.getRecentTracks":
            return 200, {}, {"recenttracks": self._recent(query)}
        assert query["method"] == "user.getLovedTracks"
        return 200, {}, {"lovedtracks": self._loved(query)}

    def _session(self, token: str) -> Reply:
        if token not in self.tokens:
            return 403, {}, {"error": 4, "message": "Unauthorized Token - This token has not been issued"}
        self.tokens.remove(token)
        key = secrets.token_hex(16)
        self.sessions.add(key)
        return 200, {}, {"session": {"name": self.user, "key": key, "subscriber": 0}}

    def _recent(self, query: dict[str, str]) -> dict[str, Any]:
        since, until = int(query.get("from", 0)), int(query.get("to", 2**40))
        limit = int(query["limit"])
        found = [each for each in self.scrobbles if since < each[2] < until]
        tracks: list[dict[str, Any]] = [
            {
                "artist": {"mbid": "", "#text": artist},
                "name": title,
                "mbid": "",
                "album": {"mbid": "", "#text": "An Album"},
                "date": {"uts": str(uts), "#text": "01 Jan 2024, 00:00"},
            }
            for artist, title, uts in found[:limit]
        ]
        if self.playing:
            artist, title = self.playing
            now_playing = {"artist": {"mbid": "", "#text": artist}, "name": title, "album": {"#text": ""}, "mbid": ""}
            tracks.insert(0, {**now_playing, "@attr": {"nowplaying": "true"}})
        bare = tracks[0] if len(tracks) == 1 else tracks  # as Last.fm does
        return {"track": bare, "@attr": self._attributes(len(found), limit)}

    def _loved(self, query: dict[str, str]) -> dict[str, Any]:
        limit, page = int(query["limit"]), int(query["page"])
        tracks = [
            {"artist": {"name": artist, "mbid": ""}, "name": title, "mbid": "", "date": {"uts": str(uts)}}
            for artist, title, uts in self.loved[(page - 1) * limit : page * limit]
        ]
        return {"track": tracks, "@attr": self._attributes(len(self.loved), limit)}

    def _attributes(self, total: int, limit: int) -> dict[str, str]:
        return {"user": self.user, "total": str(total), "totalPages": str(-(-total // limit)), "perPage": str(limit)}
