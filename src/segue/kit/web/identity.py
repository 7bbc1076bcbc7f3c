"""Who is calling: read once from the ``Authorization`` header, whatever later asks for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from starlette.requests import HTTPConnection

from segue.kit.errors import SegueError, Unauthenticated


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who is signed in.

    Parameters
    ----------
    user_id
        The ``sub`` of their token.
    email
        Absent when an external project signs people in without one.
    role
        The token's ``role``: ``authenticated`` for people.
    session_id
        The sign-in that the token belongs to; absent for external tokens without one.
    signed_in_at
        When they proved who they are, as an external token tells; absent for our own, whose sign-ins are ours to know.
    """

    user_id: UUID
    email: str | None
    role: str = "authenticated"
    session_id: UUID | None = None
    signed_in_at: datetime | None = None


class Authenticator(Protocol):
    """Whoever can tell whose an access token is."""

    async def authenticate(self, token: str) -> Principal:
        """Return whose `token` is.

        Raises
        ------
        Unauthenticated
            If it is forged, expired, revoked or not for us.
        """
        ...


async def identify(connection: HTTPConnection) -> Principal | None:
    """Return who is calling, or ``None`` for an anonymous visitor; the token is looked at once for each request.

    Raises
    ------
    Unauthenticated
        If a token was sent that is not good: nobody is taken for anonymous by mistake.
    """
    known = connection.scope.setdefault("state", {})
    if "identity" not in known:
        try:
            known["identity"] = await _authenticate(connection)
        except SegueError as error:
            known["identity"] = error
    identity = known["identity"]
    if isinstance(identity, SegueError):
        raise identity
    return cast("Principal | None", identity)


async def _authenticate(connection: HTTPConnection) -> Principal | None:
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated
    authenticator = cast("Authenticator", connection.app.state.authenticator)
    return await authenticator.authenticate(token.strip())
