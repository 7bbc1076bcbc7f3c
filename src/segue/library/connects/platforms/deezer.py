"""Deezer: history, favourites and playlists, for apps that Deezer registered before it closed its API to new ones."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import ClassVar, Final
from urllib.parse import quote, urlencode

from segue.kit.clock import now
from segue.kit.errors import SegueError
from segue.library.connects.errors import AccessLapsed, PlatformDown, PlatformRefused
from segue.library.connects.platforms import oauth
from segue.library.connects.platforms.http import Answer, PlatformHttp, busy, rows_of, status_trouble, words_of
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
from segue.library.formats.building import kept_of, play_of, seconds_as_ms, song_of, unix_moment_of
from segue.library.formats.entries import Entry, SongRef
from segue.library.formats.json_stream import at, text_at
from segue.library.formats.reading import ids_of, whole_of

#: Offline access: tokens that do not end.
PERMISSIONS: Final = "basic_access,manage_library,listening_history,offline_access"
PAGE: Final = 100
#: Deezer's error codes, which come with status 200.
_QUOTA: Final = "4"
_BUSY: Final = "700"
_LAPSED: Final = {"200", "300"}
#: Fifty requests in five seconds are allowed.
_QUOTA_WAIT_S: Final = 5.0


class Deezer(RedirectPlatform):
    """Deezer, over its own kind of OAuth: no PKCE, no refresh."""

    name: ClassVar[PlatformName] = "deezer"
    title: ClassVar[str] = "Deezer"
    needs: ClassVar[tuple[str, ...]] = ("deezer_app_id", "deezer_secret")

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return self.settings.deezer_url.rstrip("/")

    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Send the token as Deezer wants it, among the parameters."""
        return Signed({**params, "access_token": tokens.access}, {})

    def trouble(self, answer: Answer) -> SegueError | None:
        """Tell errors by their codes."""
        if at(answer.body, "error") is None:
            return status_trouble(self.title, answer)
        code, told = text_at(answer.body, "error", "code"), words_of(answer.body)
        if code in _LAPSED:
            return AccessLapsed(f"Deezer does not take its token any more: connect again.{told}")
        if code == _QUOTA:
            return busy(self.title, _QUOTA_WAIT_S)
        if code == _BUSY:
            return PlatformDown(f"Deezer failed.{told}")
        return PlatformRefused(f"Deezer refused (error {code}).{told}")

    def authorize_url(self, leaving: Leaving) -> str:
        """Return Deezer's consent page."""
        asked = {
            "app_id": self.settings.deezer_app_id or "",
            "redirect_uri": leaving.callback_url,
            "perms": PERMISSIONS,
            "state": leaving.state,
        }
        return f"{self._connect_url}/auth.php?{urlencode(asked)}"

    async def account(self, http: PlatformHttp, returned: Returned) -> Account:
        """Exchange the code, and ask whose account it is."""
        secret = self.settings.deezer_secret
        params = {
            "app_id": self.settings.deezer_app_id or "",
            "secret": secret.get_secret_value() if secret else "",
            "code": oauth.code_of(self.title, returned.answer),
            "output": "json",
        }
        url = f"{self._connect_url}/access_token.php"
        body = await http.send("GET", url, params=params, trouble=self.trouble, again=False)
        access, seconds = text_at(body, "access_token"), whole_of(text_at(body, "expires"))
        if not access:  # a code that is not good is answered by the words "wrong code"
            raise PlatformRefused("Deezer gave no token: begin again.")
        tokens = Tokens(access=access, expires_at=now() + timedelta(seconds=seconds) if seconds else None)
        signed = self.signed({}, tokens)
        me = await http.send("GET", f"{self.api_url}/user/me", params=signed.params, trouble=self.trouble)
        return Account(text_at(me, "name") or text_at(me, "id"), tokens)

    def readers(self) -> Mapping[str, Reader]:
        """What was played, what is a favourite, and what is in lists."""
        return {"history": _history, "favourites": _favourites, "playlists": _playlists}

    @property
    def _connect_url(self) -> str:
        return self.settings.deezer_connect_url.rstrip("/")


async def _rows(access: Access, path: str, place: Place | None) -> tuple[list[object], Place | None]:
    """Return a page of a list."""
    index = int(place or 0)
    body = await access.get(path, limit=PAGE, index=index)
    rows = rows_of(body, "data")
    return rows, index + len(rows) if rows and text_at(body, "next") else None


async def _history(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read what was played, newest first."""

    async def page(place: Place | None) -> Page:
        rows, then = await _rows(access, "/user/me/history", place)
        moments = [unix_moment_of(text_at(row, "timestamp")) for row in rows]
        return Page([Dated(play_of("a play", _song(r), m), m) for r, m in zip(rows, moments, strict=True)], then)

    async for batch in newest_first(cursor, page):
        yield batch


async def _favourites(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the favourite songs, newest first."""

    async def page(place: Place | None) -> Page:
        rows, then = await _rows(access, "/user/me/tracks", place)
        return Page([_favourite(row) for row in rows], then)

    async for batch in newest_first(cursor, page):
        yield batch


def _favourite(row: object) -> Dated:
    moment = unix_moment_of(text_at(row, "time_add"))
    return Dated(kept_of("a favourite", _song(row), added_at=moment, liked=True), moment)


async def _playlists(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the playlists that have changed; the list of favourites has been read."""

    async def page(place: Place | None) -> tuple[list[object], Place | None]:
        return await _rows(access, "/user/me/playlists", place)

    async def entries_of(listed: Listed) -> list[Entry]:
        async def items(place: Place | None) -> tuple[list[object], Place | None]:
            return await _rows(access, f"/playlist/{quote(listed.id, safe='')}/tracks", place)

        return [_list_entry(row, position, listed.name) for position, row in enumerate(await all_of(items))]

    lists = [
        Listed(text_at(row, "id"), text_at(row, "title") or "Untitled", text_at(row, "checksum") or None)
        for row in await all_of(page)
        if text_at(row, "id") and at(row, "is_loved_track") is not True
    ]
    async for batch in changed_lists(cursor, lists, entries_of):
        yield batch


def _list_entry(row: object, position: int, name: str) -> Entry:
    added_at = unix_moment_of(text_at(row, "time_add"))
    return kept_of(f"“{name}”, {position + 1}", _song(row), playlist=name, position=position, added_at=added_at)


def _song(track: object) -> SongRef | None:
    return song_of(
        title=text_at(track, "title"),
        artist=text_at(track, "artist", "name"),
        album=text_at(track, "album", "title"),
        duration_ms=seconds_as_ms(text_at(track, "duration")),
        isrc=text_at(track, "isrc"),
        ids=ids_of(deezer=text_at(track, "id")),
    )
