"""A playlist's cover: what its owner uploads, decoded and written anew in a guarded child process; else a drawn one."""

import asyncio
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.catalog.sleeves import service as sleeves
from segue.engines.ocr.images import InvalidImage
from segue.kit.blobs import lock_blob
from segue.kit.errors import NotFound
from segue.kit.processes import ChildDied, ProcessLimits, run_in_process
from segue.kit.runtime import Runtime
from segue.library.playlists import access, repository
from segue.library.playlists.drawing import DRAWN_AS, MEDIA_TYPE, Tile, draw_cover
from segue.library.playlists.pictures import squared
from segue.library.tables import Playlist

MAX_BYTES: Final = 20 * 2**20
_LIMITS: Final = ProcessLimits(memory_bytes=2**31, cpu_s=30, output_bytes=0, timeout_s=60, threads=1)
_TILES: Final = 4
#: Among so many of the first entries are those tracks that the cover shows.
_LOOKED_AT: Final = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """A track that a cover shows, by the picture in its file where it has one."""

    track_id: UUID
    asset_id: UUID | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Cover:
    """Of what a list's cover is made, before it is.

    Attributes
    ----------
    name
        The list's.
    uploaded_sha256
        What its owner has uploaded; if that is there, nothing is drawn.
    """

    playlist_id: UUID
    name: str
    uploaded_sha256: str | None
    shown: tuple[Shown, ...]

    @property
    def etag(self) -> str:
        """By what somebody knows that they have the drawn one already."""
        known_by = hashlib.sha256(f"{DRAWN_AS} {self.playlist_id}".encode())
        for one in self.shown:
            known_by.update(one.track_id.bytes + (one.sha256 or "").encode())
        return f'"{known_by.hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn cover; it is not whole if one of the pictures could not be had this time."""

    data: bytes
    whole: bool


async def cover_of(session: AsyncSession, playlist: Playlist) -> Cover:
    """Return of what the cover of a list that was seen is made, as the session's user sees it.

    The session is to be closed again before the cover is fetched or drawn: that takes long, and sessions of its own.
    """
    tracks = await repository.tracks_of(session, playlist.id, limit=_LOOKED_AT)
    seen = await catalog.tracks(session, tracks)
    shown = []
    for track_id in [track for track in dict.fromkeys(tracks) if track in seen][:_TILES]:
        asset = seen[track_id].asset
        shown.append(Shown(track_id, None, None) if asset is None else Shown(track_id, asset.id, asset.sha256))
    return Cover(playlist.id, playlist.name, playlist.cover_sha256, tuple(shown))


async def uploaded(runtime: Runtime, cover: Cover) -> str | None:
    """Return the SHA-256 of the stored file that is the cover; None where it is to be drawn."""
    sha256 = cover.uploaded_sha256
    return sha256 if sha256 is not None and await runtime.storage.exists(sha256) else None


async def drawn(runtime: Runtime, cover: Cover) -> Drawn:
    """Draw a cover."""
    tiles, whole = [], True
    for one in cover.shown:
        picture = None
        if one.asset_id is not None and one.sha256 is not None:
            try:
                picture = (await sleeves.sleeve_of(runtime, one.asset_id, one.sha256)).picture
            except (NotFound, ChildDied):
                whole = False
        tiles.append(Tile(one.track_id, picture))
    return Drawn(await asyncio.to_thread(_drawn, cover.playlist_id, tuple(tiles)), whole)


async def upload(session: AsyncSession, runtime: Runtime, user_id: UUID, playlist_id: UUID, path: Path) -> None:
    """Give a list of one's own a cover: the middle of a picture, as a square, without what else the file holds.

    Raises
    ------
    NotFound, Forbidden
        There is no such list of theirs.
    InvalidImage
        The file is no picture that can be read, or takes too much to decode.
    """
    playlist = await access.owned(session, user_id, playlist_id)
    try:
        data = await run_in_process(squared, str(path), limits=_LIMITS)
    except ChildDied as death:
        raise InvalidImage(f"The image takes too much to decode: {death.detail}") from death
    with TemporaryDirectory(prefix="segue-cover-") as folder:
        file = Path(folder, "cover.jpg")
        await asyncio.to_thread(file.write_bytes, data)
        blob = await runtime.storage.put_file(file, media_type=MEDIA_TYPE)
        await lock_blob(session, blob.sha256)
        # Whoever had the same before may have been the last, and gone, since it was stored.
        if not await runtime.storage.exists(blob.sha256):
            await runtime.storage.put_file(file, media_type=MEDIA_TYPE)
    playlist.cover_sha256 = blob.sha256


async def take_away(session: AsyncSession, user_id: UUID, playlist_id: UUID) -> None:
    """Let a list of one's own have the cover that is drawn; the uploaded one is left to the sweep.

    Raises
    ------
    NotFound, Forbidden
        There is no such list of theirs.
    """
    (await access.owned(session, user_id, playlist_id)).cover_sha256 = None


@lru_cache(maxsize=64)
def _drawn(playlist_id: UUID, tiles: tuple[Tile, ...]) -> bytes:
    return draw_cover(playlist_id, tiles)
