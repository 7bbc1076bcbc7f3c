"""What a digest holds, put into a listener's library, a batch and a transaction at a time: twice is as once."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar
from uuid import UUID

from segue.kit.clock import now
from segue.kit.jobs import JobContext
from segue.library import repository, service
from segue.library.importing.digest import Digest, SongsOnTheWay
from segue.library.playlists.following import Told, follow

_SONGS_AT_A_TIME = 2_000
_LISTENS_AT_A_TIME = 50_000
_KEPT_AT_A_TIME = 2_000
_LOOK_AGAIN_S = 0.2
Item = TypeVar("Item")
Share = tuple[float, float]


async def identify(job: JobContext, folder: Path, reading: asyncio.Future[Digest], *, share: Share) -> list[UUID]:
    """Return the track of each song that an export names, in their order, while it is still being read into a folder.

    Raises whatever the reading does.
    """
    songs = SongsOnTheWay(folder)
    tracks: list[UUID] = []
    while True:
        is_read = reading.done()  # asked first: then all songs are there to be seen
        batch = await asyncio.to_thread(songs.more, _SONGS_AT_A_TIME)
        tracks += await service.tracks_of(job.runtime, batch, user_id=job.user_id)
        if is_read:
            counts = reading.result().counts
            await _report(job, share, len(tracks) / max(1, counts.songs), "Finding out which songs they are")
            if not batch:
                return tracks
        elif not batch:
            await asyncio.wait({reading}, timeout=_LOOK_AGAIN_S)


async def add_listens(
    job: JobContext, import_id: UUID, digest: Digest, tracks: Sequence[UUID], *, share: Share
) -> None:
    """Add the digest's listens, two batches at a time."""
    done = 0

    async def add(lines: bytes, count: int) -> None:
        nonlocal done
        async with job.session() as session:
            await repository.add_listens(session, lines, user_id=job.user_id, import_id=import_id)
        done += count
        await _report(job, share, done / digest.counts.listens, "Counting each listen once")

    async for batches in _side_by_side(_listens(digest.listens, tracks)):
        async with asyncio.TaskGroup() as group:
            for batch in batches:
                group.create_task(add(batch.lines, batch.listens))


async def keep_songs(job: JobContext, import_id: UUID, digest: Digest, tracks: Sequence[UUID], *, share: Share) -> None:
    """Add the digest's kept songs and lists, each in the order that its source gives it."""
    done = 0
    lists: dict[tuple[str, str], list[tuple[int, UUID, datetime | None]]] = defaultdict(list)
    for batch in _batches(digest.kept(), _KEPT_AT_A_TIME):
        for kept in batch:
            if kept["playlist"] is not None:
                entry = (kept["position"] or 0, tracks[kept["song"]], _moment(kept["added_at"]))
                lists[kept["source"], kept["playlist"]].append(entry)
        rows = library_rows(batch, tracks, {"user_id": job.user_id, "import_id": import_id})
        async with job.session() as session:
            await repository.keep_songs(session, rows)
        done += len(batch)
        await _report(job, share, done / digest.counts.kept, "Keeping songs and playlists")
    for (source, name), placed in lists.items():
        entries = [(track, added_at) for _, track, added_at in sorted(placed, key=itemgetter(0))]
        async with job.session() as session:
            told = Told(source, name, entries)
            await follow(session, told, user_id=job.user_id, import_id=import_id, by_hand=True)


def library_rows(
    batch: Sequence[dict[str, Any]], tracks: Sequence[UUID], common: dict[str, UUID]
) -> list[dict[str, object]]:
    """Return one row for each track, for `repository.keep_songs`: what several rows of a source say of it, together."""
    rows: dict[UUID, dict[str, Any]] = {}
    for kept in batch:
        track_id = tracks[kept["song"]]
        empty = {"liked": None, "rating": None, "play_count": 0, "skip_count": 0, "last_played_at": None}
        row = rows.setdefault(track_id, {**common, "track_id": track_id, "added_at": None, **empty})
        added_at, played_at = _moment(kept["added_at"]), _moment(kept["last_played_at"])
        row["added_at"] = min(filter(None, (row["added_at"], added_at)), default=None)
        row["last_played_at"] = max(filter(None, (row["last_played_at"], played_at)), default=None)
        row["liked"] = row["liked"] if kept["liked"] is None else kept["liked"]
        row["rating"] = kept["rating"] or row["rating"]
        row["play_count"] = max(row["play_count"], min(kept["play_count"], _MOST))
        row["skip_count"] = max(row["skip_count"], min(kept["skip_count"], _MOST))
    return [{**row, "added_at": row["added_at"] or now()} for row in rows.values()]


_MOST = 2**31 - 1


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class _Batch(NamedTuple):
    """Listens of one source, as lines for COPY."""

    source: str
    lines: bytes
    listens: int


async def _side_by_side(batches: AsyncIterator[_Batch]) -> AsyncIterator[list[_Batch]]:
    """Give batches in pairs that may be added at once: those of one source are not held against each other."""
    held: list[_Batch] = []
    async for batch in batches:
        if held and (len(held) == 2 or held[0].source != batch.source):
            yield held
            held = []
        held.append(batch)
    if held:
        yield held


async def _listens(path: Path, tracks: Sequence[UUID]) -> AsyncIterator[_Batch]:
    """Give the listens in batches of one source each, a track in the place of a song's number."""
    names = [str(track) for track in tracks]
    with path.open(encoding="utf-8") as file:
        held: list[str] = []
        while lines := held + await asyncio.to_thread(_lines, file, _LISTENS_AT_A_TIME - len(held)):
            source = _source(lines[0])
            end = next((i for i, line in enumerate(lines) if _source(line) != source), len(lines))
            held = lines[end:]
            yield _Batch(source, await asyncio.to_thread(_named, lines[:end], names), end)


def _lines(file: IO[str], count: int) -> list[str]:
    return list(islice(file, count))


def _source(line: str) -> str:
    return line.rpartition("\t")[2]


def _named(lines: Sequence[str], names: Sequence[str]) -> bytes:
    parts = (line.partition("\t") for line in lines)
    return "".join([f"{names[int(number)]}\t{rest}" for number, _, rest in parts]).encode()


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch


async def _report(job: JobContext, share: Share, done: float, stage: str) -> None:
    await job.report(share[0] + (share[1] - share[0]) * min(1.0, done), stage)
