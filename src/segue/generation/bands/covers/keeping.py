"""Covers as stored files: drawn when somebody first looks, and then kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final
from uuid import UUID

from segue.generation.bands import repository
from segue.generation.bands.covers.drawing import MEDIA_TYPE, CoverRequest, draw_cover
from segue.generation.bands.sounding import sound_of
from segue.generation.bands.tables import Band, BandRelease
from segue.kit.blobs import lock_blob
from segue.kit.runtime import Runtime

#: Covers that one process draws at a time, in threads of their own: whoever waits for covers holds up nothing else.
_DRAWING: Final = ThreadPoolExecutor(2, thread_name_prefix="cover")


async def cover_of(runtime: Runtime, band: Band, release: BandRelease | None = None) -> str:
    """Return the SHA-256 of the stored cover of a band, or of a release of it, drawn now if nobody has looked before.

    Parameters
    ----------
    band
        With its vector.
    """
    kept = release or band
    if kept.cover_sha256 is not None and await runtime.storage.exists(kept.cover_sha256):
        return kept.cover_sha256
    request = CoverRequest(
        name=band.name,
        title=None if release is None else release.title,
        sound=sound_of(band),
        band_seed=band.seed,
        seed=band.seed if release is None else _seed_of(release.id),
        vector=None if band.vector is None else tuple(float(value) for value in band.vector),
    )
    data = await asyncio.get_running_loop().run_in_executor(_DRAWING, draw_cover, request)
    return await _keep(runtime, kept, data)


async def _keep(runtime: Runtime, drawn: Band | BandRelease, data: bytes) -> str:
    path = await asyncio.to_thread(_written, data)
    try:
        blob = await runtime.storage.put_file(path, media_type=MEDIA_TYPE)
        # The system's: whoever looks at a public band may not write it.
        async with runtime.database.system_session() as session:
            await lock_blob(session, blob.sha256)
            if not await runtime.storage.exists(blob.sha256):
                await runtime.storage.put_file(path, media_type=MEDIA_TYPE)
            await repository.keep_cover(session, drawn, blob.sha256)
    finally:
        path.unlink(missing_ok=True)
    return blob.sha256


def _written(data: bytes) -> Path:
    with NamedTemporaryFile(prefix="segue-cover-", suffix=".jpg", delete=False) as file:
        file.write(data)
    return Path(file.name)


def _seed_of(release_id: UUID) -> int:
    return release_id.int % 2**31
