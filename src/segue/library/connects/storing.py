"""What a platform tells, put into its listener's library; with it, in the same transaction, how far it was read."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.catalog.songs.service import SongRef
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.library import repository as library
from segue.library import service
from segue.library.connects import repository
from segue.library.connects.platforms.platform import Batch, Cursor, Platform
from segue.library.connects.tables import Connection
from segue.library.formats.entries import Entry, Kept, Listen, Omission
from segue.library.importing.digest import kept_row, listen_line
from segue.library.importing.storing import library_rows
from segue.library.playlists.following import Told, follow
from segue.library.tables import Import

_SONGS_AT_A_TIME: Final = 2_000


class Overtaken(Exception):
    """The connection is gone, or made anew, or somebody else has read on meanwhile."""


@dataclass
class Tally:
    """What was read, in entries."""

    found: Counter[str] = field(default_factory=Counter)
    omitted: Counter[str] = field(default_factory=Counter)

    def add(self, entries: Sequence[Entry]) -> None:
        """Count entries by what they are."""
        for entry in entries:
            match entry:
                case Listen():
                    self.found["listens"] += 1
                case Kept():
                    self.found["kept"] += 1
                case Omission():
                    self.omitted[entry.reason] += 1
                case _:
                    self.found["refused"] += 1


def source_of(platform: Platform) -> str:
    """Return what listens and lists name as their source, apart from those of files."""
    return f"{platform.name}-api"


async def store(
    runtime: Runtime,
    begun: Connection,
    platform: Platform,
    batch: Batch,
    *,
    resource: str,
    before: Cursor,
    alive: Callable[[], Awaitable[None]],
) -> None:
    """Store a batch that was read from where `before` says, in one transaction but for the songs, which are everyone's.

    Parameters
    ----------
    begun
        The connection as it was when the look began.
    alive
        Takes a sign of life.

    Raises
    ------
    Overtaken
        The resource has been read on from there by somebody else, or is connected no more: nothing is stored.
    """
    async with runtime.database.session(begun.user_id) as session:
        private = await accounts.private_times(session, begun.user_id)
    heard = [entry for entry in batch.entries if isinstance(entry, Listen)]
    listens = [listen for listen in heard if not private.cover(listen.listened_at)]
    kept = [entry for entry in batch.entries if isinstance(entry, Kept)]
    songs = [listen.song for listen in listens] + [entry.song for entry in kept]
    tracks = await _tracks_of(runtime, songs, alive)
    async with runtime.database.session(begun.user_id) as session:
        connection = await locked(session, begun)
        if connection.cursors.get(resource, {}) != before:
            raise Overtaken
        if songs or batch.lists:
            source = source_of(platform)
            await _attach_import(session, connection, platform)
            await _add_listens(session, listens, tracks[: len(listens)], connection, source)
            await _keep(session, kept, tracks[len(listens) :], connection, source)
            placed = list(zip(kept, tracks[len(listens) :], strict=True))
            await _replace_lists(session, batch.lists, placed, connection, source)
        connection.cursors = {**connection.cursors, resource: dict(batch.cursor)}


async def locked(session: AsyncSession, begun: Connection) -> Connection:
    """Return the connection that a look began with, as it is now; nobody else changes it until the transaction ends.

    Raises
    ------
    Overtaken
        It is gone, or was made anew since: perhaps with another account.
    """
    connection = await repository.connection_of(session, begun.user_id, begun.platform, lock=True)
    if connection is None or connection.connected_at != begun.connected_at:
        raise Overtaken
    return connection


async def note_counts(session: AsyncSession, connection: Connection, tally: Tally) -> None:
    """Add what a poll has read to what the connection's import tells of itself."""
    brought = None if connection.import_id is None else await library.import_of(session, connection.import_id)
    if brought is None:
        return
    before: dict[str, Any] = brought.counts or {}
    found = {name: before.get(name, 0) + tally.found[name] for name in ("listens", "kept", "refused")}
    omitted = Counter(before.get("omitted", {})) + tally.omitted
    new_listens, new_songs = await library.count_brought(session, brought.id)
    brought.counts = {
        **found,
        "entries": sum(found.values()) + omitted.total(),
        "songs": await repository.count_songs(session, brought.id),
        "omitted": dict(omitted),
        "new_listens": new_listens,
        "new_songs": new_songs,
    }
    brought.completed_at = now()


async def _tracks_of(runtime: Runtime, songs: Sequence[SongRef], alive: Callable[[], Awaitable[None]]) -> list[UUID]:
    tracks: list[UUID] = []
    for start in range(0, len(songs), _SONGS_AT_A_TIME):
        await alive()
        tracks += await service.tracks_of(runtime, songs[start : start + _SONGS_AT_A_TIME])
    return tracks


async def _attach_import(session: AsyncSession, connection: Connection, platform: Platform) -> None:
    """Have an import stand for all that a connection brings; it is made anew where it was taken back."""
    brought: Import = await library.ensure_import(
        session,
        user_id=connection.user_id,
        sha256=hashlib.sha256(f"connection {connection.id}".encode()).hexdigest(),
        size_bytes=0,
        filename=f"{platform.title}: {connection.account}",
        format_name=source_of(platform),
    )
    connection.import_id = brought.id


async def _add_listens(
    session: AsyncSession, listens: Sequence[Listen], tracks: Sequence[UUID], connection: Connection, source: str
) -> None:
    if not listens:
        return
    lines = "".join(listen_line(track, listen, source) for track, listen in zip(tracks, listens, strict=True))
    await library.add_listens(session, lines.encode(), user_id=connection.user_id, import_id=connection.import_id)


async def _keep(
    session: AsyncSession, kept: Sequence[Kept], tracks: Sequence[UUID], connection: Connection, source: str
) -> None:
    if not kept:
        return
    common = {"user_id": connection.user_id, "import_id": _import_id(connection)}
    rows = [kept_row(number, entry, source) for number, entry in enumerate(kept)]
    await library.keep_songs(session, library_rows(rows, tracks, common))


async def _replace_lists(
    session: AsyncSession,
    names: Sequence[str],
    placed: Sequence[tuple[Kept, UUID]],
    connection: Connection,
    source: str,
) -> None:
    for name in names:
        entries = [(track, entry.added_at) for entry, track in placed if entry.playlist == name]
        told = Told(source, name, entries)
        await follow(session, told, user_id=connection.user_id, import_id=_import_id(connection), by_hand=False)


def _import_id(connection: Connection) -> UUID:
    if connection.import_id is None:
        raise ValueError("What a connection brings is attached to an import first")
    return connection.import_id
