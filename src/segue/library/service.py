"""The library's decisions: bringing files in, once each; listens, likes."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import exports
from segue.accounts import service as accounts
from segue.catalog import service as catalog
from segue.catalog.songs import service as songs
from segue.catalog.songs.service import Platform, SongRef
from segue.kit import jobs
from segue.kit.clock import now
from segue.kit.database import despite_deadlocks
from segue.kit.errors import Conflict, NotFound
from segue.kit.jobs import JobType
from segue.kit.pagination import Paging
from segue.kit.runtime import Runtime
from segue.library import repository, tables
from segue.library.formats.entries import Listen, Refusal
from segue.library.formats.reading import text_of
from segue.library.playing import counting
from segue.library.playing.counting import Play
from segue.library.tables import Import, ImportProblem, PlayingNow

#: A player that has said nothing for so long has stopped.
PLAYING_FOR = timedelta(minutes=10)
#: For so long it is known when the last one began, to whom it is over later.
_REMEMBERED_FOR = timedelta(days=1)

_NO_IMPORT: Final = "There is no such import of yours."


async def bring(
    session: AsyncSession,
    runtime: Runtime,
    job_type: JobType,
    *,
    user_id: UUID,
    path: Path,
    filename: str,
    format_name: str,
) -> Import:
    """Take a recognised export in, to be read by a job; the same file again starts nothing once it has been read."""
    blob = await runtime.storage.put_file(path)
    await repository.lock_file(session, blob.sha256)
    brought = await repository.ensure_import(
        session,
        user_id=user_id,
        sha256=blob.sha256,
        size_bytes=blob.size,
        filename=text_of(filename)[:255],
        format_name=format_name,
    )
    if brought.completed_at is None:
        # Another's import of the same file may have ended, and forgotten it, between the first line and the second.
        if not await runtime.storage.exists(blob.sha256):
            await runtime.storage.put_file(path)
        job = await jobs.enqueue(
            session,
            job_type,
            user_id=user_id,
            input_data={"import_id": str(brought.id)},
            dedupe_key=str(brought.id),
        )
        brought.job_id = job.id
    return brought


async def import_of(session: AsyncSession, import_id: UUID) -> Import:
    """Return an import of the session's user.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    """
    found = await repository.import_of(session, import_id)
    if found is None:
        raise NotFound(_NO_IMPORT)
    return found


async def held_import(session: AsyncSession, import_id: UUID) -> Import:
    """Return an import of the session's user as it is now, which nobody else changes until the transaction ends.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    """
    found = await repository.lock_import(session, import_id)
    if found is None:
        raise NotFound(_NO_IMPORT)
    return found


async def imports_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Import], str | None]:
    """Return a page of a user's imports, newest first, and the cursor of the next."""
    return await repository.imports_of(session, user_id, paging)


async def problems_of(
    session: AsyncSession, import_id: UUID, *, after: int, limit: int
) -> tuple[Sequence[ImportProblem], int | None]:
    """Return refused rows of an import of the session's user, and after which number the next ones come."""
    await import_of(session, import_id)
    found = await repository.problems_of(session, import_id, after=after, limit=limit)
    return found, found[-1].number if len(found) == limit else None


async def take_back(runtime: Runtime, user_id: UUID, import_id: UUID) -> None:
    """Take back all that an import brought, in a transaction of its own, then forget its file; see `undo`."""

    async def taken_back() -> Import:
        async with runtime.database.session(user_id) as session:
            return await undo(session, import_id)

    # A look at the account that brought it may hold what this waits for, and wait for what this holds.
    found = await despite_deadlocks(taken_back)
    await forget_file(runtime, found.sha256, import_id)


