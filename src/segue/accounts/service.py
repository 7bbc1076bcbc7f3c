"""What accounts may do, and what other domains may ask of them; never commits."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import repository
from segue.accounts.tables import ApiToken, PrivateSession, Profile, RefreshToken, User
from segue.kit.clock import now
from segue.kit.errors import Conflict, NotFound, Unauthenticated
from segue.kit.ids import new_id
from segue.kit.passwords import check_password, hash_password, verify_password
from segue.kit.tokens import Claims, new_refresh_token, token_hash

#: Letters and digits that are not mistaken for each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
#: Players that were offline tell what they played within such a time.
PRIVACY_REMEMBERED = timedelta(days=30)


class EmailTaken(Conflict):
    """There is an account with this email."""

    type = "email-taken"
    title = "This email has an account"


class HandleTaken(Conflict):
    """Somebody else goes by this handle."""

    type = "handle-taken"
    title = "This handle is taken"


class WrongCredentials(Unauthenticated):
    """The email or the password is wrong: it is not told which."""

    type = "wrong-credentials"
    title = "Wrong email or password"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that is good: its user, its session and the refresh token that continues it."""

    user: User
    session_id: UUID
    refresh_token: str


@dataclass(frozen=True, slots=True)
class PrivateTimes:
    """When a user listens in private.

    Attributes
    ----------
    spans
        Begin and end of each private session that is remembered.
    until
        When the one that runs ends; ``None`` if none does.
    """

    spans: tuple[tuple[datetime, datetime], ...] = ()
    until: datetime | None = None

    def hide(self, moment: datetime) -> bool:
        """Tell whether what is heard at `moment`, and told now, is not to be kept.

        While a private session runs that is everything; later, what was heard during one: players that were offline
        tell it then.
        """
        return self.until is not None or self.cover(moment)

    def cover(self, moment: datetime) -> bool:
        """Tell whether what was heard at `moment` was heard in private."""
        return any(began <= moment < ended for began, ended in self.spans)


async def sign_up(session: AsyncSession, *, email: str, password: str) -> User:
    """Make an account and its profile.

    Raises
    ------
    WeakPassword
        If the password would not protect the account.
    EmailTaken
        If there is one with this email.
    """
    check_password(password, email=email)
    if await repository.user_by_email(session, email) is not None:
        raise _email_taken()
    user_id, created_at = new_id(), now()
    values: dict[str, Any] = {
        "id": user_id,
        "email": email,
        "password_hash": await hash_password(password),
        "user_metadata": {},
        "created_at": created_at,
    }
    if not await repository.add_user(session, values):
        raise _email_taken()
    await _add_profile(session, user_id)
    return await existing_user(session, user_id)


async def sign_in(session: AsyncSession, *, email: str, password: str) -> User:
    """Return the user whose email and password these are.

    Raises
    ------
    WrongCredentials
        If there is none; it takes as long whether or not the email is known.
    """
    user = await repository.user_by_email(session, email)
    if not await verify_password(password, user.password_hash if user else None) or user is None:
        raise WrongCredentials("The email or the password is wrong.")
    await repository.forget_expired_tokens(session, user.id, at=now())
    return user


def begin_session(session: AsyncSession, user: User, *, lifetime_s: int) -> SignIn:
    """Begin a sign-in of `user`, which ends `lifetime_s` after its last use."""
    return _continue(session, user, session_id=new_id(), lifetime_s=lifetime_s)


async def rotate(session: AsyncSession, refresh_token: str, *, lifetime_s: int) -> SignIn | None:
    """Continue a sign-in with its newest refresh token.

    Returns
    -------
    SignIn or None
        ``None`` if the token is not good. If it was used before, somebody has a copy of it: the whole sign-in then
        ends here, so the caller must commit before it refuses.
    """
    present = now()
    token = await repository.refresh_token_for_update(session, token_hash(refresh_token))
    if token is None:
        return None
    if token.rotated_at is not None:
        await repository.revoke_family(session, token.family_id, at=present)
        return None
    if token.revoked_at is not None or token.expires_at <= present:
        return None
    token.rotated_at = present
    user = await existing_user(session, token.user_id)
    return _continue(session, user, session_id=token.family_id, lifetime_s=lifetime_s)


async def sign_out(session: AsyncSession, *, user_id: UUID, session_id: UUID | None, scope: str) -> None:
    """End this sign-in (`scope` ``local``), all ``others`` of the user, or every one (``global``)."""
    if session_id is None and scope != "global":
        raise Conflict("This token was issued elsewhere: sign out there.")
    if scope == "local" and session_id is not None:
        await repository.revoke_family(session, session_id, at=now())
    else:
        kept = session_id if scope == "others" else None
        await repository.revoke_families_of(session, user_id, but=kept, at=now())


