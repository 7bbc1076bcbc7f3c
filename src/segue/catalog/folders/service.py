"""The decisions of folders of music: what is heard, and what of it is kept."""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segue.audio.files import DecodeLimits
from segue.catalog.embeddings import service as embeddings
from segue.catalog.folders import repository
from segue.catalog.folders.hearing import HeardFile, hear, sha256_of
from segue.catalog.folders.walking import FoundFile, shown, walk
from segue.catalog.songs import service as songs
from segue.catalog.songs.loaders.told import Refused
from segue.catalog.understanding import current_version
from segue.kit.errors import SegueError, Unavailable
from segue.kit.processes import ChildDied, ProcessLimits, Progress, run_in_process
from segue.kit.runtime import Runtime
from segue.kit.settings import Settings

#: So many files are looked up at once.
_BATCH: Final = 1_000
#: Hearing takes a processor to itself, and hundreds of megabytes.
_AT_A_TIME: Final = 2
#: What the clock or others did to a file's process; another time it may be heard.
_NOT_THE_FILES_FAULT: Final = frozenset({"killed", "exit", "timeout", "stalled"})


@dataclass(slots=True)
class Collected:
    """What has come of a folder so far, in files."""

    songs: int = 0
    #: Of the songs: heard just now.
    heard: int = 0
    #: Of the songs: the catalogue did not have them.
    new: int = 0
    refused: int = 0


async def collect(
    runtime: Runtime, folder: Path, *, refused: Callable[[Refused], None], progress: Progress
) -> Collected:
    """Take the songs of a folder in: each is heard, and is a song of the catalogue with features and an embedding.

    A file that has not changed since is not heard again, so that what was interrupted is simply begun again; one that
    was moved is known by its content.

    Parameters
    ----------
    refused
        Called for each file that cannot be heard.
    progress
        Called with the share that is done, from any thread; while files are heard, every few seconds.

    Raises
    ------
    Unavailable
        The embedding engine is not installed.
    """
    settings = runtime.settings
    version = await asyncio.to_thread(current_version, settings.embedding_engine, settings.models_dir)
    collecting = _Collecting(runtime, version, refused, progress)
    await collecting.look(await asyncio.to_thread(_walked, folder, progress))
    await collecting.hear_all()
    async with runtime.database.system_session() as session:
        await songs.rank(session)
    return collecting.collected


class _Collecting:
    """One walk through a folder."""

    def __init__(self, runtime: Runtime, version: str, refused: Callable[[Refused], None], progress: Progress) -> None:
        self.collected = Collected()
        self._runtime, self._version = runtime, version
        self._tell_refused, self._progress = refused, progress
        self._waiting: list[FoundFile] = []
        self._files = self._done = 0
        #: How far those are that are being heard.
        self._shares: dict[FoundFile, float] = {}

    async def look(self, found: list[FoundFile | Refused]) -> None:
        """Count what is known already, and put aside what is to be heard."""
        for one in found:
            if isinstance(one, Refused):
                self._refuse(one)
        files = [one for one in found if isinstance(one, FoundFile)]
        self._files = len(files)
        for start in range(0, len(files), _BATCH):
            batch = files[start : start + _BATCH]
            async with self._runtime.database.system_session() as session:
                known = await repository.known(session, batch, version=self._version)
            self._waiting += [file for file in batch if file not in known]
            self._done += len(known)
            for file, row in known.items():
                if row.problem is None:
                    self.collected.songs += 1
                else:
                    self._refuse(Refused(shown(file.path), row.problem))
            self._report()

    async def hear_all(self) -> None:
        """Hear what is to be heard, in a process each, as many at a time as there are processors for."""
        files = iter(self._waiting)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_A_TIME, os.cpu_count() or 1)):
                    group.create_task(self._hear_some(files))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _hear_some(self, files: Iterator[FoundFile]) -> None:
        for file in files:
            try:
                await self._take(file)
            except Unavailable:
                raise
            except OSError as error:
                self._refuse(Refused(shown(file.path), error.strerror or str(error)))
            except SegueError as error:
                self._refuse(Refused(shown(file.path), error.detail))
            self._shares.pop(file, None)
            self._done += 1
            self._report()

    async def _take(self, file: FoundFile) -> None:
        sha256 = await asyncio.to_thread(sha256_of, file.path)
        if await self._is_known_elsewhere(file, sha256):
            return
        try:
            heard = await self._hear(file)
        except Unavailable:
            raise
        except SegueError as error:
            if not _is_passing(error):
                async with self._runtime.database.system_session() as session:
                    await repository.keep(session, file, sha256=sha256, version=self._version, problem=error.detail)
            raise
        await self._keep(file, sha256, heard)

    async def _is_known_elsewhere(self, file: FoundFile, sha256: str) -> bool:
        async with self._runtime.database.system_session() as session:
            twin = await repository.of_content(session, sha256, version=self._version)
            if twin is None or twin.track_id is None:
                return False
            await repository.keep(session, file, sha256=sha256, version=self._version, track_id=twin.track_id)
        self.collected.songs += 1
        return True

    async def _hear(self, file: FoundFile) -> HeardFile:
        settings = self._runtime.settings

        def tell(share: float) -> None:
            self._shares[file] = share
            self._report()

        try:
            return await run_in_process(
                hear,
                *(file.path, settings.embedding_engine, settings.models_dir, _limits(settings)),
                limits=ProcessLimits(memory_bytes=settings.job_memory_bytes, stall_s=settings.job_stall_s),
                progress=tell,
            )
        except (SegueError, OSError):
            raise
        except Exception as error:
            raise ChildDied(f"It could not be heard: {error!r}", reason="exit") from error

    async def _keep(self, file: FoundFile, sha256: str, heard: HeardFile) -> None:
        async with self._runtime.database.system_session() as session:
            [found] = await songs.tell(session, [heard.told])
            await embeddings.keep_heard(
                session, found.track_id, heard.embedding, analysis_version=heard.version, genre=heard.genre
            )
            await repository.keep(session, file, sha256=sha256, version=heard.version, track_id=found.track_id)
        self.collected.songs += 1
        self.collected.heard += 1
        self.collected.new += found.how == "new"

    def _refuse(self, refused: Refused) -> None:
        self.collected.refused += 1
        self._tell_refused(refused)

    def _report(self) -> None:
        self._progress(min(1.0, (self._done + sum(self._shares.values())) / max(1, self._files)))


def _walked(folder: Path, progress: Progress) -> list[FoundFile | Refused]:
    found: list[FoundFile | Refused] = []
    for count, one in enumerate(walk(folder)):
        found.append(one)
        if count % _BATCH == 0:
            progress(0.0)
    return found


def _limits(settings: Settings) -> DecodeLimits:
    """Return the limits within which the operator's own files are read: of any size, and hours long."""
    return DecodeLimits(max_bytes=2**40, max_s=settings.file_max_s, max_s_setting="SEGUE_FILE_MAX_S")


def _is_passing(error: SegueError) -> bool:
    return isinstance(error, ChildDied) and error.reason in _NOT_THE_FILES_FAULT
