"""YouTube Music, by YouTube's Data API: it has likes and playlists, and no listening history (Takeout has).

Costs are in the units of YouTube's quota: each list request is one.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from segue.kit.errors import SegueError
from segue.library.connects.errors import PlatformBusy
from segue.library.connects.platforms import oauth
from segue.library.connects.platforms.http import Answer, PlatformHttp, rows_of, status_trouble
from segue.library.connects.platforms.platform import (
    Access,
    Account,
    Batch,
    Cursor,
    Leaving,
    PlatformName,
    Reader,
    RedirectPlatform,
    Returned,
    Signed,
    Tokens,
)
from segue.library.connects.platforms.walking import Dated, Listed, Page, Place, all_of, changed_lists, newest_first
from segue.library.formats.building import artist_and_title_of, kept_of, song_of
from segue.library.formats.entries import Entry, Omission, SongRef
from segue.library.formats.json_stream import at, items_at, text_at
from segue.library.formats.reading import ids_of, iso_moment_of
from segue.library.formats.youtube import artist_of_channel

SCOPE: Final = "https://www.googleapis.com/auth/youtube.readonly"
PAGE: Final = 50
#: The category of videos that YouTube calls music.
MUSIC: Final = "10"
#: What YouTube calls a quota that is used up, and how long it is so at most.
_SPENT: Final = ("quotaExceeded", "dailyLimitExceeded")
_UNTIL_TOMORROW_S: Final = 12 * 3600.0


class YouTubeMusic(RedirectPlatform):
    """YouTube Music, over Google's OAuth 2 with PKCE."""

    name: ClassVar[PlatformName] = "youtube_music"
    title: ClassVar[str] = "YouTube Music"
    needs: ClassVar[tuple[str, ...]] = ("google_client_id", "google_client_secret")
    #: Midnight in California, in winter.
    day_begins_h: ClassVar[int] = 8

    @property
    def api_url(self) -> str:
        """Where the Data API answers."""
        return self.settings.youtube_url.rstrip("/")

    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Send the token as a bearer's."""
        return Signed(params, {"Authorization": f"Bearer {tokens.access}"})

    def trouble(self, answer: Answer) -> SegueError | None:
        """Tell a quota that is spent from what is forbidden: YouTube answers 403 to both."""
        reasons = [text_at(error, "reason") for error in items_at(answer.body, "error", "errors")]
        if any(reason in _SPENT for reason in reasons):
            return PlatformBusy("YouTube's quota for this server is spent for today.", wait_s=_UNTIL_TOMORROW_S)
        if "rateLimitExceeded" in reasons or "userRateLimitExceeded" in reasons:
            return PlatformBusy("YouTube has had enough requests for now.", wait_s=60)
        return status_trouble(self.title, answer)

    def authorize_url(self, leaving: Leaving) -> str:
        """Return Google's consent page; Google gives a refresh token only to who asks for consent anew."""
        return oauth.authorize_url(
            f"{self.settings.google_accounts_url.rstrip('/')}/o/oauth2/v2/auth",
            leaving,
            client_id=self.settings.google_client_id or "",
            scope=SCOPE,
            access_type="offline",
            prompt="consent",
        )

    async def account(self, http: PlatformHttp, returned: Returned) -> Account:
        """Exchange the code, and ask whose channel it is."""
        code = oauth.code_of(self.title, returned.answer)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": returned.callback_url}
        tokens = await self._tokens(http, {**form, "code_verifier": returned.verifier})
        signed = self.signed({"part": "snippet", "mine": "true"}, tokens)
        url = f"{self.api_url}/channels"
        body = await http.send("GET", url, params=signed.params, headers=signed.headers, trouble=self.trouble)
        channel = next(iter(items_at(body, "items")), None)
        return Account(text_at(channel, "snippet", "title") or "YouTube account", tokens)

    async def refreshed(self, http: PlatformHttp, tokens: Tokens) -> Tokens:
        """Renew the access token; Google's refresh tokens stay."""
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh or ""}
        return await self._tokens(http, form, before=tokens)

    async def revoke(self, http: PlatformHttp, tokens: Tokens) -> bool:
        """Revoke the grant: with the refresh token go all access tokens (RFC 7009)."""
        url = f"{self.settings.google_oauth_url.rstrip('/')}/revoke"
        await http.send("POST", url, data={"token": tokens.refresh or tokens.access})
        return True

    async def _tokens(self, http: PlatformHttp, form: dict[str, str], before: Tokens | None = None) -> Tokens:
        secret = self.settings.google_client_secret
        client = {
            "client_id": self.settings.google_client_id or "",
            "client_secret": secret.get_secret_value() if secret else "",
        }
        url = f"{self.settings.google_oauth_url.rstrip('/')}/token"
        return await oauth.tokens_from(http, self.title, url, {**form, **client}, before=before)

    def readers(self) -> Mapping[str, Reader]:
        """What is liked, and what is in lists."""
        return {"likes": _likes, "playlists": _playlists}


