"""A Spotify on this machine: the part of its Web API that is open to new apps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.library.connects.local_platform import Call, OAuthPlatform, Reply


def album(number: int) -> dict[str, Any]:
    """Return an album object, as a track has it."""
    return {
        "id": f"{number:022d}",
        "uri": f"spotify:album:{number:022d}",
        "href": f"https://api.spotify.com/v1/albums/{number:022d}",
        "external_urls": {},
        "name": "An Album",
        "type": "album",
        "album_type": "album",
        "total_tracks": 9,
        "artists": [],
        "available_markets": [],
        "images": [],
        "release_date": "2019-05-03",
        "release_date_precision": "day",
    }


def track(name: str, artist: str, number: int = 1) -> dict[str, Any]:
    """Return a track object, as a list has it."""
    return {
        "id": f"{number:022d}",
        "uri": f"spotify:track:{number:022d}",
        "href": f"https://api.spotify.com/v1/tracks/{number:022d}",
        "type": "track",
        "name": name,
        "artists": [{"id": f"{number:022d}", "name": artist, "type": "artist"}],
        "album": album(number),
        "duration_ms": 200_000,
        "explicit": False,
        "is_local": False,
        "external_ids": {"isrc": f"QZES7{number:07d}"},
    }


@dataclass
class LocalSpotify(OAuthPlatform):
    """Its data: plays and saved tracks with their moments, newest first; playlists by id."""

    user: str = "listener"
    plays: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    saved: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    playlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    tops: list[dict[str, Any]] = field(default_factory=list)

    def list_of(self, name: str, tracks: list[dict[str, Any]], *, snapshot: str = "1", owner: str = "listener") -> None:
        self.playlists[name] = {"name": name, "tracks": tracks, "snapshot": snapshot, "owner": owner}

    def answer(self, call: Call) -> Reply:  # noqa: PLR0911 - a table of routes
        if call.path == "/api/token":
            return self.token(call)
        if call.bearer not in self.access:
            return 401, {}, {"error": {"status": 401, "message": "The access token expired"}}
        path = call.path.removeprefix("/v1")
        limit, offset = int(call.query.get("limit", 20)), int(call.query.get("offset", 0))
        self.demand(limit <= 50, "more than fifty at once")
        if path == "/me":
            return 200, {}, {"id": self.user, "display_name": "A Listener", "type": "user"}
        if path == "/me/player/recently-played":
            return 200, {}, self._recently_played(call, limit)
        if path == "/me/tracks":
            items = [{"track": song, "added_at": moment} for song, moment in self.saved]
            return 200, {}, self._page(call, items, limit, offset)
        if path == "/me/playlists":
            items = [self._playlist(list_id) for list_id in self.playlists]
            return 200, {}, self._page(call, items, limit, offset)
        if path == "/me/top/tracks":
            self.demand(call.query["time_range"] in ("short_term", "medium_term", "long_term"), "an unknown range")
            return 200, {}, self._page(call, self.tops, limit, offset)
        if path.startswith("/playlists/") and path.endswith("/items"):
            return self._items(call, path.split("/")[2], limit, offset)
        return 403, {}, {"error": {"status": 403, "message": "Forbidden"}}  # closed since February 2026

    def _recently_played(self, call: Call, limit: int) -> dict[str, Any]:
        after = int(call.query.get("after", 0))
        found = [(song, moment) for song, moment in self.plays[:50] if milliseconds(moment) > after][:limit]
        cursors = (
            {"after": str(milliseconds(found[0][1])), "before": str(milliseconds(found[-1][1]))} if found else None
        )
        items = [{"track": song, "played_at": moment} for song, moment in found]
        return {"items": items, "cursors": cursors, "limit": limit, "href": self.url}

    def _playlist(self, list_id: str) -> dict[str, Any]:
        told = self.playlists[list_id]
        counted = {"href": self.url, "total": len(told["tracks"])}
        return {
            "id": list_id,
            "name": told["name"],
            "owner": {"id": told["owner"], "type": "user"},
            "collaborative": False,
            "snapshot_id": told["snapshot"],
            "items": counted,
            "type": "playlist",
        }

    def _items(self, call: Call, list_id: str, limit: int, offset: int) -> Reply:
        told = self.playlists[list_id]
        if told["owner"] != self.user:
            return 403, {}, {"error": {"status": 403, "message": "Forbidden"}}
        items = [{"item": song, "added_at": "2024-01-01T00:00:00Z", "is_local": False} for song in told["tracks"]]
        return 200, {}, self._page(call, items, limit, offset)

    def _page(self, call: Call, items: list[Any], limit: int, offset: int) -> dict[str, Any]:
        after = offset + limit
        return {
            "href": f"{self.url}{call.path}",
            "items": items[offset:after],
            "limit": limit,
            "offset": offset,
            "total": len(items),
            "next": f"{self.url}{call.path}?offset={after}" if after < len(items) else None,
            "previous": None,
        }


def milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
