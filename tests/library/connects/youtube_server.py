"""A YouTube on this machine: Google's tokens, and the lists of the Data API with their quota."""

from dataclasses import dataclass, field
from typing import Any

from tests.library.connects.local_platform import Call, OAuthPlatform, Reply

LIKES = "LLlistener"


@dataclass
class LocalYouTube(OAuthPlatform):
    """Its data: videos by id; playlists of video ids with the moments at which they came in, newest first."""

    client_id: str = "google"
    client_secret: str | None = "google-secret"
    rotates: bool = False
    page: int = 50
    videos: dict[str, dict[str, str]] = field(default_factory=dict)
    lists: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {LIKES: []})
    titles: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)

    def video(self, title: str, channel: str, category: str = "10") -> str:
        """Put a video up; return its id."""
        video_id = f"video{len(self.videos):06d}"
        self.videos[video_id] = {"title": title, "channelTitle": channel, "categoryId": category}
        return video_id

    def answer(self, call: Call) -> Reply:
        if call.path == "/token":
            self.demand(call.form.get("client_secret") == self.client_secret, "the client's secret")
            return self.token(call)
        if call.path == "/revoke":
            self.revoked.append(call.form["token"])
            self.access.clear()
            self.grants.clear()
            return 200, {}, {}
        if call.bearer not in self.access:
            return (
                401,
                {},
                {"error": {"code": 401, "message": "Invalid Credentials", "errors": [{"reason": "authError"}]}},
            )
        handlers = {
            "channels": self._channels,
            "playlists": self._playlists,
            "playlistItems": self._items,
            "videos": self._videos,
        }
        return 200, {}, handlers[call.path.removeprefix("/youtube/v3/")](call)

    def _channels(self, call: Call) -> dict[str, Any]:
        item = {"kind": "youtube#channel", "etag": "e", "id": "UClistener"}
        if "snippet" in call.query["part"]:
            item["snippet"] = {"title": "A Listener"}  # type: ignore[assignment]
        if "contentDetails" in call.query["part"]:
            item["contentDetails"] = {"relatedPlaylists": {"likes": LIKES, "uploads": "UU"}}  # type: ignore[assignment]
        return {"kind": "youtube#channelListResponse", "etag": "e", "items": [item]}

    def _playlists(self, call: Call) -> dict[str, Any]:
        items = [
            {
                "kind": "youtube#playlist",
                "etag": f"{list_id} {self.lists[list_id]}",
                "id": list_id,
                "snippet": {"title": title, "channelId": "UClistener"},
                "contentDetails": {"itemCount": len(self.lists[list_id])},
            }
            for list_id, title in self.titles.items()
        ]
        return self._page(call, items, "youtube#playlistListResponse")

    def _items(self, call: Call) -> dict[str, Any]:
        items = [
            {
                "kind": "youtube#playlistItem",
                "etag": "e",
                "id": f"item{number}",
                "snippet": {
                    "publishedAt": moment,
                    "title": self.videos.get(video_id, {}).get("title", "Deleted video"),
                },
                "contentDetails": {"videoId": video_id},
            }
            for number, (video_id, moment) in enumerate(self.lists[call.query["playlistId"]])
        ]
        return self._page(call, items, "youtube#playlistItemListResponse")

    def _videos(self, call: Call) -> dict[str, Any]:
        wanted = call.query["id"].split(",")
        self.demand(len(wanted) <= 50, "more than fifty videos at once")
        found = [
            {"kind": "youtube#video", "etag": "e", "id": each, "snippet": self.videos[each]}
            for each in wanted
            if each in self.videos
        ]
        return {"kind": "youtube#videoListResponse", "etag": "e", "items": found}

    def _page(self, call: Call, items: list[Any], kind: str) -> dict[str, Any]:
        self.demand(int(call.query["maxResults"]) <= 50, "more than fifty at once")
        offset = int(call.query.get("pageToken", "0"))
        after = offset + self.page
        told: dict[str, Any] = {"kind": kind, "etag": "e", "items": items[offset:after]}
        told["pageInfo"] = {"totalResults": len(items), "resultsPerPage": self.page}
        if after < len(items):
            told["nextPageToken"] = str(after)
        return told
