"""The decisions of players' passwords.

Players prove a password by ``md5(password + salt)``, which needs it in clear: no hash of a sign-in's password
can tell. So a user's players have a password of their own, random, good for nothing else, sealed at rest.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts import service as accounts
from segue.accounts.player_passwords import repository
from segue.accounts.player_passwords.tables import PlayerPassword
from segue.accounts.tables import Profile
from segue.kit.clock import now
from segue.kit.errors import NotFound
from segue.kit.sealing import CannotUnseal, sealer_of
from segue.kit.settings import Settings

#: Letters and digits that are not mistaken for each other, on any keyboard: nearly five bits each.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 5
_GROUP: Final = 4
_API_TOKEN: Final = "segue_"  # noqa: S105 - how tokens begin


async def make(session: AsyncSession, settings: Settings, user_id: UUID) -> tuple[PlayerPassword, str]:
    """Make the password of a user's players, in place of the one before; the password itself is told only now."""
    secret = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    sealed = sealer_of(settings).seal(secret.encode(), bound_to=_place(user_id))
    return await repository.replace(session, user_id, sealed, at=now()), secret


async def of(session: AsyncSession, user_id: UUID) -> PlayerPassword:
    """Return when a user's password was made and used.

    Raises
    ------
    NotFound
        There is none.
    """
    found = await repository.of(session, user_id)
    if found is None:
        raise NotFound("You have no password for players yet.")
    return found


async def revoke(session: AsyncSession, user_id: UUID) -> None:
    """Make a user's password good for nothing.

    Raises
    ------
    NotFound
        There is none.
    """
    if not await repository.delete_of(session, user_id):
        raise NotFound("You have no password for players.")


async def owner_by_proof(
    session: AsyncSession, settings: Settings, *, name: str, token: str, salt: str
) -> Profile | None:
    """Return who goes by `name`, if `token` is ``md5(their password + salt)``; the session is the system's."""

    def proves(password: str) -> bool:
        # MD5 is what the protocol asks for; a random password of 99 bits is not guessed from it.
        proof = hashlib.md5(password.encode() + salt.encode(errors="surrogatepass"), usedforsecurity=False)
        return _same(proof.hexdigest(), token.lower())

    return await _owner(session, settings, name, proves)


async def owner_by_password(session: AsyncSession, settings: Settings, *, name: str, password: str) -> Profile | None:
    """Return who goes by `name`, if it is their players' password or an API token of theirs; by the system."""
    if not password.startswith(_API_TOKEN):
        return await _owner(session, settings, name, lambda known: _same(known, password))
    owner = await accounts.owner_of_api_token(session, password)
    named = await repository.named(session, name)
    return owner if owner is not None and named is not None and named[0].user_id == owner.user_id else None


async def _owner(
    session: AsyncSession, settings: Settings, name: str, is_right: Callable[[str], bool]
) -> Profile | None:
    named = await repository.named(session, name)
    profile, kept = named or (None, None)
    known = None if kept is None else _unsealed(settings, kept)
    # Compared whether or not there is anybody: the time does not tell who is here.
    right = is_right(known or secrets.token_hex(10))
    if not right or known is None or kept is None:
        return None
    repository.note_use(kept, at=now())
    return profile


def _unsealed(settings: Settings, kept: PlayerPassword) -> str | None:
    try:
        return sealer_of(settings).unseal(kept.sealed, bound_to=_place(kept.user_id)).decode()
    except CannotUnseal:  # the server's secret key has changed since
        return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def _place(user_id: UUID) -> bytes:
    return f"player password {user_id}".encode()
