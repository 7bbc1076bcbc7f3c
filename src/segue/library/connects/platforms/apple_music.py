"""Apple Music: the last plays, the library, ratings and playlists, by a token that MusicKit gives a listener's app."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

import jwt

from segue.kit.clock import now
from segue.kit.errors import SegueError
from segue.kit.settings import Settings
from segue.library.connects.errors import AccessLapsed, NotConfigured, PlatformRefused
from segue.library.connects.platforms.http import Answer, PlatformHttp, rows_of, status_trouble
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
from segue.library.connects.platforms.walking import Listed, Place, all_of, changed_lists
from segue.library.formats.building import kept_of, play_of, song_of, year_of
from segue.library.formats.entries import Entry, SongRef
from segue.library.formats.json_stream import at, items_at, text_at
from segue.library.formats.reading import ids_of, whole_of

PAGE: Final = 100
#: Apple gives the last fifty plays, at most thirty at a time.
PLAYS: Final = 50
PLAYS_PAGE: Final = 30
#: Apps use a developer token for so long, and then ask for another; Apple allows half a year.
DEVELOPER_TOKEN_S: Final = 3600
#: What Apple does not tell the length of is taken for so long.
_USUAL_MS: Final = 210_000
_RATED: Final = {"1": True, "-1": False}


class AppleMusic(TokenPlatform):
    """Apple Music: a developer token of the operator's, and a music user token of the listener's."""

    name: ClassVar[PlatformName] = "apple_music"
    title: ClassVar[str] = "Apple Music"
    needs: ClassVar[tuple[str, ...]] = ("apple_music_team_id", "apple_music_key_id", "apple_music_key_file")

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._developer_token = developer_token(settings)

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return self.settings.apple_music_url.rstrip("/")

    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Send both tokens."""
        bearer = {"Authorization": f"Bearer {self._developer_token}"}
        return Signed(params, {**bearer, "Music-User-Token": tokens.access})

    def trouble(self, answer: Answer) -> SegueError | None:
        """Tell a user token that has ended, which is a 403, from a developer token that is not good."""
        if answer.status == 401:
            return NotConfigured("Apple does not take this server's developer token: see SEGUE_APPLE_MUSIC_KEY_ID.")
        if answer.status == 403:
            return AccessLapsed("Apple Music does not take its token any more: connect again.")
        return status_trouble(self.title, answer)

    def how_to_get_one(self) -> Mapping[str, Any]:
        """MusicKit asks for it in the app, given the developer token."""
        return {
            "step": "music_user_token",
            "developer_token": self._developer_token,
            "expires_at": now() + timedelta(seconds=DEVELOPER_TOKEN_S),
        }

    async def account_of(self, http: PlatformHttp, token: str) -> Account:
        """Ask for the listener's storefront: Apple tells nothing else of who they are."""
        signed = self.signed({}, Tokens(access=token))
        url = f"{self.api_url}/v1/me/storefront"
        body = await http.send("GET", url, headers=signed.headers, trouble=self.trouble)
        storefront = text_at(next(iter(items_at(body, "data")), None), "id")
        return Account(f"Apple Music ({storefront})" if storefront else "Apple Music", Tokens(access=token))

    def readers(self) -> Mapping[str, Reader]:
        """What was played, what is in the library and how it is rated, and what is in lists."""
        return {"recently_played": _plays, "library": _library, "playlists": _playlists}


def developer_token(settings: Settings) -> str:
    """Return a token that says who runs this server: a JWT, signed with ES256.

    Raises
    ------
    NotConfigured
        The key's file cannot be read, or is none.
    """
    issued_at = int(time.time())
    claims = {"iss": settings.apple_music_team_id, "iat": issued_at, "exp": issued_at + DEVELOPER_TOKEN_S}
    try:
        key = settings.apple_music_key_file.read_text() if settings.apple_music_key_file else ""
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": settings.apple_music_key_id})
    except (OSError, ValueError, TypeError, jwt.PyJWTError) as error:
        raise NotConfigured(
            "Apple's key cannot be read: SEGUE_APPLE_MUSIC_KEY_FILE is to name the .p8 file.",
            missing=["SEGUE_APPLE_MUSIC_KEY_FILE"],
        ) from error


async def _rows(access: Access, path: str, place: Place | None, size: int = PAGE) -> tuple[list[object], Place | None]:
    """Return a page of a list."""
    offset = int(place or 0)
    body = await access.get(path, limit=size, offset=offset)
    rows = rows_of(body, "data")
    return rows, offset + len(rows) if rows and text_at(body, "next") else None


