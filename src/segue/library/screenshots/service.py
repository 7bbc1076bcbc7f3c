"""Decisions about screenshots: what was read is looked over by its owner, and counts when they confirm it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs import service as songs
from segue.catalog.songs.service import FoundSong, SongRef
from segue.engines.ocr.images import ImageInfo
from segue.kit import jobs
from segue.kit.clock import now
from segue.kit.errors import Conflict, InvalidRequest, NotFound
from segue.kit.jobs import JobType
from segue.kit.processes import Progress, no_progress
from segue.kit.runtime import Runtime
from segue.library import repository as library_repository
from segue.library import service as library
from segue.library.formats.building import song_of
from segue.library.playlists.following import Told, follow
from segue.library.screenshots import repository
from segue.library.screenshots.entries import Entry, Sheet
from segue.library.screenshots.matching import Meant, meant_by, meant_by_ref
from segue.library.screenshots.tables import Screenshot, ScreenshotRow
from segue.library.tables import Import

#: The imports' format, and the source of the lists that come of them.
FORMAT: Final = "screenshot"
#: No screen shows more.
MOST_ROWS: Final = 1000


async def bring(
    session: AsyncSession,
    runtime: Runtime,
    job_type: JobType,
    *,
    user_id: UUID,
    path: Path,
    filename: str,
    image: ImageInfo,
) -> Import:
    """Take a screenshot in, to be read by a job; the same image again is the same import."""
    brought = await library.bring(
        session, runtime, job_type, user_id=user_id, path=path, filename=filename, format_name=FORMAT
    )
    await repository.ensure_screenshot(
        session, brought.id, media_type=image.media_type, width=image.width, height=image.height
    )
    return brought


async def keep_sheet(session: AsyncSession, import_id: UUID, sheet: Sheet, progress: Progress = no_progress) -> int:
    """Keep what was read for its owner to look over, with the songs that it may be; return how many rows there are."""
    screenshot = await _screenshot(session, import_id)
    entries = sheet.entries[:MOST_ROWS]
    meant = await meant_by(session, entries, progress)
    rows = [_row(import_id, number, *both) for number, both in enumerate(zip(entries, meant, strict=True), 1)]
    await repository.replace_rows(session, import_id, rows)
    screenshot.list_name = sheet.name
    (await library.import_of(session, import_id)).awaits_review = True
    return len(rows)


async def screenshot_of(session: AsyncSession, import_id: UUID) -> tuple[Import, Screenshot]:
    """Return a screenshot of the session's user whose image is still kept.

    Raises
    ------
    NotFound
        There is none, it is another's, or the image went when the rows were confirmed.
    """
    brought = await library.import_of(session, import_id)
    screenshot = await _screenshot(session, import_id)
    if brought.completed_at is not None:
        raise NotFound("The image is no longer kept: its rows were confirmed.")
    return brought, screenshot


async def rows_of(
    session: AsyncSession, import_id: UUID, *, after: int, limit: int
) -> tuple[Sequence[ScreenshotRow], int | None]:
    """Return rows of a screenshot of the session's user, and after which number the next ones come."""
    await library.import_of(session, import_id)
    await _screenshot(session, import_id)
    found = await repository.rows_of(session, import_id, after=after, limit=limit)
    return found, found[-1].number if len(found) == limit else None


async def songs_of(session: AsyncSession, rows: Sequence[ScreenshotRow]) -> dict[UUID, FoundSong]:
    """Return the songs that rows are taken for, and their alternatives."""
    wanted = {row.track_id for row in rows if row.track_id}
    wanted |= {UUID(one["track_id"]) for row in rows for one in row.alternatives}
    return await songs.found_songs(session, list(wanted))


