"""ListenBrainz: listens, feedback and playlists, by the user token that everyone finds in their settings there."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import quote

from segue.library.connects.errors import AccessLapsed
from segue.library.connects.platforms.http import PlatformHttp, rows_of
from segue.library.connects.platforms.platform import (
    Access,
    Account,
    Batch,
    Cursor,
    PlatformName,
    Reader,
    Signed,
    TokenPlatform,
    Tokens,
)
from segue.library.connects.platforms.walking import Dated, Listed, Page, Place, all_of, changed_lists, newest_first
from segue.library.formats.building import ids_in, kept_of, mbid_in, song_of, unix_moment_of
from segue.library.formats.entries import Entry
from segue.library.formats.json_stream import at, items_at, text_at
from segue.library.formats.listenbrainz import listen_of, song_of_metadata
from segue.library.formats.reading import whole_of

LISTENS: Final = 1000
PAGE: Final = 100
#: The names of JSPF's extension that MusicBrainz made.
_PLAYLIST: Final = "https://musicbrainz.org/doc/jspf#playlist"
_LIKED: Final = {"1": True, "-1": False}


class ListenBrainz(TokenPlatform):
    """ListenBrainz, or a server that speaks its language."""

    name: ClassVar[PlatformName] = "listenbrainz"
    title: ClassVar[str] = "ListenBrainz"
    needs: ClassVar[tuple[str, ...]] = ("listenbrainz_url",)

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return (self.settings.listenbrainz_url or "").rstrip("/")

    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Send the user token."""
        return Signed(params, {"Authorization": f"Token {tokens.access}"})

    def how_to_get_one(self) -> Mapping[str, Any]:
        """The user token stands in one's settings."""
        return {"step": "token", "url": "https://listenbrainz.org/settings/"}

    async def account_of(self, http: PlatformHttp, token: str) -> Account:
        """Ask whose token it is."""
        tokens = Tokens(access=token)
        body = await http.send(
            "GET", f"{self.api_url}/1/validate-token", headers=self.signed({}, tokens).headers, trouble=self.trouble
        )
        if at(body, "valid") is not True:
            raise AccessLapsed("ListenBrainz does not know this token: copy it from your settings there.")
        return Account(text_at(body, "user_name"), tokens)

    def readers(self) -> Mapping[str, Reader]:
        """What was listened to, what was said of it, and what is in lists."""
        return {"listens": _listens, "feedback": _feedback, "playlists": _playlists}


def _user(access: Access) -> str:
    return quote(access.account, safe="")


async def _listens(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the listens, oldest first: those that follow a moment soonest."""
    while True:
        since = int(cursor.get("since", 1))  # 0 it takes as none, and gives the newest
        body = await access.get(f"/1/user/{_user(access)}/listens", min_ts=since, count=LISTENS)
        rows = items_at(body, "payload", "listens")
        # A listen of the far future, which some player's clock made, must not hide all that come before it.
        moments = [unix_moment_of(text_at(row, "listened_at")) for row in rows]
        newest = max((int(moment.timestamp()) for moment in moments if moment is not None), default=since)
        if newest <= since:
            return
        cursor = {"since": newest}
        yield Batch([listen_of("a listen", row) for row in rows], cursor)


async def _feedback(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read what is loved and hated, newest first."""

    async def page(place: Place | None) -> Page:
        offset = int(place or 0)
        path = f"/1/feedback/user/{_user(access)}/get-feedback"
        body = await access.get(path, count=PAGE, offset=offset, metadata="true")
        rows = items_at(body, "feedback")
        total = whole_of(text_at(body, "total_count")) or 0
        after = offset + len(rows)
        return Page([_opinion(row) for row in rows], after if rows and after < total else None)

    async for batch in newest_first(cursor, page):
        yield batch


def _opinion(row: object) -> Dated:
    moment = unix_moment_of(text_at(row, "created"))
    song = song_of_metadata(at(row, "track_metadata"))
    return Dated(kept_of("feedback", song, added_at=moment, liked=_LIKED.get(text_at(row, "score"))), moment)


async def _playlists(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the listener's own playlists that have changed."""

    async def page(place: Place | None) -> tuple[list[object], Place | None]:
        offset = int(place or 0)
        body = await access.get(f"/1/user/{_user(access)}/playlists", count=PAGE, offset=offset)
        rows = items_at(body, "playlists")
        total = whole_of(text_at(body, "playlist_count")) or 0
        return rows, offset + len(rows) if rows and offset + len(rows) < total else None

    async def entries_of(listed: Listed) -> list[Entry]:
        body = await access.get(f"/1/playlist/{quote(listed.id, safe='')}")
        rows = rows_of(body, "playlist", "track")
        return [_list_entry(row, position, listed.name) for position, row in enumerate(rows)]

    lists = [
        Listed(
            text_at(row, "playlist", "identifier").rstrip("/").rpartition("/")[2],
            text_at(row, "playlist", "title") or "Untitled",
            text_at(row, "playlist", "extension", _PLAYLIST, "last_modified_at") or None,
        )
        for row in await all_of(page)
    ]
    async for batch in changed_lists(cursor, [each for each in lists if each.id], entries_of):
        yield batch


def _list_entry(row: object, position: int, name: str) -> Entry:
    # One address or a list of them, by the version of JSPF.
    told = at(row, "identifier")
    addresses = [str(each) for each in told] if isinstance(told, list) else [text_at(row, "identifier")]
    song = song_of(
        title=text_at(row, "title"),
        artist=text_at(row, "creator"),
        album=text_at(row, "album"),
        duration_ms=whole_of(text_at(row, "duration")),
        mbid=mbid_in(*addresses),
        ids=ids_in(*addresses),
    )
    return kept_of(f"“{name}”, {position + 1}", song, playlist=name, position=position)
