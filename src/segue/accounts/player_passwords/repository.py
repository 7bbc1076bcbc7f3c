"""All SQL of players' passwords."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.player_passwords.tables import PlayerPassword
from segue.accounts.tables import Profile, User


async def replace(session: AsyncSession, user_id: UUID, sealed: bytes, *, at: datetime) -> PlayerPassword:
    """Keep a user's password in place of the one before."""
    values = {"sealed": sealed, "created_at": at, "last_used_at": None}
    new = insert(PlayerPassword).values(user_id=user_id, **values)
    await session.execute(new.on_conflict_do_update(index_elements=[PlayerPassword.user_id], set_=values))
    return await session.get_one(PlayerPassword, user_id, populate_existing=True)


async def of(session: AsyncSession, user_id: UUID) -> PlayerPassword | None:
    """Return a user's password, if they have one."""
    return await session.get(PlayerPassword, user_id)


async def delete_of(session: AsyncSession, user_id: UUID) -> bool:
    """Delete a user's password; tell whether there was one."""
    statement = delete(PlayerPassword).where(PlayerPassword.user_id == user_id).returning(PlayerPassword.user_id)
    return await session.scalar(statement) is not None


async def named(session: AsyncSession, name: str) -> tuple[Profile, PlayerPassword | None] | None:
    """Return who goes by a handle, or signs in here with an email, with their password; in whatever case."""
    query = (
        select(Profile, PlayerPassword)
        .join(User, User.id == Profile.user_id)
        .outerjoin(PlayerPassword, PlayerPassword.user_id == Profile.user_id)
        .where((Profile.handle == name.lower()) | ((User.email == name) & User.issuer.is_(None)))
    )
    found = (await session.execute(query)).first()
    return None if found is None else (found[0], found[1])


def note_use(password: PlayerPassword, *, at: datetime) -> None:
    """Note that a password was used, to the hour."""
    if password.last_used_at is None or password.last_used_at < at - timedelta(hours=1):
        password.last_used_at = at
