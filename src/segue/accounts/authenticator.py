"""Tells whose an access token is: reads it, welcomes newcomers of a trusted project, and heeds ended sign-ins."""

import time
from collections import OrderedDict
from uuid import UUID

from segue.accounts import service
from segue.kit.database import Database
from segue.kit.errors import Unauthenticated
from segue.kit.settings import Settings
from segue.kit.tokens import Claims, ExternalTokens, OwnTokens, issuer_of
from segue.kit.web.identity import Principal

#: For so long a process may not notice that a sign-in was ended through another one.
RECHECK_S = 10
_CAPACITY = 50_000


def own_tokens(settings: Settings) -> OwnTokens:
    """Return the issuer of this installation's tokens; `settings` are complete."""
    if settings.secret_key is None:
        raise ValueError("These settings have no secret key: complete() them first")
    return OwnTokens(
        settings.secret_key.get_secret_value().encode(),
        issuer=f"{settings.base_url}/api/v1/auth",
        lifetime_s=settings.access_token_s,
    )


def external_tokens(settings: Settings) -> ExternalTokens | None:
    """Return the reader of the configured project's tokens, if there is one."""
    secret = settings.supabase_jwt_secret
    if settings.supabase_url is None and secret is None:
        return None
    return ExternalTokens(url=settings.supabase_url, secret=secret.get_secret_value() if secret else None)


class AccountAuthenticator:
    """Reads tokens; remembers for a few seconds which sign-ins and newcomers it has already looked up."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.own = own_tokens(settings)
        self._external = external_tokens(settings)
        self._database = database
        self._checked: OrderedDict[UUID, float] = OrderedDict()

    async def authenticate(self, token: str) -> Principal:
        """Return whose `token` is. See `Authenticator`."""
        if self._external is None or issuer_of(token) == self.own.issuer:
            claims = self.own.read(token)
            await self._check_session(claims)
        else:
            claims = await self._external.read(token)
            await self._welcome(claims)
        # An external session is not ours to end, so it is not ours to know.
        is_ours = claims.issuer is None
        return Principal(
            user_id=claims.user_id,
            email=claims.email,
            role=claims.role,
            session_id=claims.session_id if is_ours else None,
            signed_in_at=None if is_ours else claims.signed_in_at,
        )

    def forget(self, session_or_user_id: UUID) -> None:
        """Look a sign-in, or somebody of another issuer, up again, for it may just have been ended."""
        self._checked.pop(session_or_user_id, None)

    async def _check_session(self, claims: Claims) -> None:
        session_id = claims.session_id
        if session_id is None:
            raise Unauthenticated("The access token is not good: sign in again.")
        if self._is_fresh(session_id):
            return
        async with self._database.system_session() as session:
            live = await service.session_is_live(session, session_id)
        if not live:
            raise Unauthenticated("This sign-in has ended: sign in again.")
        self._remember(session_id)

    async def _welcome(self, claims: Claims) -> None:
        if self._is_fresh(claims.user_id):
            return
        async with self._database.system_session() as session:
            await service.welcome_external(session, claims)
        self._remember(claims.user_id)

    def _is_fresh(self, key: UUID) -> bool:
        return time.monotonic() - self._checked.get(key, -float("inf")) < RECHECK_S

    def _remember(self, key: UUID) -> None:
        self._checked[key] = time.monotonic()
        self._checked.move_to_end(key)
        if len(self._checked) > _CAPACITY:
            self._checked.popitem(last=False)