async def change_row(
    session: AsyncSession, keeping: JobType, import_id: UUID, number: int, changes: Mapping[str, Any]
) -> ScreenshotRow:
    """Correct a row: what it says, which song it is, whether it counts.

    Parameters
    ----------
    keeping
        The job that keeps what is confirmed.
    changes
        Some of ``title``, ``artist``, ``album``, ``track_id`` and ``dropped``. Where what it says is corrected and no
        song chosen, the song is looked for anew.

    Raises
    ------
    NotFound
        There is no such import, row or song.
    Conflict
        The rows are not there yet, or were confirmed.
    """
    await _reviewable(session, keeping, import_id)
    row = await repository.row_of(session, import_id, number)
    if row is None:
        raise NotFound("There is no such row.")
    if {"title", "artist", "album"} & changes.keys():
        said = {"title": row.title, "artist": row.artist, "album": row.album} | {
            name: changes[name] for name in ("title", "artist", "album") if name in changes
        }
        ref = _ref(said, row.duration_ms)
        row.title, row.artist, row.album = ref.title, ref.artist, ref.album
        if "track_id" not in changes:
            _take(row, await meant_by_ref(session, ref))
    if "track_id" in changes:
        row.track_id, row.score = await _chosen(session, changes["track_id"]), None
    if "dropped" in changes:
        row.dropped = changes["dropped"]
    return row


async def add_row(session: AsyncSession, keeping: JobType, import_id: UUID, said: Mapping[str, Any]) -> ScreenshotRow:
    """Add a row that was overlooked, below the others; `keeping` is the job that keeps what is confirmed.

    Raises
    ------
    NotFound
        There is no such import or song.
    Conflict
        The rows are not there yet, or were confirmed, or are too many.
    """
    await _reviewable(session, keeping, import_id)
    number = await repository.last_number(session, import_id) + 1
    if number > MOST_ROWS:
        raise Conflict(f"A screenshot has {MOST_ROWS} rows at most.")
    ref = _ref(said, None)
    row = ScreenshotRow(
        import_id=import_id,
        number=number,
        title=ref.title,
        artist=ref.artist,
        album=ref.album,
        alternatives=[],
        dropped=False,
    )
    if said.get("track_id") is not None:
        row.track_id = await _chosen(session, said["track_id"])
    else:
        _take(row, await meant_by_ref(session, ref))
    session.add(row)
    return row


async def confirm(
    session: AsyncSession, keeping: JobType, *, user_id: UUID, import_id: UUID, playlist: str | None
) -> Import:
    """Have a job, `keeping`, keep the rows that are not dropped; what was confirmed already stays as it is.

    Raises
    ------
    NotFound
        There is no such screenshot of the user's.
    Conflict
        It has not been read yet.
    """
    brought = await _held(session, import_id)
    if brought.completed_at is not None:
        return brought
    _check_read(brought)
    job = await jobs.enqueue(
        session,
        keeping,
        user_id=user_id,
        input_data={"import_id": str(import_id), "playlist": playlist},
        dedupe_key=str(import_id),
    )
    brought.job_id = job.id
    return brought


async def confirmed_refs(session: AsyncSession, import_id: UUID) -> list[tuple[int, UUID | None, SongRef]]:
    """Return the rows that count, each with its number, its song where that is settled, and what it says."""
    rows = await repository.rows_of(session, import_id)
    return [
        (
            row.number,
            row.track_id,
            SongRef(title=row.title, artist=row.artist, album=row.album, duration_ms=row.duration_ms),
        )
        for row in rows
        if not row.dropped
    ]


async def keep(
    session: AsyncSession, import_id: UUID, tracks: Mapping[int, UUID], playlist: str | None
) -> dict[str, Any]:
    """Keep the songs of a screenshot in its owner's library, and in a list in their order; return the counts."""
    brought = await library.held_import(session, import_id)
    if brought.completed_at is not None:
        return brought.counts or {}
    screenshot = await _screenshot(session, import_id)
    rows = await repository.rows_of(session, import_id)
    for row in rows:
        row.track_id = tracks.get(row.number, row.track_id)
    kept = [tracks[row.number] for row in rows if row.number in tracks]
    if kept:
        await library_repository.keep_songs(session, [_kept(brought, track) for track in dict.fromkeys(kept)])
        name = await _free_name(session, brought, playlist or screenshot.list_name)
        told = Told(FORMAT, name, [(track, None) for track in kept])
        await follow(session, told, user_id=brought.user_id, import_id=import_id, by_hand=True)
    brought.awaits_review = False
    dropped = len(rows) - len(kept)
    counts = {"entries": len(rows), "songs": len(set(kept)), "listens": 0, "kept": len(kept), "refused": 0}
    return await library.complete(
        session, import_id, {**counts, "omitted": {"dropped": dropped} if dropped else {}}, []
    )


