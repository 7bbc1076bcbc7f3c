"""Renditions in the making: one process makes each, whoever asks for it reads along, in any process of the machine."""

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Final

import structlog

from segue.audio.transcoding import Transcode, Transcoded, transcode
from segue.catalog import repository as catalog
from segue.catalog.playback import repository
from segue.catalog.playback.choosing import media_type_of, recipe_of
from segue.catalog.playback.tables import Rendition
from segue.kit.blobs import lock_blob
from segue.kit.errors import Unavailable
from segue.kit.file_locks import FileLock, is_taken
from segue.kit.leftovers import forget_leftovers
from segue.kit.processes import ProcessLimits, run_in_process
from segue.kit.runtime import Runtime

_CHUNK_BYTES: Final = 1 << 16
_LOOK_EVERY_S: Final = 0.02
#: What costs more is looked at less often: whether another process is done or gives a turn, or who asked is gone.
_ASK_EVERY_S: Final = 0.25
#: A day of FLAC at 96 kHz would be more; no song is.
_LIMITS: Final = ProcessLimits(
    memory_bytes=2**30, cpu_s=3600, output_bytes=8 * 2**30, timeout_s=3600, stall_s=30, threads=1
)
#: Down to so much of the room that there is, so that not each new one has another go.
_SWEPT_TO: Final = 0.9
_SWEPT_AT_A_TIME: Final = 50
_FAILED: Final = "The song could not be brought into this format. Play it as it was brought: format=original."
_GONE: Final = "Nobody waits for it any more."

_log = structlog.get_logger(__name__)