async def change_password(
    session: AsyncSession, *, user_id: UUID, session_id: UUID | None, current: str, new: str
) -> None:
    """Change a password and end every other sign-in of the user.

    Raises
    ------
    Conflict
        If the user signs in elsewhere.
    WrongCredentials
        If `current` is not the password.
    WeakPassword
        If `new` would not protect the account.
    """
    user = await existing_user(session, user_id)
    if user.password_hash is None or user.email is None:
        raise Conflict("You sign in elsewhere: change your password there.")
    if not await verify_password(current, user.password_hash):
        raise WrongCredentials("The current password is wrong.")
    check_password(new, email=user.email)
    user.password_hash = await hash_password(new)
    user.password_changed_at = now()
    await repository.revoke_families_of(session, user_id, but=session_id, at=now())


async def session_is_live(session: AsyncSession, session_id: UUID) -> bool:
    """Tell whether a sign-in has neither ended nor been ended."""
    return await repository.is_live(session, session_id, at=now())


async def welcome_external(session: AsyncSession, claims: Claims) -> None:
    """Make the account and profile of somebody whose token a trusted project issued, the first time we see them.

    Raises
    ------
    Unauthenticated
        If the id is that of an account of another issuer: no project speaks for the users of another. Or if the
        account was deleted after they signed in.
    """
    values: dict[str, Any] = {
        "id": claims.user_id,
        "email": claims.email,
        "issuer": claims.issuer,
        "user_metadata": {},
        "created_at": now(),
    }
    if await repository.user(session, claims.user_id) is None:
        await _refuse_deleted(session, claims)
        if await repository.add_user(session, values):
            await _add_profile(session, claims.user_id)
            return
    user = await existing_user(session, claims.user_id)
    if user.issuer != claims.issuer:
        raise Unauthenticated("This token speaks for an account of another issuer.")


async def _refuse_deleted(session: AsyncSession, claims: Claims) -> None:
    deleted_at = await repository.deleted_at(session, id_hash(claims.user_id))
    if deleted_at is not None and claims.signed_in_at <= deleted_at:
        raise Unauthenticated("This account was deleted. Sign in again to begin a new one.")


async def existing_user(session: AsyncSession, user_id: UUID) -> User:
    """Return the user `user_id`, who had an account when their token was issued."""
    user = await repository.user(session, user_id)
    if user is None:
        raise Unauthenticated("This account is no more.")
    return user


async def profile_of(session: AsyncSession, user_id: UUID) -> Profile:
    """Return a user's profile."""
    profile = await repository.profile(session, user_id)
    if profile is None:
        raise NotFound("There is no such profile.")
    return profile


async def profiles_of(session: AsyncSession, user_ids: Sequence[UUID]) -> dict[UUID, Profile]:
    """Return the profiles of users, by their id; those who are gone have none."""
    return await repository.profiles(session, user_ids) if user_ids else {}


async def profile_by_handle(session: AsyncSession, handle: str) -> Profile:
    """Return the profile that goes by `handle`, in whatever case."""
    profile = await repository.profile_by_handle(session, handle.strip().lower())
    if profile is None:
        raise NotFound("Nobody goes by this handle.")
    return profile


async def change_profile(session: AsyncSession, user_id: UUID, changes: dict[str, str]) -> Profile:
    """Change a user's own profile.

    Raises
    ------
    HandleTaken
        If somebody else goes by the new handle.
    """
    profile = await profile_of(session, user_id)
    for field, value in changes.items():
        setattr(profile, field, value)
    try:
        await session.flush()
    except IntegrityError as error:
        raise HandleTaken("Somebody else goes by this handle: choose another.") from error
    return profile


def _continue(session: AsyncSession, user: User, *, session_id: UUID, lifetime_s: int) -> SignIn:
    refresh_token, created_at = new_refresh_token(), now()
    session.add(
        RefreshToken(
            token_hash=token_hash(refresh_token),
            family_id=session_id,
            user_id=user.id,
            created_at=created_at,
            expires_at=created_at + timedelta(seconds=lifetime_s),
        )
    )
    return SignIn(user=user, session_id=session_id, refresh_token=refresh_token)


async def _add_profile(session: AsyncSession, user_id: UUID) -> None:
    """Give a new user a handle that says nothing about them; they may choose another."""
    values = {"user_id": user_id, "bio": "", "created_at": now()}
    while True:
        name = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        if await repository.add_profile(session, {**values, "handle": f"user-{name}", "display_name": f"User {name}"}):
            return