async def _plays(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read what was played since the last look.

    Apple tells the order and no times. So a play counts as having ended when the one after it began, the last one
    when we looked; none before the look before.
    """
    rows: list[object] = []
    place: Place | None = None
    while len(rows) < PLAYS:
        found, place = await _rows(access, "/v1/me/recent/played/tracks", place, min(PLAYS_PAGE, PLAYS - len(rows)))
        rows += found
        if place is None:
            break
    ids = [text_at(row, "id") for row in rows]
    count = count_new(cursor.get("ids", []), ids)
    looked_at = now()
    before = datetime.fromtimestamp(cursor["looked_at"], UTC) if "looked_at" in cursor else None
    entries: list[Entry] = []
    ends = looked_at
    for row in rows[:count]:
        song = _song(row)
        ends -= timedelta(milliseconds=(song.duration_ms if song else None) or _USUAL_MS)
        entries.append(play_of("a recent play", song, ends if before is None else max(before, ends)))
    if entries or before is None:
        yield Batch(entries, {"ids": ids, "looked_at": looked_at.timestamp()})


def count_new(before: Sequence[str], ids: Sequence[str]) -> int:
    """Return how many of `ids` are plays since the list was `before`, both newest first.

    A song that is played again may stand in the list twice, or move to its head.
    """
    for count in range(len(ids)):
        rest, again = list(ids[count:]), set(ids[:count])
        for known in (list(before), [each for each in before if each not in again]):
            length = min(len(rest), len(known))
            if length and rest[:length] == known[:length]:
                return count
    return len(ids)


async def _library(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the library's songs with their ratings: whole, where their number has changed.

    Apple gives neither a time of adding nor an order; what was read before it was cut off is not read again.
    """
    offset, total = int(cursor.get("at", 0)), cursor.get("total")
    while True:
        body = await access.get("/v1/me/library/songs", limit=PAGE, offset=offset)
        rows = items_at(body, "data")
        now_total = whole_of(text_at(body, "meta", "total"))
        if "at" not in cursor and now_total is not None and now_total == total:
            return
        liked = await _ratings(access, [text_at(row, "id") for row in rows])
        songs = [kept_of("a song of the library", _song(row), liked=liked.get(text_at(row, "id"))) for row in rows]
        offset += len(rows)
        if not rows or not text_at(body, "next"):
            yield Batch(songs, {"total": now_total})
            return
        cursor = {"at": offset, "total": total}
        yield Batch(songs, cursor)


async def _ratings(access: Access, ids: Sequence[str]) -> dict[str, bool | None]:
    """Return what the listener loves (True) and what not (False), of up to a hundred songs of the library."""
    if not ids:
        return {}
    try:
        body = await access.get("/v1/me/ratings/library-songs", ids=",".join(ids))
    except AccessLapsed:
        raise
    except PlatformRefused:  # of a song that is not rated there is nothing to be found
        return {}
    return {text_at(row, "id"): _RATED.get(text_at(row, "attributes", "value")) for row in items_at(body, "data")}


async def _playlists(access: Access, cursor: Cursor) -> AsyncIterator[Batch]:
    """Read the library's playlists: those that say when they changed only then, others each time."""

    async def page(place: Place | None) -> tuple[list[object], Place | None]:
        return await _rows(access, "/v1/me/library/playlists", place)

    async def entries_of(listed: Listed) -> list[Entry]:
        async def items(place: Place | None) -> tuple[list[object], Place | None]:
            return await _rows(access, f"/v1/me/library/playlists/{quote(listed.id, safe='')}/tracks", place)

        return [
            kept_of(f"“{listed.name}”, {position + 1}", _song(row), playlist=listed.name, position=position)
            for position, row in enumerate(await all_of(items))
        ]

    lists = [
        Listed(
            text_at(row, "id"),
            text_at(row, "attributes", "name") or "Untitled",
            text_at(row, "attributes", "lastModifiedDate") or None,
        )
        for row in await all_of(page)
        if text_at(row, "id")
    ]
    async for batch in changed_lists(cursor, lists, entries_of):
        yield batch


def _song(row: object) -> SongRef | None:
    told = at(row, "attributes")
    # A song of the library has an id of its own; the catalogue's, which others know, stands apart.
    catalogue_id = text_at(told, "playParams", "catalogId") or (
        text_at(row, "id") if text_at(row, "type") == "songs" else ""
    )
    return song_of(
        title=text_at(told, "name"),
        artist=text_at(told, "artistName"),
        album=text_at(told, "albumName"),
        year=year_of(text_at(told, "releaseDate")),
        duration_ms=whole_of(text_at(told, "durationInMillis")),
        isrc=text_at(told, "isrc"),
        ids=ids_of(apple=catalogue_id),
    )
