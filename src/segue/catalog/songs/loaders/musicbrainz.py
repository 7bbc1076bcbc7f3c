"""MusicBrainz's full dump: recordings with their ids, and the release that was the first to hold each.

Its tables are larger than memory and come in any order: what of them matters is laid into a database on the disk
(SQLite), and read from there in the order of the recordings.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from segue.catalog.songs.loaders.cells import duration_ms_of, text_of, unnamed, year_of
from segue.catalog.songs.loaders.layout import Layout, Progress
from segue.catalog.songs.loaders.musicbrainz_tables import TABLES, Value, recognises, rows_in
from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.refs import SongRef, isrc_of, mbid_of
from segue.kit.errors import Unavailable

_AT_ONCE: Final = 20_000
#: SQLite keeps so much of its file in memory.
_CACHE_KIB: Final = 256 * 1024
#: Reading takes so much of the work; putting the songs together takes the rest.
_READING: Final = 0.6
#: While it works for long on one statement, SQLite lets us know after so many steps.
_STEPS: Final = 5_000_000
#: What the joins look up, made once all is there.
_PREPARATIONS: Final = (
    "CREATE INDEX isrc_by_recording ON isrc (recording, isrc)",
    "CREATE INDEX track_by_recording ON track (recording, medium)",
    "CREATE TABLE issued (id INTEGER PRIMARY KEY, year)",
    """
    INSERT INTO issued SELECT release, min(date_year)
    FROM (SELECT * FROM release_country UNION ALL SELECT * FROM release_unknown_country)
    WHERE date_year IS NOT NULL GROUP BY release
    """,
)
_SONGS: Final = """
    SELECT r.id, r.gid, r.name, c.name, r.length, (SELECT group_concat(isrc) FROM isrc WHERE recording = r.id), (
        SELECT coalesce(i.year, '') || char(10) || l.name
        FROM track t JOIN medium m ON m.id = t.medium JOIN release l ON l.id = m.release
        LEFT JOIN issued i ON i.id = l.id
        WHERE t.recording = r.id ORDER BY i.year IS NULL, i.year, l.id LIMIT 1
    )
    FROM recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit ORDER BY r.id
"""


def _read(path: Path, scratch: Path, progress: Progress) -> Iterator[Told | Refused]:
    try:
        with closing(_database(scratch / "musicbrainz.sqlite", progress)) as database:
            yield from _taken(database, rows_in(path, lambda share: progress(_READING * share)))
            for statement in _PREPARATIONS:
                database.execute(statement)
            yield from _songs(database, progress)
    except sqlite3.Error as error:
        raise Unavailable(f"The dump's tables could not be put together in {scratch}: {error}.") from error


LAYOUT: Final = Layout(
    "musicbrainz", "MusicBrainz's mbdump.tar.bz2, or the folder that it unpacks to", recognises, _read
)


def _database(path: Path, progress: Progress) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    # Whoever takes the songs does so from any thread, one at a time.
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # Nothing is to be kept should we be stopped.
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    for name, table in TABLES.items():
        # With types: columns of unlike ones are compared without their indexes.
        types = ("INTEGER" if column in table.numbers else "TEXT" for column in table.kept)
        columns = ", ".join(f"{column} {kind}" for column, kind in zip(table.kept, types, strict=True))
        key = ", PRIMARY KEY (id)" if "id" in table.kept else ""
        database.execute(f"CREATE TABLE {name} ({columns}{key})")
    database.set_progress_handler(lambda: progress(_READING), _STEPS)
    return database


def _taken(database: sqlite3.Connection, rows: Iterator[tuple[str, tuple[Value, ...] | Refused]]) -> Iterator[Refused]:
    """Lay rows down; give those that are none."""
    held: list[tuple[Value, ...]] = []
    table = ""
    for name, row in rows:
        if held and (name != table or len(held) >= _AT_ONCE):
            _insert(database, table, held)
            held = []
        table = name
        if isinstance(row, Refused):
            yield row
        else:
            held.append(row)
    if held:
        _insert(database, table, held)


def _insert(database: sqlite3.Connection, table: str, rows: list[tuple[Value, ...]]) -> None:
    places = ", ".join("?" * len(TABLES[table].kept))
    database.execute("BEGIN")
    database.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows)  # noqa: S608 - names of ours
    database.execute("COMMIT")


def _songs(database: sqlite3.Connection, progress: Progress) -> Iterator[Told | Refused]:
    [last] = database.execute("SELECT max(id) FROM recording").fetchone()
    for count, (number, gid, name, credit, length, isrcs, first) in enumerate(database.execute(_SONGS)):
        if count % 1_000 == 0:
            progress(_READING + (1 - _READING) * number / max(1, last))
        title, artist = text_of(name or ""), text_of(credit or "")
        if reason := unnamed(title, artist):
            yield Refused(f"recording {number}", reason)
            continue
        year, _, album = (first or "").partition("\n")
        # A recording with several ISRCs is told of once with each, and found by its own id again.
        for isrc in [isrc_of(value) for value in (isrcs or "").split(",")]:
            yield Told(
                ref=SongRef(
                    title=title,
                    artist=artist,
                    album=text_of(album) or None,
                    year=year_of(year),
                    duration_ms=duration_ms_of(length or ""),
                    isrc=isrc,
                    recording_mbid=mbid_of(gid or ""),
                )
            )
