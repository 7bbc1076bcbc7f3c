"""Tracks that lie where a test wants them, without the sound that would lie there."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from segue.audio.signal import FloatArray
from segue.catalog.embeddings import service as embeddings
from segue.catalog.embeddings.service import NewEmbedding
from segue.catalog.tables import Asset, SourceTrack
from segue.engines.embedding import DIMENSIONS
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime

SPACE = "test-1"
PROBE = {"container": "flac", "codec": "flac", "sample_rate": 44_100, "channels": 2, "duration_s": 60, "bit_rate": 9}


def direction(*parts: float) -> FloatArray:
    """Return a unit vector with these parts in its first places."""
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[: len(parts)] = parts
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def around(vector: FloatArray, count: int, seed: int, spread: float = 0.02) -> list[FloatArray]:
    """Return unit vectors near one."""
    rng = np.random.default_rng(seed)
    moved = [vector + spread * rng.standard_normal(DIMENSIONS) / 4 for _ in range(count)]
    return [np.asarray(one / np.linalg.norm(one), dtype=np.float32) for one in moved]


async def placed(
    runtime: Runtime, user_id: UUID, vectors: Sequence[FloatArray], *, source: str = "uploaded", name: str = "Song"
) -> list[UUID]:
    """Give a user tracks that lie at these vectors, with audio by name only."""
    ids = [new_id() for _ in vectors]
    async with runtime.database.system_session() as session:
        for number, track_id in enumerate(ids):
            asset = Asset(id=new_id(), sha256=track_id.hex * 2, size_bytes=1, media_type="audio/flac", probe=PROBE)
            session.add(asset)
            await session.flush()
            titled = {"title": f"{name} {number}", "artist": f"{name} artist {number}"}
            session.add(SourceTrack(id=track_id, user_id=user_id, asset_id=asset.id, source=source, **titled))
        await session.flush()
        rows = [
            NewEmbedding(track_id, vector, "test", "1", SPACE) for track_id, vector in zip(ids, vectors, strict=True)
        ]
        await embeddings.keep(session, rows)
    return ids
