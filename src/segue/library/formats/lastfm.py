"""Last.fm: scrobbles and loved songs, as the tools that people use write them (Last.fm itself exports nothing)."""

from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import day_and_time_of, kept_of, play_of, song_of, unix_moment_of
from segue.library.formats.entries import Entry, Omission, Refusal, SongRef
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import at, items_of, paths_of, text_at
from segue.library.formats.reading import Row, columns_of, head_records, open_text, records_of, rows_of

# Where the lists of tracks lie: in pages of a list as lastfm.ghan.nl writes them, or as the API answers.
_PAGES = "item"
_RECENT = "recenttracks.track"
_LOVED = "lovedtracks.track"


def _song_of_row(row: Row) -> SongRef | None:
    return song_of(title=row["track"], artist=row["artist"], album=row["album"], mbid=row["track_mbid"])


def _is_table(head: Head) -> bool:
    return {"uts", "artist", "track"} <= set(columns_of(head))


def _is_loved_table(head: Head) -> bool:
    return _is_table(head) and "album" not in columns_of(head) and "loved" in head.name.lower()


def _rows(file: BinaryIO) -> Iterator[Entry]:
    for row in rows_of(open_text(file)):
        if isinstance(row, Refusal):
            yield row
        elif not row["uts"] and not row["utc_time"] and row["track"]:
            yield Omission(row.where, "not a play")  # what was playing while the export was made
        else:
            moment = unix_moment_of(row["uts"]) or day_and_time_of(row["utc_time"])
            yield play_of(row.where, _song_of_row(row), moment)


def _loved_rows(file: BinaryIO) -> Iterator[Entry]:
    for row in rows_of(open_text(file)):
        if isinstance(row, Refusal):
            yield row
        else:
            yield kept_of(row.where, _song_of_row(row), added_at=unix_moment_of(row["uts"]), liked=True)


def _is_headless(head: Head) -> bool:
    records = [cells for cells in head_records(head) if any(cells)][:5]
    return bool(records) and all(
        len(cells) in {4, 5} and (not cells[3] or day_and_time_of(", ".join(cells[3:]))) for cells in records
    )


def _headless_rows(file: BinaryIO) -> Iterator[Entry]:
    for record in records_of(open_text(file)):
        if isinstance(record, Refusal):
            yield record
            continue
        line, cells = record
        where = f"line {line}"
        if not any(cells):
            continue
        if len(cells) < 4:
            yield Refusal(where, "not of the form artist, album, track, time")
        elif not cells[3]:
            yield Omission(where, "not a play")
        else:
            song = song_of(artist=cells[0], album=cells[1], title=cells[2])
            yield play_of(where, song, day_and_time_of(", ".join(cells[3:])))


def _tracks(file: BinaryIO, path: str) -> Iterator[tuple[str, object] | Refusal]:
    if path != _PAGES:
        yield from items_of(file, f"{path}.item")
        return
    number = 0
    for page in items_of(file, _PAGES):
        if isinstance(page, Refusal):
            yield Refusal(f"after entry {number}", page.reason)
            continue
        tracks = at(page[1], "track")
        # A page of a single track holds it bare.
        for track in tracks if isinstance(tracks, list) else [tracks]:
            number += 1
            yield f"entry {number}", track


def _song_of_track(track: object) -> SongRef | None:
    return song_of(
        title=text_at(track, "name"),
        artist=text_at(track, "artist", "#text") or text_at(track, "artist", "name") or text_at(track, "artist"),
        album=text_at(track, "album", "#text") or text_at(track, "album"),
        mbid=text_at(track, "mbid"),
    )


def _path_of_recent(paths: frozenset[str]) -> str | None:
    if f"{_RECENT}.item.name" in paths:
        return _RECENT
    is_page = "item.track.item.name" in paths or "item.track.name" in paths
    return _PAGES if is_page and not _path_of_loved(paths) and _has_artist(paths) else None


def _path_of_loved(paths: frozenset[str]) -> str | None:
    if f"{_LOVED}.item.name" in paths:
        return _LOVED
    # Loved songs have no album, and their artist is named otherwise.
    is_page = {"item.track.item.name", "item.track.item.artist.name"} <= paths
    return _PAGES if is_page and "item.track.item.album" not in paths else None


def _has_artist(paths: frozenset[str]) -> bool:
    return any(path.startswith(("item.track.item.artist", "item.track.artist")) for path in paths)


def _paths(file: BinaryIO) -> frozenset[str]:
    return paths_of(Head.of(file))


def _recent(file: BinaryIO) -> Iterator[Entry]:
    for found in _tracks(file, _path_of_recent(_paths(file)) or _PAGES):
        if isinstance(found, Refusal):
            yield found
            continue
        where, track = found
        if text_at(track, "@attr", "nowplaying") == "true":
            yield Omission(where, "not a play")
            continue
        date = unix_moment_of(text_at(track, "date", "uts")) or day_and_time_of(text_at(track, "date", "#text"))
        yield play_of(where, _song_of_track(track), date)


def _loved(file: BinaryIO) -> Iterator[Entry]:
    for found in _tracks(file, _path_of_loved(_paths(file)) or _LOVED):
        if isinstance(found, Refusal):
            yield found
        else:
            where, track = found
            added_at = unix_moment_of(text_at(track, "date", "uts"))
            yield kept_of(where, _song_of_track(track), added_at=added_at, liked=True)


FORMATS = (
    Format("lastfm-loved-csv", "Last.fm loved tracks (CSV)", _is_loved_table, _loved_rows),
    Format("lastfm-csv", "Last.fm scrobbles (CSV)", lambda head: _is_table(head) and not _is_loved_table(head), _rows),
    Format(
        "lastfm-json", "Last.fm scrobbles (JSON)", lambda head: _path_of_recent(paths_of(head)) is not None, _recent
    ),
    Format(
        "lastfm-loved-json",
        "Last.fm loved tracks (JSON)",
        lambda head: _path_of_loved(paths_of(head)) is not None,
        _loved,
    ),
    Format("lastfm-headless", "Last.fm scrobbles (lastfm-to-csv)", _is_headless, _headless_rows),
)
