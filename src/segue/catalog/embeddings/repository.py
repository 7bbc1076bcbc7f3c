"""All SQL of embeddings. Vectors travel in PostgreSQL's binary form: as text, ten thousand take seconds to read."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.signal import FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.kit.clock import now

#: The source of what was not heard.
PROXY: Final = "proxy"
#: A row of COPY's binary form, of a number and a vector; all numbers are big-endian.
_ROW: Final = np.dtype(
    [
        ("columns", ">i2"),
        ("number_bytes", ">i4"),
        ("number", ">i4"),
        ("vector_bytes", ">i4"),
        ("dimensions", ">i2"),
        ("unused", ">i2"),
        ("values", ">f4", DIMENSIONS),
    ]
)
_COPY_BEGIN: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_END: Final = b"\xff\xff"
#: What comes before a vector's values in its binary form.
_VECTOR_HEAD_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class NewEmbedding:
    """An embedding to be kept.

    Attributes
    ----------
    vector
        ``float32`` ``(768,)``, of unit norm.
    source
        The name of the engine that heard it, or `PROXY`.
    version
        Of the engine, or of the model of proxies.
    space
        In which it compares: that of an engine and its version.
    """

    track_id: UUID
    vector: FloatArray
    source: str
    version: str
    space: str
    genre: str | None = None


async def upsert(session: AsyncSession, rows: Sequence[NewEmbedding]) -> None:
    """Keep embeddings; what was heard stays where a proxy comes, and what is the same is not written."""
    await session.execute(
        text(f"CREATE TEMP TABLE new_vectors (number int, vector vector({DIMENSIONS})) ON COMMIT DROP")
    )
    connection = (await (await session.connection()).get_raw_connection()).driver_connection
    if not isinstance(connection, psycopg.AsyncConnection):
        raise TypeError("vectors are copied by psycopg")
    async with connection.cursor() as cursor, cursor.copy("COPY new_vectors FROM STDIN (FORMAT binary)") as copy:
        await copy.write(_COPY_BEGIN + _packed(rows) + _COPY_END)
    await session.execute(
        text("""
            INSERT INTO embeddings (track_id, vector, genre, source, version, space, updated_at)
            SELECT new.track_id, v.vector, new.genre, new.source, new.version, new.space, :now
            FROM unnest(
                CAST(:track_ids AS uuid[]), CAST(:genres AS text[]), CAST(:sources AS text[]),
                CAST(:versions AS text[]), CAST(:spaces AS text[])
            ) WITH ORDINALITY AS new (track_id, genre, source, version, space, number)
            JOIN new_vectors v USING (number)
            WHERE EXISTS (SELECT FROM source_tracks t WHERE t.id = new.track_id)
            ORDER BY new.track_id
            ON CONFLICT (track_id) DO UPDATE SET vector = excluded.vector,
                genre = coalesce(excluded.genre, embeddings.genre),
                source = excluded.source, version = excluded.version, space = excluded.space, updated_at = :now
            WHERE (embeddings.source = :proxy OR excluded.source <> :proxy)
                AND (embeddings.vector, embeddings.genre, embeddings.source, embeddings.version, embeddings.space)
                    IS DISTINCT FROM
                    (excluded.vector, coalesce(excluded.genre, embeddings.genre), excluded.source, excluded.version,
                        excluded.space)
        """),
        {
            "track_ids": [row.track_id for row in rows],
            "genres": [row.genre for row in rows],
            "sources": [row.source for row in rows],
            "versions": [row.version for row in rows],
            "spaces": [row.space for row in rows],
            "proxy": PROXY,
            "now": now(),
        },
    )
    await session.execute(text("DROP TABLE new_vectors"))


async def of(
    session: AsyncSession, track_ids: Sequence[UUID], *, space: str, proxy_version: str | None
) -> dict[UUID, FloatArray]:
    """Return the embeddings that tracks have in a space; of proxies those of one model, if one is named."""
    found = await session.execute(
        text("""
            SELECT track_id, vector_send(vector) FROM embeddings
            WHERE track_id = ANY(CAST(:track_ids AS uuid[])) AND space = :space
                AND (source <> :proxy OR version = coalesce(:version, version))
        """),
        {"track_ids": list(track_ids), "space": space, "proxy": PROXY, "version": proxy_version},
    )
    return {track_id: _unpacked(vector) for track_id, vector in found}


async def lacking(session: AsyncSession, track_ids: Sequence[UUID], *, space: str, proxy_version: str) -> list[UUID]:
    """Return those tracks whose embedding in a space is missing, or is the proxy of another model."""
    found = await session.scalars(
        text("""
            SELECT wanted FROM unnest(CAST(:track_ids AS uuid[])) AS wanted
            LEFT JOIN embeddings e ON e.track_id = wanted
            WHERE e.track_id IS NULL
                OR (e.source = :proxy AND (e.space, e.version) IS DISTINCT FROM (:space, :version))
        """),
        {"track_ids": list(track_ids), "space": space, "version": proxy_version, "proxy": PROXY},
    )
    return list(found)


async def heard(session: AsyncSession, *, space: str, limit: int, before: UUID | None) -> dict[UUID, FloatArray]:
    """Return embeddings of a space that were heard in audio, the newest tracks' before one."""
    found = await session.execute(
        text("""
            SELECT track_id, vector_send(vector) FROM embeddings
            WHERE space = :space AND source <> :proxy AND (CAST(:before AS uuid) IS NULL OR track_id < :before)
            ORDER BY track_id DESC LIMIT :most
        """),
        {"space": space, "most": limit, "proxy": PROXY, "before": before},
    )
    rows = found.all()
    return await asyncio.to_thread(lambda: {track_id: _unpacked(vector) for track_id, vector in rows})


