"""Deleting an account: all that is the user's and all that was derived from it, in one transaction; then the files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import deletion as accounts
from segue.api.privacy.holders import HOLDERS
from segue.kit import jobs
from segue.kit.blobs import forget_blob
from segue.kit.database import despite_deadlocks
from segue.kit.runtime import Runtime
from segue.kit.storage import Blob
from segue.kit.web.idempotency import forget_answers
from segue.kit.web.identity import Principal
from segue.library.connects import service as connects
from segue.library.connects.tables import Connection
from segue.stems import service as stems
from segue.studio import service as studio

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Left:
    """What an account leaves outside the database: files that nobody may need, and access to accounts elsewhere."""

    files: Sequence[str]
    connections: Sequence[Connection]


async def delete_account(runtime: Runtime, user: Principal, *, password: str | None) -> Left:
    """Delete an account; return what is left to `clean_up`.

    All rows go in one transaction, or none. Jobs that run are stopped by it: whatever they still try to write is
    refused, since there is no such user.

    Raises
    ------
    WrongCredentials, ConfirmationNeeded
        It is not certain that the user asks for this.
    """
    # A job of the user's that writes meanwhile can be in the way.
    return await despite_deadlocks(partial(_delete, runtime, user, password))


async def _delete(runtime: Runtime, user: Principal, password: str | None) -> Left:
    async with runtime.database.system_session() as session:
        await accounts.confirm(session, user, password)
        await accounts.hold(session, user.user_id)
        files = await _files_of(session, user.user_id)
        connections = await connects.connections_of(session, user.user_id)
        assets = await stems.assets_of(session, user.user_id)
        await studio.forget_user(session, user.user_id)
        await jobs.forget(session, user.user_id)
        await forget_answers(session, user.user_id)
        await accounts.delete(session, user.user_id)
        forgotten: list[Blob] = []
        for asset_id in assets:
            forgotten += await stems.forget_asset(session, asset_id)
    _log.info("account.deleted", assets=len(forgotten))
    return Left([*files, *(blob.sha256 for blob in forgotten)], connections)


async def clean_up(runtime: Runtime, left: Left) -> None:
    """Delete the files, and tell the platforms."""
    await forget_files(runtime, left.files)
    await connects.revoke(runtime, left.connections)


async def forget_files(runtime: Runtime, sha256s: Iterable[str]) -> None:
    """Delete those of these files that no row needs; what cannot be deleted now is left to the sweep."""
    for sha256 in sha256s:
        try:
            await forget_blob(runtime.database, runtime.storage, HOLDERS, sha256)
        except Exception:
            _log.exception("blob.not_deleted", sha256=sha256)
            return


async def _files_of(session: AsyncSession, user_id: UUID) -> list[str]:
    """Return the files that rows of a user's own name; those of assets are shared, and looked at one by one."""
    files: list[str] = []
    for holder in HOLDERS:
        owner = getattr(holder.column.class_, "user_id", None)
        if owner is not None:
            files += await session.scalars(holder.query(owner == user_id))
    return files