class Growing:
    """A rendition that is being made by some process of this machine, and can be read meanwhile.

    Whoever has one reads it to its end, or closes it: what nobody waits for any more is not begun.
    """

    def __init__(self, runtime: Runtime, place: "_Place", file: FileIO) -> None:
        self._runtime, self._place, self._file = runtime, place, file
        # Shared: whoever makes it sees by it that somebody reads.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.fstat(file.fileno()).st_nlink == 0:
            raise FileNotFoundError(place.part)
        self._task = runtime.background.running(place.name)
        self._taken, self._asked_at = True, 0.0

    async def begun(self, is_gone: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Wait for the first bytes.

        Parameters
        ----------
        is_gone
            Tells whether whoever asked waits no more.

        Raises
        ------
        Unavailable
            There are none to come, or nobody waits for them.
        """
        try:
            if not await self._until(lambda: os.fstat(self._file.fileno()).st_size > 0, is_gone):
                await self._made()
        except BaseException:
            self.close()
            raise

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the whole file from its beginning, as it grows; raises `Unavailable` where it ends too early."""
        sent = 0
        try:
            while True:
                over = self._is_over()  # before the read: what is over grows no more
                if data := self._file.read(_CHUNK_BYTES):
                    sent += len(data)
                    yield data
                elif over:
                    break
                else:
                    await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            self.close()
        if (await self._made()).size_bytes != sent:
            raise Unavailable(_FAILED)

    async def finished(self, is_gone: Callable[[], Awaitable[bool]] | None = None) -> Rendition:
        """Wait until it is made and kept; `is_gone` as in `begun`."""
        try:
            await self._until(lambda: False, is_gone)
        finally:
            self.close()
        return await self._made()

    def close(self) -> None:
        """Read no more; what nobody else reads, and of which nothing is there, is not made."""
        if self._file.closed:
            return
        empty = os.fstat(self._file.fileno()).st_size == 0
        self._file.close()
        if empty and self._task is not None and not self._task.done() and _given_up(self._place):
            self._task.cancel()

    def _is_over(self) -> bool:
        """Whether nobody makes it any more: known at once of this process, of others a little later."""
        if self._task is not None:
            return self._task.done()
        if time.monotonic() - self._asked_at > _ASK_EVERY_S:
            self._taken, self._asked_at = is_taken(self._place.lock), time.monotonic()
        return not self._taken

    async def _until(self, happened: Callable[[], bool], is_gone: Callable[[], Awaitable[bool]] | None) -> bool:
        """Wait for something, at most until the making is over; tell whether it happened."""
        asked_at = time.monotonic()
        while not happened():
            if self._is_over():
                return happened()
            if is_gone is not None and time.monotonic() - asked_at > _ASK_EVERY_S:
                if await is_gone():
                    raise Unavailable(_GONE)
                asked_at = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
        return True

    async def _made(self) -> Rendition:
        found = await kept(self._runtime, self._place.source_sha256, self._place.wanted)
        if found is None:
            raise Unavailable(_FAILED)
        return found


class _Place:
    """Where a rendition is made: a file, and a lock that whoever makes it holds."""

    def __init__(self, folder: Path, source_sha256: str, wanted: Transcode) -> None:
        self.source_sha256, self.wanted = source_sha256, wanted
        name = hashlib.sha256(f"{source_sha256} {recipe_of(wanted)}".encode()).hexdigest()
        self.name = f"transcode {name}"
        self.lock, self.part = folder / f"{name}.lock", folder / f"{name}.part"


async def kept(runtime: Runtime, source_sha256: str, wanted: Transcode) -> Rendition | None:
    """Return a rendition that is there, and note that it is used."""
    async with runtime.database.system_session() as session:
        return await repository.use(session, source_sha256, recipe_of(wanted))


async def rendition(runtime: Runtime, source_sha256: str, wanted: Transcode, *, caller: str) -> Rendition | Growing:
    """Return a song in another format: kept from before, or in the making from now on at the latest.

    Parameters
    ----------
    caller
        For whom it is made: only so many wait of each.

    Raises
    ------
    Unavailable
        Others began to make it, again and again, and failed; or too many others are waiting to be made.
    """
    folder = await asyncio.to_thread(_folder_of, runtime)
    place = _Place(folder, source_sha256, wanted)
    for _ in range(50):
        if (found := await kept(runtime, source_sha256, wanted)) is not None:
            return found
        if (lock := FileLock.take(place.lock)) is not None:
            return await _begun(runtime, place, lock, caller)
        # They have just begun, have just ended, or are about to give it up.
        with suppress(FileNotFoundError, BlockingIOError):
            return _reading(runtime, place)
        await asyncio.sleep(_LOOK_EVERY_S)
    raise Unavailable(_FAILED)


def _reading(runtime: Runtime, place: _Place) -> Growing:
    file = place.part.open("rb", buffering=0)
    try:
        return Growing(runtime, place, file)
    except BaseException:
        file.close()
        raise


def _given_up(place: _Place) -> bool:
    """Take away what is being made, unless anybody reads along, in any process; tell whether it is gone."""
    alone = FileLock.take(place.part)
    if alone is None:
        return False
    place.part.unlink(missing_ok=True)
    alone.release()
    return True


async def _begun(runtime: Runtime, place: _Place, lock: FileLock, caller: str) -> Rendition | Growing:
    """Begin to make a rendition, unless whoever had the lock before has made it."""
    try:
        if (found := await kept(runtime, place.source_sha256, place.wanted)) is not None:
            lock.release()
            return found
        place.part.unlink(missing_ok=True)
        place.part.touch(mode=0o600)
        runtime.transcodes.join(caller)
    except BaseException:
        place.part.unlink(missing_ok=True)
        lock.release()
        raise
    # From here on the work lets go of the lock.
    runtime.background.start(_make(runtime, place, lock, caller), name=place.name)
    return _reading(runtime, place)


async def _make(runtime: Runtime, place: _Place, lock: FileLock, caller: str) -> None:
    """Make a rendition and keep it, whoever still waits for it; the next who asks needs it not made."""
    try:
        async with runtime.transcodes.turn(caller), _turn(runtime):
            if _given_up(place):  # those who waited were of another process
                return
            async with runtime.storage.local_file(place.source_sha256) as source:
                made = await run_in_process(transcode, str(source), str(place.part), place.wanted, limits=_LIMITS)
        await _keep(runtime, place, made)
    except Exception:
        _log.exception("transcode.failed", source=place.source_sha256, recipe=recipe_of(place.wanted))
    finally:
        place.part.unlink(missing_ok=True)
        lock.release()
    runtime.background.start(_swept(runtime), name="transcodes swept")


async def _swept(runtime: Runtime) -> None:
    try:
        await make_room(runtime)
    except Exception:
        _log.exception("transcodes.not_swept")  # the next one sweeps


async def _keep(runtime: Runtime, place: _Place, made: Transcoded) -> None:
    media_type = media_type_of(place.wanted)
    blob = await runtime.storage.put_file(place.part, media_type=media_type)
    async with runtime.database.system_session() as session:
        await lock_blob(session, blob.sha256)
        await repository.add(
            session,
            {
                "source_sha256": place.source_sha256,
                "recipe": recipe_of(place.wanted),
                "sha256": blob.sha256,
                "size_bytes": blob.size,
                "sample_rate": made.sample_rate,
                "samples": made.samples,
                "delay": made.delay,
                "padding": made.padding,
            },
        )
        # The same content may have been somebody else's, and forgotten, since it was stored.
        if not await runtime.storage.exists(blob.sha256):
            await runtime.storage.put_file(place.part, media_type=media_type)


async def make_room(runtime: Runtime) -> None:
    """Forget the least recently used renditions while all of them take more room than the settings give."""
    most = runtime.settings.transcodes_max_bytes
    async with runtime.database.system_session() as session:
        total = await repository.total_bytes(session)
    if total <= most:
        return
    while total > _SWEPT_TO * most:
        async with runtime.database.system_session() as session:
            oldest = await repository.least_used(session, limit=_SWEPT_AT_A_TIME)
        if not oldest:
            return
        for one in oldest:
            await forget(runtime, one)
            total -= one.size_bytes
            if total <= _SWEPT_TO * most:
                return


async def forget(runtime: Runtime, one: Rendition) -> None:
    """Forget a rendition and its file, unless something else is the same file."""
    async with runtime.database.system_session() as session:
        await lock_blob(session, one.sha256)
        await repository.forget(session, one)
        needed = await repository.is_rendition(session, one.sha256) or await catalog.asset_of(session, one.sha256)
        if not needed:
            await runtime.storage.delete(one.sha256)


@asynccontextmanager
async def _turn(runtime: Runtime) -> AsyncIterator[None]:
    """Wait until fewer songs are being transcoded on this machine than may be at a time, by whatever process."""
    folder = _folder_of(runtime)
    slots = [folder / f"turn-{number}.lock" for number in range(runtime.settings.transcodes_at_a_time)]
    while True:
        for slot in slots:
            if (lock := FileLock.take(slot)) is not None:
                try:
                    yield
                finally:
                    lock.release()
                return
        await asyncio.sleep(_ASK_EVERY_S)


def _folder_of(runtime: Runtime) -> Path:
    folder = runtime.settings.data_dir / "transcodes"
    folder.mkdir(parents=True, exist_ok=True)
    forget_leftovers(folder)
    return folder
