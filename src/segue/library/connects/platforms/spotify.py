"""Spotify's Web API, as far as it is open to apps that are registered now (since February 2026).

What is closed to them is not asked: recommendations, audio features and analysis, related artists, others' playlists.
"""

import base64
from collections.abc import AsyncIterator, Mapping
from typing import ClassVar, Final
from urllib.parse import quote

from segue.library.connects.errors import PlatformRefused
from segue.library.connects.platforms import oauth
from segue.library.connects.platforms.http import PlatformHttp
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
from segue.library.formats.building import kept_of, play_of, song_of, year_of
from segue.library.formats.entries import Entry, SongRef
from segue.library.formats.json_stream import at, items_at, text_at
from segue.library.formats.reading import ids_of, iso_moment_of, spotify_id_of, whole_of

SCOPES: Final = "user-read-recently-played user-library-read user-top-read playlist-read-private"
PAGE: Final = 50
#: Over what time Spotify computes affinities, and what we call the lists.
TOPS: Final = {
    "short_term": "Top songs of four weeks",
    "medium_term": "Top songs of six months",
    "long_term": "Top songs of a year",
}


class Spotify(RedirectPlatform):
    """Spotify, over OAuth 2 with PKCE."""

    name: ClassVar[PlatformName] = "spotify"
    title: ClassVar[str] = "Spotify"
    needs: ClassVar[tuple[str, ...]] = ("spotify_client_id",)

    @property
    def api_url(self) -> str:
        """Where the Web API answers."""
        return self.settings.spotify_url.rstrip("/")

    @property
    def _accounts_url(self) -> str:
        return self.settings.spotify_accounts_url.rstrip("/")

    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Send the token as a bearer's."""
        return Signed(params, {"Authorization": f"Bearer {tokens.access}"})

    def authorize_url(self, leaving: Leaving) -> str:
        """Return Spotify's consent page."""
        return oauth.authorize_url(
            f"{self._accounts_url}/authorize", leaving, client_id=self.settings.spotify_client_id or "", scope=SCOPES
        )

    async def account(self, http: PlatformHttp, returned: Returned) -> Account:
        """Exchange the code, and ask whose account it is."""
        code = oauth.code_of(self.title, returned.answer)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": returned.callback_url}
        tokens = await self._tokens(http, {**form, "code_verifier": returned.verifier})
        me = await http.send("GET", f"{self.api_url}/me", headers=self.signed({}, tokens).headers)
        return Account(text_at(me, "id") or text_at(me, "display_name"), tokens)

    async def refreshed(self, http: PlatformHttp, tokens: Tokens) -> Tokens:
        """Renew; without a secret, refresh tokens rotate."""
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh or ""}
        return await self._tokens(http, form, before=tokens)

    async def _tokens(self, http: PlatformHttp, form: dict[str, str], before: Tokens | None = None) -> Tokens:
        client_id, secret = self.settings.spotify_client_id or "", self.settings.spotify_client_secret
        client = {}
        if secret is not None:
            basic = base64.b64encode(f"{client_id}:{secret.get_secret_value()}".encode()).decode()
            client["Authorization"] = f"Basic {basic}"
        url = f"{self._accounts_url}/api/token"
        return await oauth.tokens_from(
            http, self.title, url, {**form, "client_id": client_id}, client=client, before=before
        )

    def readers(self) -> Mapping[str, Reader]:
        """What is played, saved, listed, and heard most."""
        return {"recently_played": _plays, "saved_tracks": _saved, "playlists": _playlists, "top_tracks": _tops}


async def _plays(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read what was played: Spotify remembers the last fifty plays of over thirty seconds, and no more."""
    body = await access.get("/me/player/recently-played", limit=PAGE, after=cursor.get("after"))
    entries = [
        play_of(f"play {number}", _song(at(row, "track")), iso_moment_of(text_at(row, "played_at")))
        for number, row in enumerate(items_at(body, "items"), 1)
    ]
    after = whole_of(text_at(body, "cursors", "after"))
    if entries or after:
        yield Batch(entries, {"after": after or cursor.get("after")})


async def _saved(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the liked songs, newest first."""

    async def page(place: Place | None) -> Page:
        offset = int(place or 0)
        body = await access.get("/me/tracks", limit=PAGE, offset=offset)
        rows = items_at(body, "items")
        return Page([_dated(row, offset + number) for number, row in enumerate(rows)], _then(body, offset))

    async for batch in newest_first(cursor, page):
        yield batch


def _dated(row: object, number: int) -> Dated:
    moment = iso_moment_of(text_at(row, "added_at"))
    return Dated(kept_of(f"saved song {number}", _song(at(row, "track")), added_at=moment, liked=True), moment)


async def _playlists(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the listener's own playlists that have changed: what is in others' is closed to new apps."""

    async def page(place: Place | None) -> tuple[list[object], Place | None]:
        body = await access.get("/me/playlists", limit=PAGE, offset=int(place or 0))
        return items_at(body, "items"), _then(body, int(place or 0))

    async def entries_of(listed: Listed) -> list[Entry]:
        async def items(place: Place | None) -> tuple[list[object], Place | None]:
            path = f"/playlists/{quote(listed.id, safe='')}/items"
            body = await access.get(path, limit=PAGE, offset=int(place or 0), additional_types="track")
            return items_at(body, "items"), _then(body, int(place or 0))

        return [_list_entry(row, position, listed.name) for position, row in enumerate(await all_of(items))]

    lists = [
        Listed(text_at(row, "id"), text_at(row, "name") or "Untitled", text_at(row, "snapshot_id") or None)
        for row in await all_of(page)
        if text_at(row, "id") and (text_at(row, "owner", "id") == access.account or at(row, "collaborative") is True)
    ]
    async for batch in changed_lists(cursor, lists, entries_of):
        yield batch


def _list_entry(row: object, position: int, name: str) -> Entry:
    # Called `track` until February 2026, and still for apps with an extended quota.
    song = _song(at(row, "item") or at(row, "track"))
    where = f"“{name}”, {position + 1}"
    return kept_of(where, song, playlist=name, position=position, added_at=iso_moment_of(text_at(row, "added_at")))


async def _tops(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the songs that Spotify computes to be the listener's favourites; they change by the day."""
    for time_range, name in TOPS.items():
        body = await access.get("/me/top/tracks", limit=PAGE, time_range=time_range)
        rows = items_at(body, "items")
        ids = [text_at(row, "id") for row in rows]
        if rows and ids != cursor.get(time_range):
            cursor = {**cursor, time_range: ids}
            songs = [_song(row) for row in rows]
            entries = [kept_of(f"“{name}”, {n + 1}", s, playlist=name, position=n) for n, s in enumerate(songs)]
            yield Batch(entries, cursor, lists=[name])


def _song(track: object) -> SongRef | None:
    """Return the song of a track object; an episode is none."""
    if text_at(track, "type") == "episode":
        return None
    return song_of(
        title=text_at(track, "name"),
        artist=", ".join(filter(None, (text_at(artist, "name") for artist in items_at(track, "artists")))),
        album=text_at(track, "album", "name"),
        year=year_of(text_at(track, "album", "release_date")),
        duration_ms=whole_of(text_at(track, "duration_ms")),
        isrc=text_at(track, "external_ids", "isrc"),
        ids=ids_of(spotify=spotify_id_of(text_at(track, "id"))),
    )


def _then(body: object, offset: int) -> Place | None:
    """Return where the next page begins."""
    if not isinstance(body, dict):
        raise PlatformRefused("Spotify answered something that is no page of a list.")
    rows = items_at(body, "items")
    return offset + len(rows) if rows and text_at(body, "next") else None
