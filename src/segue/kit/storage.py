"""Where files lie: content-addressed blobs in a folder, or in an S3-compatible bucket."""

import asyncio
import hashlib
import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from uuid import uuid4

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from segue.kit.errors import NotFound, Unavailable
from segue.kit.leftovers import forget_leftovers

if TYPE_CHECKING:  # these exist for type checkers only
    from obstore import GetOptions
    from obstore.store import S3Config

CHUNK_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")


@dataclass(frozen=True)
class Blob:
    """A stored file: its content's SHA-256 in lower-case hex, and its length in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class StoredBlob(Blob):
    """A blob as a storage lists it; `stored_at` is when it was last written."""

    stored_at: datetime


class Storage(ABC):
    """Files named by what is in them: the same content is stored once, and nothing is ever overwritten.

    No name, path or key comes from a user. `sha256` arguments that are not 64 hex digits raise ``ValueError``.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @abstractmethod
    async def put_file(self, path: Path, *, media_type: str = "application/octet-stream") -> Blob:
        """Store a copy of the file at `path`; doing it twice is harmless.

        Whoever looks meanwhile sees the whole blob or none. In a bucket `media_type` is kept, for signed URLs.
        """

    @abstractmethod
    def local_file(self, sha256: str) -> AbstractAsyncContextManager[Path]:
        """Give the blob as a file on this machine, for the length of an ``async with``; read it only.

        Raises
        ------
        NotFound
            If there is no such blob.
        Unavailable
            If what arrives from a bucket is not what was stored.
        """

    @abstractmethod
    async def presigned_url(self, sha256: str, *, expires_s: int) -> str | None:
        """Return a URL at which anybody may read the blob for `expires_s` seconds.

        ``None`` from a storage that has no address of its own: serve it through a signed route of Segue's.
        """

    async def size(self, sha256: str) -> int:
        """Return the blob's length in bytes; raise `NotFound` if there is none."""
        with _missing_is_not_found(sha256):
            return (await obstore.head_async(self._store, _key(sha256)))["size"]

    async def exists(self, sha256: str) -> bool:
        """Whether there is such a blob."""
        try:
            await self.size(sha256)
        except NotFound:
            return False
        return True

    async def read(self, sha256: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream the blob's bytes from `start` up to but without `end` (``None``: all the rest), in chunks.

        Raises
        ------
        NotFound
            If there is no such blob; raised at the first chunk.
        """
        if end is not None and end <= start:
            return
        with _missing_is_not_found(sha256):
            options: GetOptions = {"range": {"offset": start} if end is None else (start, end)}
            got = await obstore.get_async(self._store, _key(sha256), options=options if start or end else None)
        async for chunk in got.stream(min_chunk_size=CHUNK_BYTES):
            yield chunk

    async def listed(self) -> AsyncIterator[StoredBlob]:
        """Give every blob that is stored, in no order; what comes or goes meanwhile may be missing."""
        async for batch in obstore.list(self._store):
            for found in batch:
                if key := _KEY.fullmatch(found["path"]):
                    yield StoredBlob(key[1], found["size"], found["last_modified"])

    async def delete(self, sha256: str) -> None:
        """Delete the blob; if there is none, that is well too."""
        try:
            await obstore.delete_async(self._store, _key(sha256))
        except FileNotFoundError:
            return


class FolderStorage(Storage):
    """Blobs in a folder of this machine (or a shared file system)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._partial = self.folder / ".partial"
        self._partial.mkdir(parents=True, exist_ok=True)
        super().__init__(LocalStore(self.folder))

    async def put_file(self, path: Path, *, media_type: str = "application/octet-stream") -> Blob:  # noqa: ARG002
        """Store a copy of the file, flushed to the disk before it has its name. See `Storage.put_file`."""
        return await asyncio.to_thread(self._put, path)

    def _put(self, path: Path) -> Blob:
        forget_leftovers(self._partial)
        partial = self._partial / uuid4().hex
        try:
            # Hashed while copied: what is stored is what was hashed, even if somebody still writes to `path`.
            with path.open("rb") as source, partial.open("xb") as copy:
                blob = _hash(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
            target = self.folder / _key(blob.sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(target)
            _sync_folder(target.parent)
        finally:
            partial.unlink(missing_ok=True)
        return blob

    @asynccontextmanager
    async def local_file(self, sha256: str) -> AsyncIterator[Path]:
        """Give the blob itself: no copy is made. See `Storage.local_file`."""
        path = self.folder / _key(sha256)
        if not path.is_file():
            raise _gone(sha256)
        yield path

    async def presigned_url(self, sha256: str, *, expires_s: int) -> str | None:  # noqa: ARG002
        """Return ``None``: a folder has no address."""
        return None


class BucketStorage(Storage):
    """Blobs in an S3-compatible bucket; files that a worker needs are downloaded for as long as it needs them."""

    def __init__(self, store: S3Store, downloads: Path) -> None:
        super().__init__(store)
        self._s3 = store
        self._downloads = downloads
        downloads.mkdir(parents=True, exist_ok=True)

    async def put_file(self, path: Path, *, media_type: str = "application/octet-stream") -> Blob:
        """Upload the file, unless the bucket has it. See `Storage.put_file`."""
        blob = await asyncio.to_thread(_hash_file, path)
        if not await self._has(blob):
            attributes = {"Content-Type": media_type}
            await obstore.put_async(self._store, _key(blob.sha256), path, attributes=attributes)
        return blob

    async def _has(self, blob: Blob) -> bool:
        try:
            return await self.size(blob.sha256) == blob.size
        except NotFound:
            return False

    @asynccontextmanager
    async def local_file(self, sha256: str) -> AsyncIterator[Path]:
        """Download the blob and check it. See `Storage.local_file`."""
        await asyncio.to_thread(forget_leftovers, self._downloads)
        with tempfile.TemporaryDirectory(dir=self._downloads) as folder:
            path = Path(folder) / sha256
            digest = hashlib.sha256()
            with path.open("xb") as file:
                async for chunk in self.read(sha256):
                    await asyncio.to_thread(file.write, chunk)
                    digest.update(chunk)
            if digest.hexdigest() != sha256:
                raise Unavailable(f"The bucket's copy of {sha256} is damaged: restore it from a backup")
            yield path

    async def presigned_url(self, sha256: str, *, expires_s: int) -> str | None:
        """Return a URL of the bucket's own. See `Storage.presigned_url`."""
        return await obstore.sign_async(self._s3, "GET", _key(sha256), timedelta(seconds=expires_s))


def open_storage(data_dir: Path, url: str | None, options: Mapping[str, str]) -> Storage:
    """Return the storage at `url` (``s3://bucket/prefix``), or the folder ``blobs`` in `data_dir` if there is none.

    Parameters
    ----------
    options
        The bucket's ``endpoint``, ``region``, ``access_key_id``, ``secret_access_key``; what is absent is taken from
        where AWS clients take it.

    Raises
    ------
    Unavailable
        If the URL names something that Segue cannot store to.
    """
    if url is None:
        return FolderStorage(data_dir / "blobs")
    if not url.startswith("s3://"):
        raise Unavailable(f"SEGUE_STORAGE_URL is {url}: give s3://bucket/prefix, or nothing for a folder")
    plain = options.get("endpoint", "").startswith("http://")
    store = S3Store.from_url(
        url, config=cast("S3Config", dict(options)), client_options={"timeout": "10min", "allow_http": plain}
    )
    return BucketStorage(store, data_dir / "downloads")


def _key(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hex")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


@contextmanager
def _missing_is_not_found(sha256: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise _gone(sha256) from error


def _gone(sha256: str) -> NotFound:
    return NotFound(f"The stored file {sha256} is gone: upload it again")


def _hash(source: IO[bytes], copy: IO[bytes] | None = None) -> Blob:
    digest = hashlib.sha256()
    size = 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
        if copy is not None:
            copy.write(chunk)
    return Blob(digest.hexdigest(), size)


def _hash_file(path: Path) -> Blob:
    with path.open("rb") as source:
        return _hash(source)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
