"""Who calls: by an API key, by a token of their players' password, or by that password itself."""

import hashlib
from typing import Final

from fastapi import Request

from segue.accounts import service as accounts
from segue.accounts.player_passwords import service as player_passwords
from segue.accounts.tables import Profile
from segue.api.subsonic.calls import Given
from segue.api.subsonic.errors import (
    CLIENT_TOO_OLD,
    CONFLICTING,
    INVALID_KEY,
    MISSING,
    SERVER_TOO_OLD,
    WRONG_CREDENTIALS,
    SubsonicError,
)
from segue.kit.runtime import Runtime
from segue.kit.web.rate_limits import limit_attempts, refuse_while_limited

_NAMED: Final = ("u", "p", "t", "s")
_HEX: Final = "enc:"
#: How many keys that are nobody's one address may try as often as one key may be tried.
_KEYS_OF_AN_ADDRESS: Final = 20
_MOST_DIGITS: Final = 9
_WRONG: Final = (
    "Wrong username or password. Players sign in with a password of their own: make it at "
    "/api/v1/auth/subsonic_password. Or send an API key."
)


async def caller(request: Request, runtime: Runtime, given: Given) -> Profile:
    """Return whose player calls.

    Raises
    ------
    SubsonicError
        What it sends is not complete, contradicts itself, or is nobody's.
    RateLimited
        It has sent too much of late that was nobody's.
    """
    _check_protocol(given)
    key, name = given.maybe("apiKey"), given.maybe("u")
    if key is not None and any(parameter in given for parameter in _NAMED):
        raise SubsonicError(CONFLICTING, "Send an API key or a username, not both.")
    if key is None:
        _check_named(given)
    # Counted apart for each address and name, or key: nobody locks others out by their name, nor by a key that is good
    # no more, which is refused before it counts towards all keys of the address. Neither is kept.
    named = hashlib.sha256((key or (name or "").lower()).encode(errors="replace")).hexdigest()[:16]
    host = request.client.host if request.client else ""
    attempts, keys = f"player {host} {named}", f"players' keys {host}"
    await refuse_while_limited(runtime, attempts)
    if key is not None:
        await refuse_while_limited(runtime, keys, times=_KEYS_OF_AN_ADDRESS)
    owner = await _owner(runtime, given)
    if owner is None:
        await limit_attempts(runtime, attempts)
        if key is not None:
            await limit_attempts(runtime, keys, times=_KEYS_OF_AN_ADDRESS)
            raise SubsonicError(INVALID_KEY, "Invalid API key. Make one at /api/v1/auth/tokens.")
        raise SubsonicError(WRONG_CREDENTIALS, _WRONG)
    return owner


async def _owner(runtime: Runtime, given: Given) -> Profile | None:
    async with runtime.database.system_session() as session:
        if (key := given.maybe("apiKey")) is not None:
            return await accounts.owner_of_api_token(session, key)
        settings, name = runtime.settings, given.text("u")
        if (token := given.maybe("t")) is not None:
            return await player_passwords.owner_by_proof(
                session, settings, name=name, token=token, salt=given.maybe("s") or ""
            )
        password = _in_clear(given.text("p"))
        return await player_passwords.owner_by_password(session, settings, name=name, password=password)


def _check_protocol(given: Given) -> None:
    given.text("c")
    major, _, rest = given.text("v").partition(".")
    minor = rest.partition(".")[0] or "0"
    if not all(part.isdecimal() and len(part) <= _MOST_DIGITS for part in (major, minor)):
        raise SubsonicError(MISSING, "v is the version of the protocol, such as 1.16.1.")
    if int(major) < 1:
        raise SubsonicError(CLIENT_TOO_OLD, "This client is too old: 1.16.1 is spoken here.")
    if int(major) > 1:
        raise SubsonicError(SERVER_TOO_OLD, "This client is too new: 1.16.1 is spoken here.")


def _check_named(given: Given) -> None:
    given.text("u")
    by_token = "t" in given or "s" in given
    if by_token and "p" in given:
        raise SubsonicError(CONFLICTING, "Send a token or a password, not both.")
    for parameter in ("t", "s") if by_token else ("p",):
        given.text(parameter)


def _in_clear(password: str) -> str:
    if not password.startswith(_HEX):
        return password
    try:
        return bytes.fromhex(password.removeprefix(_HEX)).decode()
    except ValueError:
        return password