async def undo(session: AsyncSession, import_id: UUID) -> Import:
    """Take back all that an import brought, and return what it was; one that is still being read is cancelled.

    What several imports told of goes with the one that told of it first.
    """
    # What is just being brought is waited for, and goes too; what comes after finds no import to belong to.
    found = await held_import(session, import_id)
    if found.completed_at is None and found.job_id is not None:
        with contextlib.suppress(Conflict, NotFound):  # it has ended by itself
            await jobs.cancel(session, found.user_id, found.job_id)
    await repository.delete_import(session, import_id)
    return found


async def complete(
    session: AsyncSession, import_id: UUID, counts: Mapping[str, Any], problems: Iterable[Refusal]
) -> dict[str, Any]:
    """Note that an import has been read to its end; return its counts, with those of what it brought."""
    await repository.replace_problems(session, import_id, ((problem.where, problem.reason) for problem in problems))
    listens, library_songs = await repository.count_brought(session, import_id)
    brought = await import_of(session, import_id)
    brought.counts = {**counts, "new_listens": listens, "new_songs": library_songs}
    brought.completed_at = now()
    return brought.counts


async def forget_file(runtime: Runtime, sha256: str, import_id: UUID) -> None:
    """Delete the file of an import that needs it no more, unless something else is the same file."""
    async with runtime.database.system_session() as session:
        needed = (
            await repository.is_awaited(session, sha256, but=import_id)
            or await catalog.is_asset(session, sha256)
            or await exports.is_export(session, sha256)
        )
        if not needed:
            await runtime.storage.delete(sha256)


async def add_listens(runtime: Runtime, user_id: UUID, listens: Sequence[Listen], *, source: str) -> list[UUID]:
    """Add listens that a player tells of, in transactions of its own; return their tracks, in order.

    What was heard in private is not kept, nor are its songs.
    """
    async with runtime.database.session(user_id) as session:
        private = await accounts.private_times(session, user_id)
    listens = [listen for listen in listens if not private.hide(listen.listened_at)]
    if not listens:
        return []
    tracks = await tracks_of(runtime, [listen.song for listen in listens], user_id=user_id)
    # A player that says no more than that it was skipped has heard none of it.
    heard = [0 if listen.played_ms is None and listen.skipped else listen.played_ms for listen in listens]
    plays = [
        Play(track, listen.listened_at, played_ms)
        for track, listen, played_ms in zip(tracks, listens, heard, strict=True)
    ]
    async with runtime.database.session(user_id) as session:
        await counting.count(session, user_id, plays, source=source, here=False)
    return tracks


async def set_playing_now(runtime: Runtime, user_id: UUID, song: SongRef) -> UUID | None:
    """Note what a player says that it plays; return the track, or ``None`` in a private session: then nothing is."""
    async with runtime.database.session(user_id) as session:
        if (await accounts.private_times(session, user_id)).until is not None:
            return None
    (track,) = await tracks_of(runtime, [song], user_id=user_id)
    async with runtime.database.session(user_id) as session:
        await counting.begin(session, user_id, track, here=False)
    return track


async def began_at(session: AsyncSession, user_id: UUID, track_id: UUID) -> datetime | None:
    """Return when a user's player began what it has played last, if that is this track: long songs, and pauses, too."""
    playing = await repository.playing_now(session, user_id, since=now() - _REMEMBERED_FOR)
    return playing.since if playing is not None and playing.track_id == track_id else None


async def note_beginning(session: AsyncSession, user_id: UUID, track_id: UUID, *, at: datetime) -> None:
    """Note when a track began of which a player told only once it was over."""
    await repository.set_playing_now(session, user_id, track_id, since=at)


async def stop_playing(session: AsyncSession, user_id: UUID, track_id: UUID) -> None:
    """Note that a user's player plays a track no more."""
    await repository.stop_playing(session, user_id, track_id)


async def playing_now(session: AsyncSession, user_id: UUID) -> PlayingNow | None:
    """Return what a user's player plays, unless it has been silent for longer than songs last."""
    return await repository.playing_now(session, user_id, since=now() - PLAYING_FOR)


