"""Decisions about connected accounts: connecting, coming back, renewing, disconnecting."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, cast
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.kit.errors import Forbidden, NotFound, SegueError
from segue.kit.runtime import Runtime
from segue.kit.sealing import sealer_of
from segue.library import service as library
from segue.library.connects import repository, tokens
from segue.library.connects.budgets import budget_of
from segue.library.connects.errors import AccessLapsed
from segue.library.connects.platforms import oauth
from segue.library.connects.platforms.http import PlatformHttp
from segue.library.connects.platforms.platform import (
    Account,
    Leaving,
    Platform,
    PlatformName,
    RedirectPlatform,
    Returned,
    TokenPlatform,
    Tokens,
)
from segue.library.connects.platforms.registry import PLATFORMS, configured, open_platform
from segue.library.connects.tables import ConnectAttempt, Connection

#: Who left for a platform has so long to come back.
AWAY_S: Final = 600

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Departure:
    """What somebody leaves for a platform with: an address, and a cookie that shows later that it is they."""

    url: str
    expires_at: datetime
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a user stands with a platform that is set up here."""

    platform: PlatformName
    title: str
    connects_by: Literal["redirect", "token"]
    connection: Connection | None


async def depart(session: AsyncSession, runtime: Runtime, user_id: UUID, platform: RedirectPlatform) -> Departure:
    """Send a user to a platform's own page; `session` acts for the system."""
    state, cookie, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), oauth.new_verifier()
    expires_at = now() + timedelta(seconds=AWAY_S)
    await repository.add_attempt(
        session,
        state_hash=_hash(state),
        user_id=user_id,
        platform=platform.name,
        browser_hash=_hash(cookie),
        sealed_verifier=sealer_of(runtime.settings).seal(verifier.encode(), bound_to=_hash(state)),
        expires_at=expires_at,
    )
    leaving = Leaving(callback_url(runtime, platform.name), state, oauth.challenge_of(verifier))
    return Departure(platform.authorize_url(leaving), expires_at, cookie)


async def take_attempt(
    session: AsyncSession, platform: PlatformName, *, state: str, cookie: str | None, user_id: UUID | None
) -> ConnectAttempt:
    """Return whose attempt a state is, once; `session` acts for the system.

    It must come back with the browser that it left with, or with its user's own access token: else anybody who gets a
    state in front of somebody else would have their account.

    Raises
    ------
    Forbidden
        It is unknown, used, too old, another platform's, or somebody else's.
    """
    attempt = await repository.attempt_of(session, _hash(state), platform)
    if attempt is None:
        raise Forbidden("This way back from the platform is not, or no longer, open: begin again.")
    same_browser = cookie is not None and hmac.compare_digest(_hash(cookie), attempt.browser_hash)
    if user_id != attempt.user_id and (user_id is not None or not same_browser):
        raise Forbidden("Come back from the platform with the browser, and as the user, with which you left for it.")
    await repository.delete_attempt(session, attempt)
    return attempt


async def come_back(
    runtime: Runtime,
    name: PlatformName,
    *,
    state: str,
    answer: Mapping[str, str],
    cookie: str | None,
    user_id: UUID | None,
) -> Connection:
    """Connect the account that was opened to us, in transactions of its own: the state is used up whatever follows.

    Raises
    ------
    Forbidden
        The state is not good, or not theirs who bring it.
    PlatformRefused
        No account was opened.
    """
    platform = open_platform(runtime.settings, name)
    if not isinstance(platform, RedirectPlatform):
        raise Forbidden(f"Nobody comes back from {platform.title}.")
    async with runtime.database.system_session() as session:
        attempt = await take_attempt(session, name, state=state, cookie=cookie, user_id=user_id)
    verifier = sealer_of(runtime.settings).unseal(attempt.sealed_verifier, bound_to=_hash(state)).decode()
    returned = Returned(answer, callback_url(runtime, platform.name), verifier)
    async with PlatformHttp(platform.title, budget_of(runtime, platform)) as http:
        account = await platform.account(http, returned)
    return await _connect(runtime, attempt.user_id, platform, account)


