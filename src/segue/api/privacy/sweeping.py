"""The sweep: deletes what nobody needs any more, however it came to be left."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from segue.accounts import deletion as accounts
from segue.accounts import exports
from segue.accounts.notifications import service as notifications
from segue.api.privacy.holders import HOLDERS
from segue.kit import jobs
from segue.kit.blobs import forget_blob, unneeded
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.kit.storage import Blob
from segue.kit.web.idempotency import forget_stale_answers
from segue.library.playlists import service as playlists
from segue.library.playlists import sharing
from segue.stems import service as stems

#: What is younger may be on its way: stored, and not yet named by a row.
OLDER_THAN: Final = timedelta(hours=24)
_ASSETS_AT_A_TIME: Final = 500
_BEFORE_ALL: Final = UUID(int=0)


@dataclass(slots=True)
class Swept:
    """What was deleted, or would be.

    Attributes
    ----------
    exports
        Files of exports that had expired.
    assets
        Audio that no track and no stem plays, with its analysis, embedding and fingerprint.
    files, size_bytes
        Stored files, those of assets and exports among them.
    rows
        Others: old sign-ins, kept answers, playlists deleted long ago, ended jobs of deleted users.
    """

    exports: int = 0
    assets: int = 0
    files: int = 0
    size_bytes: int = 0
    rows: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the counts by name."""
        return asdict(self)


async def no_report(_percent: float, _stage: str | None = None) -> None:
    """Tell nobody."""


async def sweep(
    runtime: Runtime,
    *,
    older_than: timedelta = OLDER_THAN,
    dry_run: bool = False,
    report: Callable[[float, str | None], Awaitable[None]] = no_report,
) -> Swept:
    """Delete what no row refers to, and rows that have expired; safe beside uploads, and to be killed at any time.

    Parameters
    ----------
    older_than
        Assets and files that are younger stay.
    dry_run
        Whether only to tell what would be deleted.
    report
        Told what is being done; the percentage is of steps, for nobody knows how much there is.
    """
    swept = Swept()
    before = now() - older_than
    await report(0, "Looking for what has expired")
    await _expire_rows(runtime, swept, before, dry_run=dry_run)
    async for asset_id in _unused_assets(runtime, before):
        await report(10, "Looking for audio that nothing plays")
        await _forget_asset(runtime, swept, asset_id, dry_run=dry_run)
    async for blobs in unneeded(runtime.database, runtime.storage, HOLDERS, stored_before=before):
        await report(50, "Looking for files that nothing needs")
        for blob in blobs:
            await report(50, "Deleting files that nothing needs")
            if dry_run or await forget_blob(runtime.database, runtime.storage, HOLDERS, blob.sha256):
                _count(swept, blob)
    return swept


async def _expire_rows(runtime: Runtime, swept: Swept, before: datetime, *, dry_run: bool) -> None:
    async with runtime.database.system_session() as session, session.begin_nested() as attempt:
        expired = await exports.expire(session)
        swept.exports = len(expired)
        swept.rows = await accounts.forget_stale(session) + await forget_stale_answers(session)
        swept.rows += await notifications.forget_stale(session)
        swept.rows += await playlists.forget_deleted(session) + await sharing.forget_expired(session)
        swept.rows += await jobs.forget_nobodys(session, ended_before=before, users=accounts.ids_of_users())
        await session.flush()
        if dry_run:
            await attempt.rollback()
    for sha256 in expired:
        blob = Blob(sha256, await _size_of(runtime, sha256))
        if dry_run or await forget_blob(runtime.database, runtime.storage, HOLDERS, sha256):
            _count(swept, blob)


async def _unused_assets(runtime: Runtime, before: datetime) -> AsyncIterator[UUID]:
    after = _BEFORE_ALL
    while True:
        async with runtime.database.system_session() as session:
            unused = await stems.unused_assets(session, made_before=before, after=after, limit=_ASSETS_AT_A_TIME)
        for asset_id in unused:
            yield asset_id
        if len(unused) < _ASSETS_AT_A_TIME:
            return
        after = unused[-1]


async def _forget_asset(runtime: Runtime, swept: Swept, asset_id: UUID, *, dry_run: bool) -> None:
    async with runtime.database.system_session() as session, session.begin_nested() as attempt:
        forgotten = await stems.forget_asset(session, asset_id)
        if dry_run:
            await attempt.rollback()
    swept.assets += len(forgotten)
    for blob in forgotten:
        if dry_run or await forget_blob(runtime.database, runtime.storage, HOLDERS, blob.sha256):
            _count(swept, blob)


async def _size_of(runtime: Runtime, sha256: str) -> int:
    return await runtime.storage.size(sha256) if await runtime.storage.exists(sha256) else 0


def _count(swept: Swept, blob: Blob) -> None:
    swept.files += 1
    swept.size_bytes += blob.size
