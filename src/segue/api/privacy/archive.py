"""The archive that a user takes with them, written as it is read: memory does not grow with what there is."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import IO, Final

import structlog

from segue.kit.clock import now
from segue.kit.exporting import StoredFile, Text
from segue.kit.storage import Storage

#: Rows are packed in pieces of such a size, in a thread.
_PIECE: Final = 1 << 18
Told = Callable[[int], Awaitable[None]]

_log = structlog.get_logger(__name__)


class ArchiveWriter:
    """Writes a ZIP; whatever waits for the disk, or packs, does it in a thread.

    Parameters
    ----------
    written
        Told after each piece how many bytes it had, before they were packed.
    """

    def __init__(self, archive: zipfile.ZipFile, written: Told) -> None:
        self._archive = archive
        self._written = written

    async def add_text(self, member: Text) -> None:
        """Write a member from its chunks; one without any is left out."""
        pieces = _pieces(member.chunks)
        first = await anext(pieces, None)
        if first is None:
            return
        with self._open(member.path, zipfile.ZIP_DEFLATED) as file:
            await self._write(file, first)
            async for piece in pieces:
                await self._write(file, piece)

    async def add_files(self, storage: Storage, members: Sequence[StoredFile]) -> None:
        """Write stored files, as they are: audio is packed already. One that is lost is left out, and logged."""
        for member in members:
            if not await storage.exists(member.sha256):
                _log.error("export.file_is_lost", sha256=member.sha256)
                continue
            with self._open(member.path, zipfile.ZIP_STORED) as file:
                async for chunk in storage.read(member.sha256):
                    await self._write(file, chunk)

    def _open(self, path: str, compression: int) -> IO[bytes]:
        info = zipfile.ZipInfo(path, now().timetuple()[:6])
        info.compress_type = compression
        # As files are made elsewhere: its owner reads and writes it, others read it.
        info.external_attr = 0o644 << 16
        return self._archive.open(info, "w", force_zip64=True)

    async def _write(self, file: IO[bytes], piece: bytes) -> None:
        await asyncio.to_thread(file.write, piece)
        await self._written(len(piece))


async def _pieces(chunks: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """Give texts in UTF-8, in pieces that are worth a thread."""
    held: list[str] = []
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            yield "".join(held).encode(errors="replace")
            held, size = [], 0
    if held:
        yield "".join(held).encode(errors="replace")


def new_archive(path: Path) -> zipfile.ZipFile:
    """Begin an archive at `path`."""
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