async def connect_by_token(runtime: Runtime, user_id: UUID, platform: TokenPlatform, token: str) -> Connection:
    """Connect the account that a token opens, in a transaction of its own.

    Raises
    ------
    AccessLapsed
        It opens none.
    """
    async with PlatformHttp(platform.title, budget_of(runtime, platform)) as http:
        account = await platform.account_of(http, token)
    return await _connect(runtime, user_id, platform, account)


async def standings(session: AsyncSession, runtime: Runtime, user_id: UUID) -> list[Standing]:
    """Return how a user stands with each platform that is set up here, and with those they are still connected to."""
    connections = {each.platform: each for each in await repository.connections_of(session, user_id)}
    shown = configured(runtime.settings)
    return [
        Standing(
            name,
            kind.title,
            "redirect" if issubclass(kind, RedirectPlatform) else "token",
            connections.get(name),
        )
        for name, kind in PLATFORMS.items()
        if name in shown or name in connections
    ]


async def connection_of(session: AsyncSession, user_id: UUID, platform: PlatformName) -> Connection:
    """Return a user's connection.

    Raises
    ------
    NotFound
        There is none.
    """
    found = await repository.connection_of(session, user_id, platform)
    if found is None:
        raise NotFound(f"You are not connected to {PLATFORMS[platform].title}.")
    return found


async def disconnect(
    session: AsyncSession, runtime: Runtime, user_id: UUID, platform: PlatformName, *, take_back: bool
) -> bool:
    """Forget a connection with its tokens; with `take_back`, also what it brought.

    Returns
    -------
    bool
        Whether the platform was told, and forgets us too. It may have no way to, or not answer: ours go all the same.
    """
    connection = await connection_of(session, user_id, platform)
    revoked = await _revoked(runtime, connection, platform)
    # A look may have gone on meanwhile, and have brought the first there is.
    current = await repository.connection_of(session, user_id, platform, lock=True)
    if current is None:  # somebody else has disconnected it
        return revoked
    await repository.delete_connection(session, current.id)
    if take_back and current.import_id is not None:
        await library.undo(session, current.import_id)
    return revoked


async def connections_of(session: AsyncSession, user_id: UUID) -> Sequence[Connection]:
    """Return a user's connections."""
    return await repository.connections_of(session, user_id)


async def revoke(runtime: Runtime, connections: Sequence[Connection]) -> None:
    """Tell platforms that connections, which are gone here, are not to be any more; that some do not hear is logged."""
    for connection in connections:
        await _revoked(runtime, connection, cast("PlatformName", connection.platform))


async def renewed(runtime: Runtime, http: PlatformHttp, user_id: UUID, platform: Platform, used: Tokens) -> Tokens:
    """Return the tokens that follow those that were used: renewed once, whoever else wants to at the same time.

    A refresh token may be good for one use only, so the row stays locked until its successor is stored.
    """
    async with runtime.database.session(user_id) as session:
        connection = await repository.connection_of(session, user_id, platform.name, lock=True)
        if connection is None:
            raise AccessLapsed(f"{platform.title} is not connected any more.")
        stored = tokens.unseal(runtime.settings, connection)
        if stored.access != used.access:
            return stored
        fresh = await platform.refreshed(http, stored)
        connection.sealed_tokens = tokens.seal(runtime.settings, user_id, platform.name, fresh)
        return fresh


def callback_url(runtime: Runtime, platform: PlatformName) -> str:
    """Return where a platform sends people back to: the operator registers it there."""
    return f"{runtime.settings.base_url}/api/v1/connect/{platform}/callback"


async def _connect(runtime: Runtime, user_id: UUID, platform: Platform, account: Account) -> Connection:
    sealed = tokens.seal(runtime.settings, user_id, platform.name, account.tokens)
    async with runtime.database.session(user_id) as session:
        return await repository.connect(
            session,
            user_id=user_id,
            platform=platform.name,
            account=account.name,
            sealed_tokens=sealed,
            moment=now(),
        )


async def _revoked(runtime: Runtime, connection: Connection, name: PlatformName) -> bool:
    try:
        platform = open_platform(runtime.settings, name)
        opened = tokens.unseal(runtime.settings, connection)
        async with PlatformHttp(platform.title, budget_of(runtime, platform)) as http:
            return await platform.revoke(http, opened)
    except SegueError as error:
        _log.warning("connect.not_revoked", platform=name, type=error.type)
        return False


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