async def _likes(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the liked videos that are music, newest first."""
    list_id = cursor.get("list") or await _likes_list(access)
    if not list_id:
        return

    async def page(place: Place | None) -> Page:
        rows, then = await _items(access, list_id, place)
        songs = await _songs(access, rows)
        return Page([_liked(row, song) for row, song in zip(rows, songs, strict=True)], then)

    async for batch in newest_first(cursor, page):
        yield Batch(batch.entries, {**batch.cursor, "list": list_id})


async def _likes_list(access: Access) -> str:
    body = await access.get("/channels", part="contentDetails", mine="true")
    channel = next(iter(items_at(body, "items")), None)
    return text_at(channel, "contentDetails", "relatedPlaylists", "likes")


def _liked(row: object, song: SongRef | None) -> Dated:
    moment = iso_moment_of(text_at(row, "snippet", "publishedAt"))
    return Dated(_kept("a liked video", song, added_at=moment, liked=True), moment)


async def _playlists(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the playlists that have changed: of each, the videos that are music."""

    async def page(place: Place | None) -> tuple[list[object], Place | None]:
        body = await access.get(
            "/playlists", part="snippet,contentDetails", mine="true", maxResults=PAGE, pageToken=place
        )
        return items_at(body, "items"), text_at(body, "nextPageToken") or None

    async def entries_of(listed: Listed) -> list[Entry]:
        async def songs(place: Place | None) -> tuple[list[SongRef | None], Place | None]:
            rows, then = await _items(access, listed.id, place)
            return await _songs(access, rows), then

        music = [song for song in await all_of(songs) if isinstance(song, SongRef)]
        return [_kept(f"“{listed.name}”", song, playlist=listed.name, position=n) for n, song in enumerate(music)]

    lists = [
        Listed(text_at(row, "id"), text_at(row, "snippet", "title") or "Untitled", text_at(row, "etag") or None)
        for row in await all_of(page)
        if text_at(row, "id")
    ]
    async for batch in changed_lists(cursor, lists, entries_of):
        yield batch


async def _items(access: Access, list_id: str, place: Place | None) -> tuple[list[object], Place | None]:
    """Return a page of a list."""
    body = await access.get(
        "/playlistItems", part="snippet,contentDetails", playlistId=list_id, maxResults=PAGE, pageToken=place
    )
    return rows_of(body, "items"), text_at(body, "nextPageToken") or None


async def _songs(access: Access, rows: Sequence[object]) -> list[SongRef | None]:
    """Return the song of each of up to fifty items of a list, None where it is no music, or gone."""
    ids = [text_at(row, "contentDetails", "videoId") for row in rows]
    if not any(ids):
        return [None] * len(rows)
    body = await access.get("/videos", part="snippet", id=",".join(filter(None, ids)), maxResults=PAGE)
    videos = {text_at(video, "id"): at(video, "snippet") for video in items_at(body, "items")}
    return [_song(video_id, videos.get(video_id)) for video_id in ids]


def _song(video_id: str, snippet: object) -> SongRef | None:
    channel, title = text_at(snippet, "channelTitle"), text_at(snippet, "title")
    artist = artist_of_channel(channel)
    if text_at(snippet, "categoryId") != MUSIC and artist == channel:
        return None
    if artist == channel:  # no artist's own recording, but what somebody put up: mostly "Artist - Title"
        named, title = artist_and_title_of(title)
        artist = named or channel
    return song_of(title=title, artist=artist, ids=ids_of(youtube=video_id))


def _kept(
    where: str,
    song: SongRef | None,
    *,
    playlist: str = "",
    position: int | None = None,
    added_at: datetime | None = None,
    liked: bool | None = None,
) -> Entry:
    if song is None:
        return Omission(where, "not music")
    return kept_of(where, song, playlist=playlist, position=position, added_at=added_at, liked=liked)
