"""All SQL of connects."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.ids import new_id
from segue.library.connects.tables import ConnectAttempt, Connection, PlatformUse
from segue.library.tables import LibrarySong, Listen


async def connections_of(session: AsyncSession, user_id: UUID) -> Sequence[Connection]:
    """Return a user's connections."""
    query = select(Connection).where(Connection.user_id == user_id).order_by(Connection.platform)
    return (await session.scalars(query)).all()


async def connection_of(
    session: AsyncSession, user_id: UUID, platform: str, *, lock: bool = False
) -> Connection | None:
    """Return a user's connection to a platform; with `lock`, nobody else changes it until the transaction ends."""
    query = select(Connection).where(Connection.user_id == user_id, Connection.platform == platform)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def connect(
    session: AsyncSession, *, user_id: UUID, platform: str, account: str, sealed_tokens: bytes, moment: datetime
) -> Connection:
    """Keep an account that was opened to us; where it is another one than before, it is read from its beginning."""
    values: dict[str, Any] = {
        "account": account,
        "status": "connected",
        "sealed_tokens": sealed_tokens,
        "connected_at": moment,
        "next_poll_at": moment,
        "blocked_until": None,
        "failures": 0,
        "last_error": None,
    }
    before = await connection_of(session, user_id, platform, lock=True)
    if before is not None and before.account != account:
        values["cursors"] = {}
    new = insert(Connection).values(id=new_id(), user_id=user_id, platform=platform, **{"cursors": {}, **values})
    statement = new.on_conflict_do_update(index_elements=[Connection.user_id, Connection.platform], set_=values)
    query = statement.returning(Connection).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def delete_connection(session: AsyncSession, connection_id: UUID) -> None:
    """Forget a connection with its tokens."""
    await session.execute(delete(Connection).where(Connection.id == connection_id))


async def count_songs(session: AsyncSession, import_id: UUID) -> int:
    """Return how many songs an import brought, heard or kept."""
    heard = select(Listen.track_id).where(Listen.import_id == import_id)
    kept = select(LibrarySong.track_id).where(LibrarySong.import_id == import_id)
    return (await session.scalars(select(func.count()).select_from(union(heard, kept).subquery()))).one()


async def users_due(session: AsyncSession, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Return users who have a connection that is to be looked at by now, in the order of their ids."""
    query = (
        select(Connection.user_id)
        .where(Connection.user_id > after, Connection.status == "connected", Connection.next_poll_at <= func.now())
        .distinct()
        .order_by(Connection.user_id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def add_attempt(
    session: AsyncSession,
    *,
    state_hash: bytes,
    user_id: UUID,
    platform: str,
    browser_hash: bytes,
    sealed_verifier: bytes,
    expires_at: datetime,
) -> None:
    """Keep what is needed of somebody who leaves for a platform; who has not come back in time is forgotten."""
    await session.execute(delete(ConnectAttempt).where(ConnectAttempt.expires_at < func.now()))
    await session.execute(
        insert(ConnectAttempt).values(
            state_hash=state_hash,
            user_id=user_id,
            platform=platform,
            browser_hash=browser_hash,
            sealed_verifier=sealed_verifier,
            expires_at=expires_at,
        )
    )


async def attempt_of(session: AsyncSession, state_hash: bytes, platform: str) -> ConnectAttempt | None:
    """Return who left with this state, unless it is too long ago; until the transaction ends, for one caller only."""
    query = (
        select(ConnectAttempt)
        .where(
            ConnectAttempt.state_hash == state_hash,
            ConnectAttempt.platform == platform,
            ConnectAttempt.expires_at > func.now(),
        )
        .with_for_update()
    )
    return (await session.scalars(query)).one_or_none()


async def delete_attempt(session: AsyncSession, attempt: ConnectAttempt) -> None:
    """Use a state up."""
    await session.execute(delete(ConnectAttempt).where(ConnectAttempt.state_hash == attempt.state_hash))


async def use_platform(session: AsyncSession, platform: str, day: date, budget: int) -> bool:
    """Count a request to a platform, unless the day's budget is spent; tell whether it was counted."""
    new = insert(PlatformUse).values(platform=platform, day=day, used=1)
    statement = new.on_conflict_do_update(
        index_elements=[PlatformUse.platform, PlatformUse.day],
        set_={"used": PlatformUse.used + 1},
        where=PlatformUse.used < budget,
    )
    return await session.scalar(statement.returning(PlatformUse.used)) is not None


async def forget_use(session: AsyncSession, before: date) -> None:
    """Forget how much was asked before a day."""
    await session.execute(delete(PlatformUse).where(PlatformUse.day < before))