def _email_taken() -> EmailTaken:
    return EmailTaken("There is an account with this email: sign in, or use another email.")


#: A user has enough with so many; who needs more has forgotten to revoke some.
MOST_API_TOKENS = 50


async def make_api_token(session: AsyncSession, *, user_id: UUID, name: str) -> tuple[ApiToken, str]:
    """Make a token for a player or script of a user's; the second value, the token itself, is told only now.

    Raises
    ------
    Conflict
        There are too many.
    """
    if len(await repository.api_tokens_of(session, user_id)) >= MOST_API_TOKENS:
        raise Conflict(f"You have {MOST_API_TOKENS} tokens: revoke those that nothing uses any more.")
    secret = f"segue_{secrets.token_urlsafe(32)}"
    token = ApiToken(user_id=user_id, token_hash=token_hash(secret), name=name, created_at=now())
    return await repository.add_api_token(session, token), secret


async def api_tokens_of(session: AsyncSession, user_id: UUID) -> Sequence[ApiToken]:
    """Return a user's tokens, newest first."""
    return await repository.api_tokens_of(session, user_id)


async def revoke_api_token(session: AsyncSession, token_id: UUID) -> None:
    """Make a token of the session's user good for nothing.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    """
    if not await repository.delete_api_token(session, token_id):
        raise NotFound("There is no such token of yours.")


async def owner_of_api_token(session: AsyncSession, secret: str) -> Profile | None:
    """Return the profile of whose token this is, ``None`` if it is not good; the session is the system's."""
    user_id = await repository.use_api_token(session, token_hash(secret), at=now())
    return None if user_id is None else await repository.profile(session, user_id)


async def private_times(session: AsyncSession, user_id: UUID) -> PrivateTimes:
    """Return when a user listens in private, as far back as it is remembered."""
    known = await repository.private_sessions_of(session, user_id)
    until = known[0].ends_at if known and known[0].ends_at > now() else None
    return PrivateTimes(tuple((one.began_at, one.ends_at) for one in known), until)


async def begin_private_session(session: AsyncSession, user_id: UUID, *, lasting: timedelta) -> datetime:
    """Listen in private from now on; if one does, the private session that runs gets the new end. Return the end."""
    present = now()
    await repository.forget_private_sessions(session, user_id, ended_before=present - PRIVACY_REMEMBERED)
    if not await _end_private_session(session, user_id, present + lasting):
        session.add(PrivateSession(user_id=user_id, began_at=present, ends_at=present + lasting))
        await session.flush()
    return present + lasting


async def end_private_session(session: AsyncSession, user_id: UUID) -> None:
    """Listen in private no more; what was heard until now stays unkept."""
    await _end_private_session(session, user_id, now())


async def _end_private_session(session: AsyncSession, user_id: UUID, at: datetime) -> bool:
    """Let the private session that runs end `at` a moment, or both that began at once; tell whether there was one."""
    present = now()
    running = [one for one in await repository.private_sessions_of(session, user_id) if one.ends_at > present]
    for one in running:
        one.ends_at = at
    return bool(running)


def id_hash(user_id: UUID) -> bytes:
    """Return by what a deleted account's id is known again."""
    return hashlib.sha256(user_id.bytes).digest()


async def set_taste_vector(session: AsyncSession, user_id: UUID, vector: Sequence[float] | None) -> None:
    """Keep where a user's taste lies: a unit vector, or None where it is not known."""
    await repository.set_taste_vector(session, user_id, vector)


async def preferences_of(session: AsyncSession, user_id: UUID, *, to_change: bool = False) -> dict[str, Any]:
    """Return a user's `preferences_profile`; with `to_change`, others who would change it wait."""
    return await repository.preferences(session, user_id, to_change=to_change)


async def set_preferences(session: AsyncSession, user_id: UUID, profile: dict[str, Any]) -> None:
    """Keep a user's `preferences_profile`."""
    await repository.set_preferences(session, user_id, profile)


async def user_now(session: AsyncSession, user_id: UUID, *, to_change: bool = False) -> User:
    """Return a user as they are now; with `to_change`, others who would change them wait."""
    user = await repository.user_now(session, user_id, to_change=to_change)
    if user is None:
        raise Unauthenticated("This account is no more.")
    return user


async def set_time_zone(session: AsyncSession, user_id: UUID, time_zone: str) -> None:
    """Keep where a user is, by IANA's name; the day that is counted now ends when it would have."""
    user = await user_now(session, user_id, to_change=True)
    user.time_zone = time_zone
    await session.flush()
