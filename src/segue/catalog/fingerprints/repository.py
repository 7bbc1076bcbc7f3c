"""All SQL of fingerprints."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import numpy as np
import psycopg
from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.landmark_matching import postings_of
from segue.audio.landmarks import VERSION, IntArray, Peaks, landmarks_of
from segue.catalog.fingerprints.tables import Fingerprint
from segue.catalog.tables import SourceTrack

_SHARD_BITS: Final = 13
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TAIL: Final = b"\xff\xff"
_COPY_ROW: Final = np.dtype(
    [
        ("fields", ">i2"),
        ("hash_bytes", ">i4"),
        ("hash", ">i4"),
        ("shard_bytes", ">i4"),
        ("shard", ">i4"),
        ("posting_bytes", ">i4"),
        ("posting", ">i8"),
    ]
)
#: What `array_send` makes of an array: a head of twenty bytes, then each value after its size.
_ARRAY_HEAD_BYTES: Final = 20
_ARRAY_VALUE: Final = np.dtype([("bytes", ">i4"), ("value", ">i8")])


async def peaks_of_asset(session: AsyncSession, asset_id: UUID) -> tuple[int, Peaks] | None:
    """Return the number and peaks of an asset, or ``None`` if there are none of this version."""
    query = select(Fingerprint).where(Fingerprint.asset_id == asset_id, Fingerprint.version == VERSION)
    found = (await session.scalars(query)).one_or_none()
    return None if found is None else (found.number, Peaks.unpacked(found.peaks))


async def store(session: AsyncSession, peaks: Mapping[UUID, Peaks]) -> None:
    """Keep the fingerprints of some assets; those that are kept in this version stay as they are.

    Parameters
    ----------
    session
        The system's: users' may not change what others are matched against.
    peaks
        Of each asset, by its id.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('landmark_lists'))"))
    query = select(Fingerprint.asset_id, Fingerprint.version).where(Fingerprint.asset_id.in_(peaks))
    known = {row.asset_id: row.version for row in await session.execute(query)}
    for asset_id, version in known.items():
        if version != VERSION:
            await session.execute(text("SELECT forget_fingerprint(:asset_id)"), {"asset_id": asset_id})
    rows = []
    for asset_id in (name for name in peaks if known.get(name) != VERSION):
        marks = landmarks_of(peaks[asset_id])
        statement = insert(Fingerprint).values(
            asset_id=asset_id,
            version=VERSION,
            peaks=peaks[asset_id].packed(),
            hashes=np.unique(marks.hashes).tolist(),
        )
        number = (await session.scalars(statement.returning(Fingerprint.number))).one()
        row = np.zeros(marks.hashes.size, _COPY_ROW)
        row["fields"], row["hash_bytes"], row["shard_bytes"], row["posting_bytes"] = 3, 4, 4, 8
        row["hash"], row["shard"], row["posting"] = marks.hashes, number >> _SHARD_BITS, postings_of(number, marks)
        rows.append(row.tobytes())
    if any(rows):
        await _add_to_lists(session, rows)


async def _add_to_lists(session: AsyncSession, rows: Sequence[bytes]) -> None:
    """Append landmarks to their lists: copied to a table of this transaction's own, then merged in one statement."""
    await session.execute(text("CREATE TEMP TABLE new_landmarks (hash int, shard int, posting bigint) ON COMMIT DROP"))
    pooled = await (await session.connection()).get_raw_connection()
    connection = pooled.driver_connection
    if not isinstance(connection, psycopg.AsyncConnection):
        raise TypeError("landmarks are copied by psycopg")
    async with connection.cursor() as cursor, cursor.copy("COPY new_landmarks FROM STDIN (FORMAT BINARY)") as copy:
        for part in (_COPY_HEAD, *rows, _COPY_TAIL):
            await copy.write(part)
    await session.execute(
        text("""
            INSERT INTO landmark_lists (hash, shard, postings)
            SELECT hash, shard, array_agg(posting) FROM new_landmarks GROUP BY hash, shard ORDER BY hash, shard
            ON CONFLICT (hash, shard) DO UPDATE SET postings = landmark_lists.postings || excluded.postings
        """)
    )
    await session.execute(text("DROP TABLE new_landmarks"))


async def lookup(session: AsyncSession, hashes: IntArray) -> tuple[IntArray, IntArray]:
    """Return the hash of each landmark that has one of these hashes, and its posting, both ``(found,)``."""
    query = text("SELECT hash, array_send(postings) FROM landmark_lists WHERE hash = ANY (CAST(:hashes AS int[]))")
    rows = (await session.execute(query, {"hashes": np.unique(hashes).tolist()})).all()
    lists = [bytes(data)[_ARRAY_HEAD_BYTES:] for _, data in rows]
    counts = [len(data) // _ARRAY_VALUE.itemsize for data in lists]
    postings = np.frombuffer(b"".join(lists), _ARRAY_VALUE)["value"].astype(np.int64)
    return np.repeat(np.array([row[0] for row in rows], dtype=np.int64), counts), postings


async def seen(session: AsyncSession, numbers: Collection[int], leave_out: UUID | None) -> set[int]:
    """Return those of these recordings of which the session's user may see a track; not that of asset `leave_out`."""
    query = select(Fingerprint.number).where(
        Fingerprint.number.in_(numbers),
        Fingerprint.asset_id.is_distinct_from(leave_out),
        exists().where(SourceTrack.asset_id == Fingerprint.asset_id),
    )
    return set(await session.scalars(query))


async def tracks(session: AsyncSession, numbers: Collection[int], user_id: UUID) -> dict[int, SourceTrack]:
    """Return a track of each recording, of those that the session's user may see: their own before another's."""
    query = (
        select(Fingerprint.number, SourceTrack)
        .join(SourceTrack, SourceTrack.asset_id == Fingerprint.asset_id)
        .where(Fingerprint.number.in_(numbers))
        .order_by((SourceTrack.user_id == user_id).desc(), SourceTrack.id)
    )
    shown: dict[int, SourceTrack] = {}
    for number, track in (await session.execute(query)).unique():
        shown.setdefault(number, track)
    return shown


async def peaks_of(session: AsyncSession, numbers: Collection[int]) -> dict[int, Peaks]:
    """Return the peaks of recordings, by number."""
    query = select(Fingerprint.number, Fingerprint.peaks).where(Fingerprint.number.in_(numbers))
    return {number: Peaks.unpacked(packed) for number, packed in await session.execute(query)}
