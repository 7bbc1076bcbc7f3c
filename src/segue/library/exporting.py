"""What a listener takes with them: in the formats that others read where there are such, else row by row.

Listens and likes are ListenBrainz's JSON lines, playlists are JSPF: Segue reads them again, and so do others.
"""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.exporting import named, named_rows_part
from segue.kit.exporting import Part, Row, Text, as_json, lines, rows_of, rows_part
from segue.kit.web.media import safe_filename
from segue.library.connects.tables import ConnectAttempt, Connection
from segue.library.playlists import exporting as playlists
from segue.library.screenshots.tables import Screenshot, ScreenshotRow
from segue.library.shelves.tables import Bookmark, ShelfMark
from segue.library.tables import Import, ImportProblem, LibrarySong, Listen, PlayingNow, Playlist, PlaylistEntry

_TRACK_EXTENSION = "https://musicbrainz.org/doc/jspf#track"
_ADDRESSES = {
    "spotify": "https://open.spotify.com/track/{}",
    "youtube": "https://www.youtube.com/watch?v={}",
    "deezer": "https://www.deezer.com/track/{}",
}
#: Readers take a length of zero for an unknown one.
_SHORTEST_PLAY_S = 0.001


async def _listens(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text]:
    """Give plays and skips apart: for ListenBrainz a listen is a play."""
    for path, skipped in (("library/listens.jsonl", False), ("library/skips.jsonl", True)):
        which = (Listen.user_id == user_id) & Listen.skipped.is_(skipped)
        yield Text(path, lines(_listen_documents(session, which)))


async def _listen_documents(session: AsyncSession, which: ColumnElement[bool]) -> AsyncIterator[Row]:
    async for row in named(session, rows_of(session, Listen, which)):
        played_s = None if row["played_ms"] is None else max(row["played_ms"] / 1000, _SHORTEST_PLAY_S)
        if row["skipped"] and played_s is None:
            played_s = _SHORTEST_PLAY_S
        metadata = _metadata(row["song"])
        info = metadata["additional_info"]
        info |= {"duration_played": played_s, "source": row["source"], "recording_msid": str(row["track_id"])}
        yield {"listened_at": _seconds(row["listened_at"]), "track_metadata": metadata}


async def _library(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text]:
    """Give likes as ListenBrainz has them, and all that is known of kept songs as it is."""
    mine = LibrarySong.user_id == user_id
    yield Text("library/songs.jsonl", lines(named(session, rows_of(session, LibrarySong, mine))))
    yield Text("library/likes.jsonl", lines(_feedback(session, mine & LibrarySong.liked.is_not(None))))


async def _feedback(session: AsyncSession, which: ColumnElement[bool]) -> AsyncIterator[Row]:
    async for row in named(session, rows_of(session, LibrarySong, which)):
        yield {
            "score": 1 if row["liked"] else -1,
            "created": _seconds(row["added_at"]),
            "recording_msid": str(row["track_id"]),
            "track_metadata": _metadata(row["song"]),
        }


async def _playlists(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text]:
    query = select(Playlist).where(Playlist.user_id == user_id).order_by(Playlist.id)
    async for playlist in await session.stream_scalars(query.execution_options(yield_per=100)):
        path = f"library/playlists/{safe_filename(playlist.name)[:100]} [{playlist.id}].jspf"
        yield Text(path, _jspf(session, playlist))


async def _jspf(session: AsyncSession, playlist: Playlist) -> AsyncIterator[str]:
    """Give a playlist as JSPF, a song at a time."""
    said = playlist.description or f"from {playlist.source}"
    head = {"title": playlist.name, "date": playlist.created_at, "annotation": said}
    yield '{"playlist": ' + json.dumps(head, default=as_json, ensure_ascii=False)[:-1] + ', "track": ['
    comma = "\n"
    which = PlaylistEntry.playlist_id == playlist.id
    async for row in named(session, rows_of(session, PlaylistEntry, which, by=(PlaylistEntry.position,))):
        yield comma + json.dumps(_jspf_track(row), default=as_json, ensure_ascii=False)
        comma = ",\n"
    yield "]}}\n"


def _jspf_track(row: Row) -> Row:
    song = row["song"] or {}
    addresses = [template.format(song["ids"][name]) for name, template in _ADDRESSES.items() if name in song["ids"]]
    if song.get("recording_mbid"):
        addresses.insert(0, f"https://musicbrainz.org/recording/{song['recording_mbid']}")
    track = {"title": song.get("title", ""), "creator": song.get("artist"), "album": song.get("album")}
    if row["added_at"] is not None:
        track["extension"] = {_TRACK_EXTENSION: {"added_at": row["added_at"]}}
    return {**track, "duration": song.get("duration_ms"), "identifier": addresses}


def _metadata(song: Row | None) -> dict[str, Any]:
    """Return a song as ListenBrainz's ``track_metadata``; a song that is not to be seen any more has no name."""
    if song is None:
        return {"track_name": "", "artist_name": "", "additional_info": {}}
    ids = song["ids"]
    info = {
        "duration_ms": song["duration_ms"],
        "isrc": song["isrc"],
        "recording_mbid": song["recording_mbid"],
        "spotify_id": _ADDRESSES["spotify"].format(ids["spotify"]) if "spotify" in ids else None,
        "origin_url": next((_ADDRESSES[name].format(ids[name]) for name in ("youtube", "deezer") if name in ids), None),
    }
    return {
        "track_name": song["title"],
        "artist_name": song["artist"],
        "release_name": song["album"],
        "additional_info": {name: value for name, value in info.items() if value is not None},
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _of_imports(column: ColumnElement[UUID] | Any, user_id: UUID) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.in_(select(Import.id).where(Import.user_id == user_id))
    return condition


PARTS: tuple[Part, ...] = (
    Part(("listens",), _listens),
    Part(("library_songs",), _library),
    Part(("playlists", "playlist_entries"), _playlists),
    *playlists.PARTS,
    named_rows_part(PlayingNow, "library/playing-now.jsonl"),
    named_rows_part(Bookmark, "library/bookmarks.jsonl"),
    rows_part(ShelfMark, "library/shelf-marks.jsonl"),
    rows_part(Import, "library/imports.jsonl"),
    rows_part(
        ImportProblem,
        "library/import-problems.jsonl",
        of=lambda user_id: _of_imports(ImportProblem.import_id, user_id),
    ),
    rows_part(Screenshot, "library/screenshots.jsonl", of=lambda user_id: _of_imports(Screenshot.import_id, user_id)),
    named_rows_part(
        ScreenshotRow,
        "library/screenshot-rows.jsonl",
        of=lambda user_id: _of_imports(ScreenshotRow.import_id, user_id),
    ),
    # What the platforms trust us with is good for their accounts: it stays here, sealed.
    rows_part(Connection, "library/connections.jsonl", leave_out=("sealed_tokens",)),
    rows_part(
        ConnectAttempt,
        "library/connect-attempts.jsonl",
        leave_out=("state_hash", "browser_hash", "sealed_verifier"),
        system=True,
    ),
)
