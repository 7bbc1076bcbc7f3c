"""All SQL of the accounts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.tables import ApiToken, DataExport, DeletedAccount, PrivateSession, Profile, RefreshToken, User


async def user(session: AsyncSession, user_id: UUID) -> User | None:
    """Return a user by id."""
    return await session.get(User, user_id)


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """Return the user who signs in here with `email`, in whatever case."""
    return await session.scalar(select(User).where(User.email == email, User.issuer.is_(None)))


async def add_user(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Add a user, unless there is one with this id or email; tell whether there was none."""
    statement = insert(User).values(**values).on_conflict_do_nothing().returning(User.id)
    return await session.scalar(statement) is not None


async def add_profile(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Add a profile, unless its handle is taken; tell whether it was free."""
    statement = insert(Profile).values(**values).on_conflict_do_nothing().returning(Profile.user_id)
    return await session.scalar(statement) is not None


async def profile(session: AsyncSession, user_id: UUID) -> Profile | None:
    """Return a user's profile."""
    return await session.get(Profile, user_id)


async def profiles(session: AsyncSession, user_ids: Sequence[UUID]) -> dict[UUID, Profile]:
    """Return users' profiles."""
    found = await session.scalars(select(Profile).where(Profile.user_id.in_(user_ids)))
    return {profile.user_id: profile for profile in found}


async def profile_by_handle(session: AsyncSession, handle: str) -> Profile | None:
    """Return the profile that goes by `handle`."""
    return await session.scalar(select(Profile).where(Profile.handle == handle))


async def refresh_token_for_update(session: AsyncSession, token_hash: bytes) -> RefreshToken | None:
    """Return a refresh token and hold it, so that of two uses at once one comes second."""
    return await session.get(RefreshToken, token_hash, with_for_update=True)


async def is_live(session: AsyncSession, family_id: UUID, *, at: datetime) -> bool:
    """Tell whether a sign-in has a refresh token that is still good."""
    good = (
        (RefreshToken.family_id == family_id)
        & RefreshToken.revoked_at.is_(None)
        & RefreshToken.rotated_at.is_(None)
        & (RefreshToken.expires_at > at)
    )
    return bool(await session.scalar(select(exists().where(good))))


async def revoke_family(session: AsyncSession, family_id: UUID, *, at: datetime) -> None:
    """End one sign-in."""
    await _revoke(session, RefreshToken.family_id == family_id, at=at)


async def revoke_families_of(session: AsyncSession, user_id: UUID, *, but: UUID | None, at: datetime) -> None:
    """End a user's sign-ins, all `but` one."""
    whose = RefreshToken.user_id == user_id
    await _revoke(session, whose if but is None else whose & (RefreshToken.family_id != but), at=at)


async def forget_expired_tokens(session: AsyncSession, user_id: UUID, *, at: datetime) -> None:
    """Delete a user's refresh tokens that could not be used any more anyway."""
    await session.execute(delete(RefreshToken).where(RefreshToken.user_id == user_id, RefreshToken.expires_at <= at))


async def _revoke(session: AsyncSession, which: Any, *, at: datetime) -> None:
    statement = update(RefreshToken).where(which, RefreshToken.revoked_at.is_(None)).values(revoked_at=at)
    await session.execute(statement)


async def add_api_token(session: AsyncSession, token: ApiToken) -> ApiToken:
    """Add a token."""
    session.add(token)
    await session.flush()
    return token


async def api_tokens_of(session: AsyncSession, user_id: UUID) -> Sequence[ApiToken]:
    """Return a user's tokens, newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    return (await session.scalars(query)).all()


async def delete_api_token(session: AsyncSession, token_id: UUID) -> bool:
    """Delete a token of the session's user; tell whether there was one."""
    statement = delete(ApiToken).where(ApiToken.id == token_id).returning(ApiToken.id)
    return await session.scalar(statement) is not None


async def use_api_token(session: AsyncSession, token_hash: bytes, *, at: datetime) -> UUID | None:
    """Return whose token this is, and note when it was used, to the hour; ``None`` if it is not good."""
    found = await session.scalar(select(ApiToken).where(ApiToken.token_hash == token_hash))
    if found is None:
        return None
    if found.last_used_at is None or found.last_used_at < at - timedelta(hours=1):
        found.last_used_at = at
    return found.user_id


async def private_sessions_of(session: AsyncSession, user_id: UUID) -> Sequence[PrivateSession]:
    """Return a user's private sessions, the one that ends last first."""
    query = select(PrivateSession).where(PrivateSession.user_id == user_id)
    return (await session.scalars(query.order_by(PrivateSession.ends_at.desc()))).all()


async def forget_private_sessions(session: AsyncSession, user_id: UUID, *, ended_before: datetime) -> None:
    """Delete a user's private sessions that ended before a moment."""
    old = (PrivateSession.user_id == user_id) & (PrivateSession.ends_at < ended_before)
    await session.execute(delete(PrivateSession).where(old))


async def sign_in_began_at(session: AsyncSession, family_id: UUID) -> datetime | None:
    """Return when a sign-in began, as far as its refresh tokens still tell."""
    query = select(func.min(RefreshToken.created_at)).where(RefreshToken.family_id == family_id)
    return await session.scalar(query)


async def hold_user(session: AsyncSession, user_id: UUID) -> User | None:
    """Return a user and let nobody add anything of theirs until the transaction ends."""
    return await session.get(User, user_id, with_for_update=True)


async def delete_user(session: AsyncSession, user_id: UUID) -> None:
    """Delete a user, and with them the rows of every table that names its users by a foreign key."""
    await session.execute(delete(User).where(User.id == user_id))


async def note_deletion(session: AsyncSession, id_hash: bytes, *, at: datetime) -> None:
    """Note that an account is deleted; a later deletion takes the place of an earlier one."""
    new = insert(DeletedAccount).values(id_hash=id_hash, deleted_at=at)
    latest = {"deleted_at": new.excluded.deleted_at}
    await session.execute(new.on_conflict_do_update(index_elements=[DeletedAccount.id_hash], set_=latest))


async def deleted_at(session: AsyncSession, id_hash: bytes) -> datetime | None:
    """Return when the account of this id was deleted, if it is remembered."""
    return await session.scalar(select(DeletedAccount.deleted_at).where(DeletedAccount.id_hash == id_hash))


async def forget_deletions(session: AsyncSession, *, before: datetime) -> int:
    """Forget the deletions before a moment; return how many."""
    statement = delete(DeletedAccount).where(DeletedAccount.deleted_at < before)
    return len((await session.scalars(statement.returning(DeletedAccount.id_hash))).all())


async def export_of(session: AsyncSession, user_id: UUID) -> DataExport | None:
    """Return the export of a user's data, begun or made."""
    return await session.get(DataExport, user_id, populate_existing=True)


async def begin_export(session: AsyncSession, user_id: UUID, job_id: UUID) -> None:
    """Note which job makes a user's export; the file of the one before stays until then."""
    new = insert(DataExport).values(user_id=user_id, job_id=job_id)
    await session.execute(new.on_conflict_do_update(index_elements=[DataExport.user_id], set_={"job_id": job_id}))


async def expire_exports(session: AsyncSession, *, at: datetime) -> Sequence[str]:
    """Forget the files of exports that have expired; return which they are."""
    expired = select(DataExport).where(DataExport.expires_at < at).with_for_update(skip_locked=True)
    files = []
    for export in await session.scalars(expired):
        files.append(export.sha256 or "")
        export.sha256 = export.size_bytes = export.made_at = export.expires_at = None
    return [sha256 for sha256 in files if sha256]


async def is_export(session: AsyncSession, sha256: str) -> bool:
    """Tell whether a stored file is an export of somebody's data."""
    return bool(await session.scalar(select(exists().where(DataExport.sha256 == sha256))))


async def forget_all_expired_tokens(session: AsyncSession, *, at: datetime) -> int:
    """Delete everybody's refresh tokens that could not be used any more anyway; return how many."""
    statement = delete(RefreshToken).where(RefreshToken.expires_at <= at).returning(RefreshToken.token_hash)
    return len((await session.scalars(statement)).all())


async def forget_all_private_sessions(session: AsyncSession, *, ended_before: datetime) -> int:
    """Delete everybody's private sessions that ended before a moment; return how many."""
    statement = delete(PrivateSession).where(PrivateSession.ends_at < ended_before)
    return len((await session.scalars(statement.returning(PrivateSession.user_id))).all())


def ids_of_users() -> Select[tuple[UUID]]:
    """Return the query for the ids of all who have an account."""
    return select(User.id)


async def set_taste_vector(session: AsyncSession, user_id: UUID, vector: Sequence[float] | None) -> None:
    """Keep where a user's taste lies."""
    await session.execute(update(User).where(User.id == user_id).values(taste_vector=vector))


async def preferences(session: AsyncSession, user_id: UUID, *, to_change: bool) -> dict[str, Any]:
    """Return what a user prefers; with `to_change`, others who would change it wait."""
    query = select(User.preferences_profile).where(User.id == user_id)
    if to_change:
        query = query.with_for_update(key_share=True)
    return (await session.scalars(query)).one_or_none() or {}


async def set_preferences(session: AsyncSession, user_id: UUID, profile: dict[str, Any]) -> None:
    """Keep what a user prefers."""
    await session.execute(update(User).where(User.id == user_id).values(preferences_profile=profile))


async def user_now(session: AsyncSession, user_id: UUID, *, to_change: bool) -> User | None:
    """Return a user as they are now; with `to_change`, others who would change them wait."""
    query = select(User).where(User.id == user_id).execution_options(populate_existing=True)
    if to_change:
        query = query.with_for_update(key_share=True)
    return (await session.scalars(query)).one_or_none()
