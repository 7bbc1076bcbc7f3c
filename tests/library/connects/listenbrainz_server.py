"""A ListenBrainz on this machine, as its documentation describes it."""

from dataclasses import dataclass, field
from typing import Any

from tests.library.connects.local_platform import Call, LocalPlatform, Reply

TOKEN = "0f3a86d1-57e4-4b0c-8f3c-0d4b5a2d9c11"
RECORDING = "6b9a509f-6907-4a6e-9345-2f12da09ba4b"
JSPF = "https://musicbrainz.org/doc/jspf#playlist"


@dataclass
class LocalListenBrainz(LocalPlatform):
    """Its data: (artist, title, Unix time) of listens and (…, score, Unix time) of feedback; playlists by id."""

    user: str = "a listener/with a name"
    listens: list[tuple[str, str, int]] = field(default_factory=list)
    feedback: list[tuple[str, str, int, int]] = field(default_factory=list)
    playlists: dict[str, tuple[str, str, list[tuple[str, str]]]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})

    def answer(self, call: Call) -> Reply:  # noqa: PLR0911 - a table of routes
        token = call.headers.get("Authorization", "").removeprefix("Token ")
        if call.path == "/1/validate-token":
            if token not in self.tokens:
                return 200, {}, {"code": 200, "message": "Token invalid.", "valid": False}
            return 200, {}, {"code": 200, "message": "Token valid.", "valid": True, "user_name": self.user}
        if token not in self.tokens:
            return 401, {}, {"code": 401, "error": "Invalid authorization token."}
        user = "a%20listener%2Fwith%20a%20name"
        if call.path == f"/1/user/{user}/listens":
            return 200, {}, {"payload": self._listens(call)}
        if call.path == f"/1/feedback/user/{user}/get-feedback":
            return 200, {}, self._feedback(call)
        if call.path == f"/1/user/{user}/playlists":
            told = [{"playlist": self._playlist(list_id)} for list_id in self.playlists]
            return 200, {}, {"count": len(told), "offset": 0, "playlist_count": len(told), "playlists": told}
        list_id = call.path.removeprefix("/1/playlist/")
        tracks = [
            {"title": title, "creator": artist, "identifier": [f"https://musicbrainz.org/recording/{RECORDING}"]}
            for artist, title in self.playlists[list_id][2]
        ]
        return 200, {}, {"playlist": {**self._playlist(list_id), "track": tracks}}

    def _listens(self, call: Call) -> dict[str, Any]:
        since, count = int(call.query["min_ts"]), int(call.query["count"])
        self.demand(count <= 1000, "more than a thousand at once")
        self.demand("max_ts" not in call.query, "both ends of a range")
        following = sorted((each for each in self.listens if each[2] > since), key=lambda each: each[2])
        following = following[:count] if since else following[-count:]  # 0 is as none: then the newest are meant
        listens = [
            {
                "listened_at": moment,
                "recording_msid": "c5dbc2b1-7ce4-4ab5-b9d9-6e2ee8d5b5c7",
                "user_name": self.user,
                "track_metadata": {"artist_name": artist, "track_name": title, "additional_info": {}},
            }
            for artist, title, moment in reversed(following)
        ]
        return {"count": len(listens), "listens": listens, "user_id": self.user, "latest_listen_ts": 0}

    def _feedback(self, call: Call) -> dict[str, Any]:
        offset, count = int(call.query["offset"]), int(call.query["count"])
        self.demand(call.query["metadata"] == "true", "songs without names")
        told = [
            {
                "created": created,
                "recording_mbid": None,
                "recording_msid": "c5dbc2b1-7ce4-4ab5-b9d9-6e2ee8d5b5c7",
                "score": score,
                "user_id": self.user,
                "track_metadata": {"artist_name": artist, "track_name": title},
            }
            for artist, title, score, created in self.feedback[offset : offset + count]
        ]
        return {"count": len(told), "feedback": told, "offset": offset, "total_count": len(self.feedback)}

    def _playlist(self, list_id: str) -> dict[str, Any]:
        title, modified, _ = self.playlists[list_id]
        return {
            "identifier": f"https://listenbrainz.org/playlist/{list_id}",
            "title": title,
            "creator": self.user,
            "track": [],
            "extension": {JSPF: {"last_modified_at": modified, "public": True}},
        }