async def count_heard(session: AsyncSession, *, space: str, most: int) -> int:
    """Return how many embeddings of a space were heard in audio, at most `most`."""
    found = await session.scalars(
        text("""
            SELECT count(*) FROM (
                SELECT FROM embeddings WHERE space = :space AND source <> :proxy LIMIT :most
            ) AS found
        """),
        {"space": space, "most": most, "proxy": PROXY},
    )
    return int(found.one())


async def nearest(
    session: AsyncSession, vector: FloatArray, *, space: str, limit: int, but: Sequence[UUID]
) -> list[tuple[UUID, float]]:
    """Return the tracks of a space that lie nearest to a vector, with their cosine similarity, best first."""
    await session.execute(
        text("""
            SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
                set_config('hnsw.ef_search', :candidates, true), set_config('enable_seqscan', 'off', true)
        """),
        {"candidates": str(min(1000, max(100, 2 * limit)))},
    )
    # Until statistics are there the planner would read the whole table. What the index finds by halves of the digits,
    # the whole ones put in order.
    found = await session.execute(
        text(f"""
            WITH near AS MATERIALIZED (
                SELECT track_id, vector FROM embeddings
                WHERE space = :space AND NOT (track_id = ANY(CAST(:but AS uuid[])))
                ORDER BY (vector::halfvec({DIMENSIONS})) <#> CAST(CAST(:vector AS vector) AS halfvec({DIMENSIONS}))
                LIMIT :candidates
            )
            SELECT track_id, -(vector <#> CAST(:vector AS vector)) AS similarity FROM near
            ORDER BY similarity DESC, track_id LIMIT :most
        """),  # noqa: S608 - a constant of ours
        {
            "vector": "[" + ",".join(map(repr, vector.tolist())) + "]",
            "space": space,
            "but": list(but),
            "candidates": limit + 10,
            "most": limit,
        },
    )
    await session.execute(text("SELECT set_config('enable_seqscan', 'on', true)"))
    return [(track_id, similarity) for track_id, similarity in found]


async def nearest_among(
    session: AsyncSession, to: Sequence[UUID], among: Sequence[UUID], *, limit: int
) -> list[tuple[UUID, float]]:
    """Return those of some tracks that lie nearest to the mean of others, with their cosine similarity, best first."""
    found = await session.execute(
        text("""
            WITH wished AS (
                SELECT space, avg(vector) AS vector FROM embeddings WHERE track_id = ANY(CAST(:to AS uuid[]))
                GROUP BY space ORDER BY count(*) DESC, space LIMIT 1
            )
            SELECT e.track_id, 1 - (e.vector <=> w.vector) AS similarity
            FROM wished w JOIN embeddings e ON e.space = w.space
            WHERE e.track_id = ANY(CAST(:among AS uuid[])) AND NOT e.track_id = ANY(CAST(:to AS uuid[]))
            ORDER BY similarity DESC, e.track_id LIMIT :most
        """),
        {"to": list(to), "among": list(among), "most": limit},
    )
    return [(track_id, similarity) for track_id, similarity in found]


async def space_shared_by(session: AsyncSession, track_ids: Sequence[UUID]) -> str | None:
    """Return the space in which all of these tracks lie, if there is one."""
    found = await session.scalars(
        text("""
            SELECT space FROM embeddings WHERE track_id = ANY(CAST(:track_ids AS uuid[]))
            GROUP BY space HAVING count(*) = :count
        """),
        {"track_ids": list(track_ids), "count": len(set(track_ids))},
    )
    return found.one_or_none()


async def facts_of(session: AsyncSession, track_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Return what is written down of tracks that the session's user may see: names, tags, analysis."""
    query = text("""
        SELECT t.id, t.title, t.artist, s.artist_keys, s.year, s.tags,
            a.analysis -> 'tempo_bpm' AS tempo, a.analysis -> 'loudness_lufs' AS loudness,
            a.analysis -> 'descriptors' AS descriptors
        FROM source_tracks t LEFT JOIN songs s ON s.track_id = t.id LEFT JOIN assets a ON a.id = t.asset_id
        WHERE t.id = ANY(CAST(:track_ids AS uuid[]))
    """)
    return (await session.execute(query, {"track_ids": list(track_ids)})).all()


def _packed(rows: Sequence[NewEmbedding]) -> bytes:
    """Return COPY's binary form of the vectors, numbered from 1."""
    packed: NDArray[np.void] = np.zeros(len(rows), dtype=_ROW)
    packed["columns"] = 2
    packed["number_bytes"] = 4
    packed["number"] = np.arange(1, len(rows) + 1)
    packed["vector_bytes"] = _VECTOR_HEAD_BYTES + 4 * DIMENSIONS
    packed["dimensions"] = DIMENSIONS
    packed["values"] = [row.vector for row in rows]
    return packed.tobytes()


def _unpacked(vector: bytes) -> FloatArray:
    return np.frombuffer(vector, dtype=">f4", offset=_VECTOR_HEAD_BYTES).astype(np.float32)
