"""OAuth 2 with a code and PKCE (RFC 6749, RFC 7636), as far as platforms share it."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from segue.kit.clock import now
from segue.kit.errors import SegueError
from segue.library.connects.errors import AccessLapsed, PlatformRefused
from segue.library.connects.platforms.http import Answer, PlatformHttp, status_trouble, words_of
from segue.library.connects.platforms.platform import Leaving, Tokens
from segue.library.formats.json_stream import at, text_at


def new_verifier() -> str:
    """Return a new code verifier: 64 characters."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """Return the challenge by which a verifier is known again: S256."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(page: str, leaving: Leaving, *, client_id: str, scope: str, **more: str) -> str:
    """Return the address of an authorization request."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": leaving.callback_url,
        "state": leaving.state,
        "scope": scope,
        "code_challenge_method": "S256",
        "code_challenge": leaving.challenge,
        **more,
    }
    return f"{page}?{urlencode(asked)}"


def code_of(title: str, answer: Mapping[str, str], name: str = "code") -> str:
    """Return the code with which somebody came back from a platform.

    Raises
    ------
    PlatformRefused
        They brought none: they did not allow it, or the platform has a reason of its own.
    """
    code = answer.get(name, "")
    if code:
        return code
    told = answer.get("error_description") or answer.get("error") or answer.get("error_reason") or ""
    if told in ("access_denied", "user_denied"):
        raise PlatformRefused(f"{title} was not allowed to tell us anything: nothing is connected.")
    raise PlatformRefused(f"{title} sent no {name}.{f' It says: {told[:300]}' if told else ''}")


async def tokens_from(
    http: PlatformHttp,
    title: str,
    url: str,
    form: Mapping[str, str],
    *,
    client: Mapping[str, str] | None = None,
    before: Tokens | None = None,
) -> Tokens:
    """Ask a token endpoint for tokens.

    Parameters
    ----------
    client
        Headers that say who we are.
    before
        The tokens that are being renewed: where the platform gives no new refresh token, theirs stays.

    Raises
    ------
    AccessLapsed
        The code or the refresh token is not good, or not any more.
    """

    def trouble(answer: Answer) -> SegueError | None:
        if text_at(answer.body, "error") == "invalid_grant":
            return AccessLapsed(f"{title} does not take this any more: connect again.{words_of(answer.body)}")
        error = status_trouble(title, answer)
        return PlatformRefused(error.detail) if isinstance(error, AccessLapsed) else error  # it means us, not them

    # A code is good once, and a refresh token may be: neither is sent twice.
    body = await http.send("POST", url, data=form, headers=client, trouble=trouble, again=False)
    access, seconds = text_at(body, "access_token"), at(body, "expires_in")
    if not access:
        raise PlatformRefused(f"{title} gave no token.")
    return Tokens(
        access=access,
        refresh=text_at(body, "refresh_token") or (before.refresh if before else None),
        expires_at=now() + timedelta(seconds=seconds) if isinstance(seconds, int | float) and seconds > 0 else None,
    )
