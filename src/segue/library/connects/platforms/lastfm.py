"""Last.fm: scrobbles and loved songs. Its scheme is its own: a session key for a token, and calls signed with MD5."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import ClassVar, Final
from urllib.parse import urlencode

from segue.kit.errors import SegueError
from segue.library.connects.errors import AccessLapsed, PlatformDown, PlatformRefused
from segue.library.connects.platforms import oauth
from segue.library.connects.platforms.http import Answer, PlatformHttp, busy, status_trouble, wait_s, words_of
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
from segue.library.connects.platforms.walking import Dated, Page, Place, newest_first
from segue.library.formats.building import kept_of, play_of, song_of, unix_moment_of
from segue.library.formats.entries import Entry, SongRef
from segue.library.formats.json_stream import at, text_at
from segue.library.formats.reading import whole_of

PAGE: Final = 200
#: Last.fm's error codes (last.fm/api/errorcodes), by what follows from them.
_LAPSED: Final = {"4", "9", "14", "15", "17"}
_DOWN: Final = {"8", "11", "16"}
_RATE_LIMIT: Final = "29"


class LastFm(RedirectPlatform):
    """Last.fm."""

    name: ClassVar[PlatformName] = "lastfm"
    title: ClassVar[str] = "Last.fm"
    needs: ClassVar[tuple[str, ...]] = ("lastfm_api_key", "lastfm_api_secret")

    @property
    def api_url(self) -> str:
        """The one address of all methods."""
        return self.settings.lastfm_url

    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Send the session key, and sign: what is private is told to its owner only."""
        return Signed(self._signed({**params, "sk": tokens.access}), {})

    def trouble(self, answer: Answer) -> SegueError | None:
        """Tell errors by their codes, which come with any status."""
        code, told = text_at(answer.body, "error"), words_of(answer.body)
        if code in _LAPSED:
            return AccessLapsed(f"Last.fm does not know this session any more: connect again.{told}")
        if code in _DOWN:
            return PlatformDown(f"Last.fm failed.{told}")
        if code == _RATE_LIMIT:
            return busy(self.title, wait_s(answer.headers))
        if code:
            return PlatformRefused(f"Last.fm refused (error {code}).{told}")
        return status_trouble(self.title, answer)

    def authorize_url(self, leaving: Leaving) -> str:
        """Return Last.fm's consent page, which sends people back to an address that holds the state already."""
        callback = f"{leaving.callback_url}?{urlencode({'state': leaving.state})}"
        asked = {"api_key": self.settings.lastfm_api_key or "", "cb": callback}
        return f"{self.settings.lastfm_auth_url}?{urlencode(asked)}"

    async def account(self, http: PlatformHttp, returned: Returned) -> Account:
        """Exchange the token for a session, which lasts until its user ends it."""
        params = {"method": "auth.getSession", "token": oauth.code_of(self.title, returned.answer, "token")}
        body = await http.send("GET", self.api_url, params=self._signed(params), trouble=self.trouble, again=False)
        key = text_at(body, "session", "key")
        if not key:
            raise PlatformRefused("Last.fm gave no session.")
        return Account(text_at(body, "session", "name"), Tokens(access=key))

    def readers(self) -> Mapping[str, Reader]:
        """What is scrobbled, and what is loved."""
        return {"scrobbles": _scrobbles, "loved": _loved}

    def _signed(self, params: Mapping[str, str]) -> dict[str, str]:
        secret = self.settings.lastfm_api_secret
        params = {**params, "api_key": self.settings.lastfm_api_key or ""}
        signature = signature_of(params, secret.get_secret_value() if secret else "")
        return {**params, "api_sig": signature, "format": "json"}


def signature_of(params: Mapping[str, str], secret: str) -> str:
    """Return what Last.fm calls a method signature: names and values in the order of the names, then the secret."""
    told = "".join(f"{name}{value}" for name, value in sorted(params.items()))
    return hashlib.md5(f"{told}{secret}".encode(), usedforsecurity=False).hexdigest()


async def _scrobbles(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the scrobbles, newest first.

    Pages are cut by time and not by number: while one turns pages, new scrobbles would push others onto the next one.
    """
    done = cursor.get("done")

    async def page(place: Place | None) -> Page:
        since: dict[str, object] = {"from": None if done is None else int(done)}
        body = await access.get("", method="user.getRecentTracks", user=access.account, limit=PAGE, to=place, **since)
        rows = _rows(at(body, "recenttracks", "track"))
        plays = [row for row in rows if text_at(row, "@attr", "nowplaying") != "true"]
        found = [_play(row) for row in plays]
        seconds = [second for row in plays if (second := whole_of(text_at(row, "date", "uts")))]
        if not seconds or len(plays) < PAGE:
            return Page(found, None)
        # Others of the same second may follow; where a page has one second only, they are passed over.
        oldest = min(seconds)
        return Page(found, oldest + 1 if place is None or oldest + 1 < int(place) else oldest)

    async for batch in newest_first(cursor, page):
        yield batch


def _play(row: object) -> Dated:
    moment = unix_moment_of(text_at(row, "date", "uts"))
    return Dated(play_of("a scrobble", _song(row), moment), moment)


async def _loved(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the loved songs, newest first."""

    async def page(place: Place | None) -> Page:
        number = int(place or 1)
        body = await access.get("", method="user.getLovedTracks", user=access.account, limit=PAGE, page=number)
        rows = _rows(at(body, "lovedtracks", "track"))
        pages = whole_of(text_at(body, "lovedtracks", "@attr", "totalPages")) or 1
        return Page([_love(row) for row in rows], number + 1 if rows and number < pages else None)

    async for batch in newest_first(cursor, page):
        yield batch


def _love(row: object) -> Dated:
    moment = unix_moment_of(text_at(row, "date", "uts"))
    entry: Entry = kept_of("a loved song", _song(row), added_at=moment, liked=True)
    return Dated(entry, moment)


def _song(track: object) -> SongRef | None:
    return song_of(
        title=text_at(track, "name"),
        artist=text_at(track, "artist", "#text") or text_at(track, "artist", "name"),
        album=text_at(track, "album", "#text"),
        mbid=text_at(track, "mbid"),
    )


def _rows(tracks: object) -> list[object]:
    """Return the tracks of a page: a single one stands there bare."""
    if isinstance(tracks, list):
        return tracks
    return [tracks] if isinstance(tracks, dict) else []