async def listens_of(
    session: AsyncSession,
    user_id: UUID,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    limit: int,
) -> Sequence[tables.Listen]:
    """Return a user's listens that were no skips, newest first; with `after`, those that follow it soonest."""
    return await repository.listens_of(session, user_id, before=before, after=after, limit=limit)


async def count_listens(session: AsyncSession, user_id: UUID) -> int:
    """Return how many listens a user has that were no skips."""
    return await repository.count_listens(session, user_id)


async def span_of_listens(session: AsyncSession, user_id: UUID) -> tuple[datetime | None, datetime | None]:
    """Return when the oldest and the newest of a user's listens began; skips aside."""
    return await repository.span_of_listens(session, user_id)


async def delete_listen(session: AsyncSession, user_id: UUID, track_id: UUID, listened_at: datetime) -> None:
    """Forget one listen.

    Raises
    ------
    NotFound
        There is none at this moment.
    """
    if not await repository.delete_listen(session, user_id, track_id, listened_at):
        raise NotFound("There is no such listen of yours.")


async def set_liked(session: AsyncSession, user_id: UUID, track_id: UUID, *, liked: bool | None) -> None:
    """Note that a user likes a track that they may see, bans it, or neither any more.

    Raises
    ------
    NotFound
        There is no such track, or it is another's and private.
    """
    await catalog.track(session, track_id)
    await repository.set_liked(session, user_id, track_id, liked)


async def set_rating(session: AsyncSession, user_id: UUID, track_id: UUID, *, rating: int | None) -> None:
    """Note how a user rates a track that they may see, 1 to 5, or that they do not any more.

    Raises
    ------
    NotFound
        There is no such track, or it is another's and private.
    """
    await catalog.track(session, track_id)
    await repository.set_rating(session, user_id, track_id, rating)


async def keep_by_hand(session: AsyncSession, user_id: UUID, track_id: UUID) -> None:
    """Keep a track that a user may see in their library; once it is there, it stays as it is.

    Raises
    ------
    NotFound
        There is no such track, or it is another's and private.
    """
    await catalog.track(session, track_id)
    await repository.keep_by_hand(session, user_id, track_id)


async def forget_song(session: AsyncSession, user_id: UUID, track_id: UUID) -> None:
    """Take a track out of a user's library, with whether they like it.

    Raises
    ------
    NotFound
        It is not in it.
    """
    if not await repository.forget_song(session, user_id, track_id):
        raise NotFound("There is no such song in your library.")


async def tracks_of(runtime: Runtime, refs: Sequence[SongRef], *, user_id: UUID | None = None) -> list[UUID]:
    """Return the track of each song, in order; songs that are new are added, in a transaction of its own.

    Parameters
    ----------
    user_id
        Who brings them: what names a track here that they may see is that track.
    """
    here = await _tracks_here(runtime, refs, user_id)
    others = [replace(ref, ids=_without_segue(ref)) for number, ref in enumerate(refs) if number not in here]
    # Songs are everyone's: only the system may add one.
    async with runtime.database.system_session() as session:
        found = iter([resolution.track_id for resolution in await songs.resolve(session, others)])
    return [here[number] if number in here else next(found) for number in range(len(refs))]


async def _tracks_here(runtime: Runtime, refs: Sequence[SongRef], user_id: UUID | None) -> dict[int, UUID]:
    """Return which of these songs, by their place, are tracks here that a user may see."""
    named = {number: UUID(ref.ids["segue"]) for number, ref in enumerate(refs) if "segue" in ref.ids}
    if not named or user_id is None:
        return {}
    async with runtime.database.session(user_id) as session:
        seen = await catalog.listed(session, list(named.values()))
    return {number: track for number, track in named.items() if track in seen}


def _without_segue(ref: SongRef) -> Mapping[Platform, str]:
    return {platform: value for platform, value in ref.ids.items() if platform != "segue"}
