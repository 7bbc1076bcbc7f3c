"""A connection's tokens as they are stored: sealed, for this connection of this user only."""

import json
from datetime import datetime
from uuid import UUID

from segue.kit.sealing import CannotUnseal, sealer_of
from segue.kit.settings import Settings
from segue.library.connects.errors import AccessLapsed
from segue.library.connects.platforms.platform import Tokens
from segue.library.connects.tables import Connection


def seal(settings: Settings, user_id: UUID, platform: str, tokens: Tokens) -> bytes:
    """Return tokens sealed for a user's account at a platform."""
    told = {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else None,
    }
    return sealer_of(settings).seal(json.dumps(told).encode(), bound_to=_place(user_id, platform))


def unseal(settings: Settings, connection: Connection) -> Tokens:
    """Return a connection's tokens.

    Raises
    ------
    AccessLapsed
        They were sealed under another secret key than this installation has now.
    """
    place = _place(connection.user_id, connection.platform)
    try:
        told = json.loads(sealer_of(settings).unseal(connection.sealed_tokens, bound_to=place))
    except CannotUnseal as error:
        raise AccessLapsed("This server's secret key has changed since: connect again.") from error
    expires_at = datetime.fromisoformat(told["expires_at"]) if told["expires_at"] else None
    return Tokens(access=told["access"], refresh=told["refresh"], expires_at=expires_at)


def _place(user_id: UUID, platform: str) -> bytes:
    return f"connection {user_id} {platform}".encode()