def _row(import_id: UUID, number: int, entry: Entry, meant: Meant) -> dict[str, Any]:
    box = entry.box
    return {
        "import_id": import_id,
        "number": number,
        "box": [round(side) for side in (box.left, box.top, box.right, box.bottom)],
        "text": entry.text[:2000].replace("\x00", ""),
        "confidence": entry.confidence,
        "title": meant.ref.title,
        "artist": meant.ref.artist,
        "album": meant.ref.album,
        "duration_ms": meant.ref.duration_ms,
        "track_id": meant.track_id,
        "score": meant.score,
        "alternatives": _alternatives(meant),
        "dropped": entry.is_partial,
    }


def _take(row: ScreenshotRow, meant: Meant) -> None:
    row.track_id, row.score, row.alternatives = meant.track_id, meant.score, _alternatives(meant)


def _alternatives(meant: Meant) -> list[dict[str, Any]]:
    others = meant.proposals[1:] if meant.track_id else meant.proposals
    return [{"track_id": str(one.song.track_id), "score": round(one.score, 4)} for one in others]


async def _chosen(session: AsyncSession, track_id: UUID | None) -> UUID | None:
    if track_id is not None and track_id not in await songs.found_songs(session, [track_id]):
        raise NotFound("There is no such song in the catalogue: find one at /search_songs.")
    return track_id


def _ref(said: Mapping[str, Any], duration_ms: int | None) -> SongRef:
    ref = song_of(
        title=said["title"], artist=said.get("artist") or "", album=said.get("album") or "", duration_ms=duration_ms
    )
    if ref is None:
        raise InvalidRequest("A row needs a title; drop it if it is no song.")
    return ref


async def _screenshot(session: AsyncSession, import_id: UUID) -> Screenshot:
    found = await repository.screenshot_of(session, import_id)
    if found is None:
        raise NotFound("This import is no screenshot of yours: it has no rows to look over.")
    return found


async def _reviewable(session: AsyncSession, keeping: JobType, import_id: UUID) -> None:
    """Take hold of an import whose rows may be changed.

    Not while a job keeps them: it has read some of them, and would not see what is changed after that. When it has
    failed for good, or was cancelled, they may be changed and confirmed again.
    """
    brought = await _held(session, import_id)
    if brought.completed_at is not None:
        raise Conflict("These rows were confirmed. Take the import back and bring the image again to change them.")
    _check_read(brought)
    if await jobs.is_active(session, keeping, user_id=brought.user_id, dedupe_key=str(import_id)):
        raise Conflict("These rows were confirmed and are being kept. Cancel the import's job to change them.")


async def _held(session: AsyncSession, import_id: UUID) -> Import:
    """Take hold of a screenshot's import until the transaction ends, and return it as it is now."""
    brought = await library.held_import(session, import_id)
    await _screenshot(session, import_id)
    return brought


def _check_read(brought: Import) -> None:
    if not brought.awaits_review:
        raise Conflict("The image has not been read yet: wait for its job.")


def _kept(brought: Import, track_id: UUID) -> dict[str, Any]:
    empty = {"liked": None, "rating": None, "play_count": 0, "skip_count": 0, "last_played_at": None}
    return {"user_id": brought.user_id, "import_id": brought.id, "track_id": track_id, "added_at": now(), **empty}


async def _free_name(session: AsyncSession, brought: Import, wanted: str | None) -> str:
    """Return what the list is called: two screenshots of one list are two lists, each of which can be taken back."""
    name = wanted or f"Screenshot of {brought.created_at:%Y-%m-%d}"
    taken = await repository.playlist_names(session, brought.user_id, FORMAT)
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
