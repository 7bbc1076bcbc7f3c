"""A catalogue of a million invented songs in a PostgreSQL of its own, loaded faster than songs are added."""

import math
from collections.abc import Iterator
from itertools import islice
from random import Random

import psycopg
from training.identity.invented import Recording, recordings

from segue.catalog.songs.folding import fold
from segue.catalog.songs.matching import Facts, facts_of
from segue.catalog.songs.refs import SongRef
from segue.catalog.songs.repository import lookups_of, words_of
from segue.kit.ids import new_id

SEED = 900_000
_TABLES = {
    "source_tracks": "(id, source, title, artist, visibility, created_at)",
    "songs": "(track_id, title_key, bare_key, version_key, artist_keys, lead_key, album, year, duration_ms, popularity,"
    " words)",
    "song_lookups": "(artist_key, title_key, track_id)",
    "song_words": "(word)",
}
_CHUNK = 50_000
Columns = dict[str, list[tuple[object, ...]]]


def as_issued(recording: Recording) -> SongRef:
    """Return a recording as its label writes it."""
    title = f"{recording.title} (feat. {recording.guest})" if recording.guest else recording.title
    return SongRef(
        title=title,
        artist=recording.artist,
        album=recording.album,
        year=recording.year,
        duration_ms=recording.duration_ms,
    )


def catalogue(count: int) -> Iterator[SongRef]:
    """Invent the songs of the catalogue, each once."""
    return map(as_issued, recordings(SEED, count, vocabulary=150_000))


def fill(url: str, count: int) -> None:
    """Load a migrated, empty database: indexes are dropped, and made again when the rows are in."""
    random = Random(SEED)
    seen: set[str] = set()
    with psycopg.connect(url, autocommit=True) as connection:
        kept = _without_indexes(connection)
        songs = catalogue(count)
        while chunk := list(islice(songs, _CHUNK)):
            for table, rows in _columns(chunk, random, seen).items():
                with connection.cursor().copy(f"COPY {table} {_TABLES[table]} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
        for definition in kept:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def _without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drop what slows loading down, and return the statements that make it again."""
    tables = list(_TABLES)
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint"
        " WHERE conrelid::regclass::text = ANY (%s) AND contype IN ('p', 'f')"
        " AND conrelid::regclass::text <> 'source_tracks' ORDER BY contype DESC",
        [tables],
    ).fetchall()
    for kind in ("f", "p"):
        for table, name, _, which in constraints:
            if which == kind:
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY (%s) AND tablename <> 'source_tracks'",
        [tables],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    made = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {what}" for table, name, what, _ in constraints]
    return [*made, *(definition for _, definition in indexes)]


def _columns(refs: list[SongRef], random: Random, seen: set[str]) -> Columns:
    rows: Columns = {table: [] for table in _TABLES}
    for ref in refs:
        facts = facts_of(ref)
        name, track_id = facts.name, new_id()
        words = words_of(name)
        rows["source_tracks"].append((track_id, "external", ref.title, ref.artist, "public", "2026-01-01T00:00:00Z"))
        rows["songs"].append((track_id, *_song(ref, facts, words, random)))
        rows["song_lookups"] += [(*lookup, track_id) for lookup in lookups_of(name)]
        rows["song_words"] += [(word,) for word in words if word not in seen]
        seen.update(words)
    return rows


def _song(ref: SongRef, facts: Facts, words: list[str], random: Random) -> tuple[object, ...]:
    name = facts.name
    popularity = min(100.0, -12 * math.log(random.random()))
    lexemes = " ".join("'" + word.replace("'", "''").replace("\\", "\\\\") + "'" for word in words)
    return (
        name.title,
        name.bare,
        name.version,
        list(name.artists),
        name.lead,
        ref.album,
        ref.year,
        ref.duration_ms,
        popularity,
        lexemes,
    )


def typed_queries(count: int, catalogue_size: int) -> list[str]:
    """Return what people type on the way to a song: title, artist or both, at any length, one in five with a slip."""
    random = Random(SEED + 1)
    every = max(1, catalogue_size // count)
    queries = []
    for ref in islice(catalogue(catalogue_size), 0, None, every):
        title, artist = fold(ref.title.split(" (", 1)[0]), fold(ref.artist)
        whole = random.choice((title, artist, f"{artist} {title}", f"{title} {artist}"))
        typed = whole[: random.randint(1, len(whole))].strip()
        if len(typed) > 4 and random.random() < 0.2:
            at = random.randrange(1, len(typed) - 1)
            typed = typed[:at] + random.choice("etaoinsr") + typed[at + 1 :]
        queries.append(typed)
    return queries[:count]
