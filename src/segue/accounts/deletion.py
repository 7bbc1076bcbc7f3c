"""Leaving: who may delete an account, and what is remembered of one that is gone."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import repository
from segue.accounts.service import PRIVACY_REMEMBERED, WrongCredentials, existing_user, id_hash
from segue.kit.clock import now
from segue.kit.errors import Forbidden, Unauthenticated
from segue.kit.passwords import verify_password
from segue.kit.web.identity import Principal
from segue.kit.web.rate_limits import forget_attempts

#: For so long after signing in nobody is asked again who they are.
RECENT: Final = timedelta(minutes=15)
#: For so long nobody's old token makes a deleted account anew.
DELETION_REMEMBERED: Final = timedelta(days=90)


class ConfirmationNeeded(Forbidden):
    """What is asked for cannot be taken back, and the sign-in is not recent."""

    type = "confirmation-needed"
    title = "Confirm that it is you"


async def confirm(session: AsyncSession, user: Principal, password: str | None) -> None:
    """Make sure that it is `user` who asks: by their password, or because they signed in just now.

    Raises
    ------
    WrongCredentials
        The password is wrong.
    ConfirmationNeeded
        Without one: the sign-in is not recent.
    """
    account = await existing_user(session, user.user_id)
    if password is not None and account.password_hash is not None:
        if not await verify_password(password, account.password_hash):
            raise WrongCredentials("The password is wrong.")
        return
    since = user.signed_in_at
    if user.session_id is not None:
        since = await repository.sign_in_began_at(session, user.session_id)
    if since is None or since < now() - RECENT:
        way = "Sign in again" if account.password_hash is None else "Send your password, or sign in again"
        raise ConfirmationNeeded(f"{way}, and repeat this within {RECENT.total_seconds() / 60:.0f} minutes.")


async def hold(session: AsyncSession, user_id: UUID) -> None:
    """Let nothing of a user's be added until the transaction ends, so that what is deleted is all there is."""
    if await repository.hold_user(session, user_id) is None:
        raise Unauthenticated("This account is no more.")


async def delete(session: AsyncSession, user_id: UUID) -> None:
    """Delete an account that is held, with the rows of every table that names its users by a foreign key."""
    account = await existing_user(session, user_id)
    if account.issuer is not None:
        await repository.note_deletion(session, id_hash(user_id), at=now())
    await forget_attempts(session, f"password {user_id}", f"signin email {account.email}")
    await repository.delete_user(session, user_id)


async def forget_stale(session: AsyncSession) -> int:
    """Delete what is remembered of sign-ins, private sessions and deletions for too long; return how many rows."""
    present = now()
    return (
        await repository.forget_all_expired_tokens(session, at=present)
        + await repository.forget_all_private_sessions(session, ended_before=present - PRIVACY_REMEMBERED)
        + await repository.forget_deletions(session, before=present - DELETION_REMEMBERED)
    )


def ids_of_users() -> Select[tuple[UUID]]:
    """Return the query for the ids of all who have an account: whoever is not among them is gone."""
    return repository.ids_of_users()
