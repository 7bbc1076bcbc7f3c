"""How fast songs are identified and found in a catalogue of a million."""

import statistics
import time
from collections.abc import Awaitable, Callable
from itertools import islice

import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from training.identity.invented import recordings

from benchmarks.identity.catalogue import SEED, as_issued, typed_queries
from benchmarks.table import Row
from segue.catalog.songs import service
from segue.catalog.songs.service import SongRef
from segue.kit.database import Database
from segue.kit.ids import new_id

_BATCH = 5_000
_SONGS = 50_000
_QUERIES = 400
_SHOWN = 10
#: Trigrams take seconds where letters are few: so many queries tell enough for a median.
_PEER_QUERIES = 5


async def measure(database: Database, size: int) -> list[Row]:
    """Resolve songs that are known and songs that are not; search as people type."""
    rows = []
    async with database.system_session() as session:
        await service.rank(session)
        known = await _known(session, size)
    new = list(map(as_issued, islice(recordings(SEED + 1, _SONGS, vocabulary=150_000), _SONGS)))
    among = f"{len(known):,} of a catalogue of {size:,}"
    for what, refs in ((f"known, {among}", known), (f"new, beside a catalogue of {size:,}", new)):
        wall_s, cpu_s = await _resolved(database, refs)
        rows.append(Row("songs resolved, s of CPU", what, cpu_s))
        rows.append(Row("songs resolved, s by the clock", what, wall_s))
    return [*rows, *await _searched(database, size)]


async def _searched(database: Database, size: int) -> list[Row]:
    async with database.system_session() as session:
        await _make_peer(session)
    rows = []
    for letters, queries in _by_length(typed_queries(_QUERIES, size)).items():
        ours = await _times_ms(database, queries, _ours)
        theirs = await _times_ms(database, queries[:_PEER_QUERIES], _trigrams)
        asked = f"{len(queries)} queries of {letters}, one in five long ones mistyped"
        peer = f"pg_trgm over whole names, the first {len(theirs)}"
        rows += [
            Row(f"search among {size:,}, ms (median)", asked, statistics.median(ours), peer, statistics.median(theirs)),
            Row(f"search among {size:,}, ms (p95)", asked, statistics.quantiles(ours, n=20)[-1]),
        ]
    return rows


async def _make_peer(session: AsyncSession) -> None:
    """Make what searching by trigrams alone needs: every name, with an index of its trigrams."""
    for statement in (
        "CREATE TABLE IF NOT EXISTS benchmark_names AS"
        " SELECT s.track_id, lower(concat_ws(' ', t.artist, t.title)) AS name"
        " FROM songs s JOIN source_tracks t ON t.id = s.track_id",
        "CREATE INDEX IF NOT EXISTS ix_benchmark_names ON benchmark_names USING gin (name gin_trgm_ops)",
        "GRANT SELECT ON benchmark_names TO segue_user",
        "ANALYZE benchmark_names",
    ):
        await session.execute(text(statement))


async def _known(session: AsyncSession, size: int) -> list[SongRef]:
    await session.execute(text("SELECT setseed(0.5)"))
    found = await session.execute(
        text("""
            SELECT t.title, t.artist, s.album, s.year, s.duration_ms
            FROM songs s JOIN source_tracks t ON t.id = s.track_id WHERE random() < :share ORDER BY random() LIMIT :most
        """),
        {"share": 1.1 * _SONGS / size, "most": _SONGS},
    )
    return [
        SongRef(title=row.title, artist=row.artist or "", album=row.album, year=row.year, duration_ms=row.duration_ms)
        for row in found
    ]


async def _resolved(database: Database, refs: list[SongRef]) -> tuple[float, float]:
    """Resolve refs as an import would, in batches; return seconds by the clock, and of our and the server's CPU."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    served_s = 0.0
    for start in range(0, len(refs), _BATCH):
        async with database.system_session() as session:
            server = psutil.Process(await session.scalar(text("SELECT pg_backend_pid()")))
            before = sum(server.cpu_times()[:2])
            await service.resolve(session, refs[start : start + _BATCH])
            served_s += sum(server.cpu_times()[:2]) - before
    return time.perf_counter() - wall_s, time.process_time() - cpu_s + served_s


def _by_length(queries: list[str]) -> dict[str, list[str]]:
    return {
        "any length": queries,
        "1 to 3 letters": [query for query in queries if len(query) < 4],
        "4 to 8 letters": [query for query in queries if 4 <= len(query) <= 8],
        "more letters": [query for query in queries if len(query) > 8],
    }


async def _times_ms(
    database: Database, queries: list[str], search: Callable[[AsyncSession, str], Awaitable[object]]
) -> list[float]:
    times = []
    async with database.session(new_id()) as session:
        await search(session, "warm")
        for query in queries:
            begun = time.perf_counter()
            await search(session, query)
            times.append(1000 * (time.perf_counter() - begun))
    return times


async def _ours(session: AsyncSession, query: str) -> object:
    return await service.search(session, query, limit=_SHOWN)


async def _trigrams(session: AsyncSession, query: str) -> object:
    """Search as most would: trigrams of the whole name, the best known of the likest."""
    statement = text("""
        SELECT s.track_id FROM benchmark_names n JOIN songs s ON s.track_id = n.track_id
        WHERE n.name ILIKE '%' || :query || '%' OR :query <% n.name
        ORDER BY word_similarity(:query, n.name) DESC, s.popularity DESC LIMIT :most
    """)
    return (await session.execute(statement, {"query": query, "most": _SHOWN})).all()
