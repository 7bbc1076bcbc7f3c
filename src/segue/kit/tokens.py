"""Access tokens: JWTs of the shape that Supabase Auth issues, ours and those of a project that the operator trusts."""

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import jwt

from segue.kit.clock import now
from segue.kit.errors import Unauthenticated, Unavailable

AUDIENCE = "authenticated"
#: The only role that a person has; Supabase signs its ``anon`` and ``service_role`` keys with the same secret.
ROLE = "authenticated"
_LEEWAY_S = 10
_REQUIRED = ["sub", "aud", "exp", "iat"]
_ASYMMETRIC = ("RS256", "ES256", "EdDSA")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says.

    Parameters
    ----------
    issuer
        Who signed it; ``None`` if we did.
    signed_in_at
        When the person last proved who they are, or, where the token does not say so, when it was issued.
    """

    user_id: UUID
    email: str | None
    role: str
    session_id: UUID | None
    issuer: str | None
    signed_in_at: datetime


class OwnTokens:
    """Issues and reads this installation's tokens: HS256 with a key that is used for nothing else.

    Parameters
    ----------
    secret
        The installation's secret.
    issuer
        The ``iss`` of the tokens: where they are issued.
    lifetime_s
        How long a token is good for.
    """

    def __init__(self, secret: bytes, *, issuer: str, lifetime_s: int) -> None:
        self.issuer = issuer
        self.lifetime_s = lifetime_s
        self._key = hmac.new(secret, b"segue access tokens", hashlib.sha256).digest()

    def issue(self, *, user_id: UUID, email: str, session_id: UUID, user_metadata: dict[str, Any]) -> str:
        """Return a token for `user_id`."""
        issued_at = now()
        claims = {
            "iss": self.issuer,
            "sub": str(user_id),
            "aud": AUDIENCE,
            "role": ROLE,
            "email": email,
            "iat": issued_at,
            "exp": issued_at + timedelta(seconds=self.lifetime_s),
            "session_id": str(session_id),
            "aal": "aal1",
            "is_anonymous": False,
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": user_metadata,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, token: str) -> Claims:
        """Return what `token` says.

        Raises
        ------
        Unauthenticated
            If it is not ours, or not good any more.
        """
        return _claims(_decode(token, self._key, ["HS256"], issuer=self.issuer), issuer=None)


class ExternalTokens:
    """Reads the tokens of one Supabase or OIDC project.

    A token that names HS256 is checked with the shared secret alone, one that names an asymmetric algorithm with the
    project's published keys alone: no published key is ever taken for a secret.

    Parameters
    ----------
    url
        The project's address. Its keys lie at ``/auth/v1/.well-known/jwks.json`` (Supabase), or where the same host's
        ``/.well-known/openid-configuration`` says (OIDC).
    secret
        The project's HS256 secret.
    refresh_after_s
        Age at which the keys are fetched anew, so that a withdrawn key is forgotten.
    refetch_after_s
        The least time between two fetches that unknown key ids cause.
    """

    def __init__(
        self,
        *,
        url: str | None,
        secret: str | None,
        refresh_after_s: float = 600,
        refetch_after_s: float = 10,
    ) -> None:
        self._url = url.rstrip("/") if url else None
        self._secret = secret
        self._refresh_after_s = refresh_after_s
        self._refetch_after_s = refetch_after_s
        self._keys: dict[str, jwt.PyJWK] = {}
        self._issuers = {self._url, f"{self._url}/auth/v1"} if self._url else set()
        self._fetched_at = -float("inf")
        self._fetching = asyncio.Lock()

    async def read(self, token: str) -> Claims:
        """Return what `token` says.

        Raises
        ------
        Unauthenticated
            If the project did not issue it to a person, or it is not good any more.
        Unavailable
            If the project's keys have never been reached.
        """
        header = _header(token)
        algorithm = header.get("alg")
        if algorithm == "HS256" and self._secret is not None:
            claims = _decode(token, self._secret.encode(), ["HS256"])
        elif algorithm in _ASYMMETRIC and self._url is not None:
            key = await self._key(str(header.get("kid", "")))
            if key.algorithm_name != algorithm:
                raise Unauthenticated("The token's algorithm is not its key's.")
            claims = _decode(token, key, [algorithm])
        else:
            raise Unauthenticated("The token is signed in a way that is not accepted here.")
        issuer = str(claims.get("iss", ""))
        if self._issuers and issuer.rstrip("/") not in self._issuers:
            raise Unauthenticated("The token was issued by a project that is not trusted here.")
        return _claims(claims, issuer=issuer or "supabase")

    async def _key(self, key_id: str) -> jwt.PyJWK:
        async with self._fetching:
            age_s = time.monotonic() - self._fetched_at
            if age_s > self._refresh_after_s or (key_id not in self._keys and age_s > self._refetch_after_s):
                await self._fetch_keys()
        if key_id not in self._keys:
            raise Unauthenticated("The token is signed with a key that its project does not publish.")
        return self._keys[key_id]

    async def _fetch_keys(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=5, follow_redirects=False, trust_env=False) as client:
                keys = await self._published_keys(client)
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            if not self._keys:
                raise Unavailable("The sign-in project's keys cannot be reached: try again shortly.") from error
            # The keys that are known stay good for another while.
        else:
            self._keys = keys
        self._fetched_at = time.monotonic()

    async def _published_keys(self, client: httpx.AsyncClient) -> dict[str, jwt.PyJWK]:
        response = await client.get(f"{self._url}/auth/v1/.well-known/jwks.json")
        if response.status_code == 404:
            discovery = (await client.get(f"{self._url}/.well-known/openid-configuration")).raise_for_status().json()
            jwks_uri = str(discovery["jwks_uri"]) if isinstance(discovery, dict) and "jwks_uri" in discovery else ""
            if urlsplit(jwks_uri)[:2] != urlsplit(self._url or "")[:2]:
                raise ValueError("the project names keys at another host")
            response = await client.get(jwks_uri)
        entries = response.raise_for_status().json()["keys"]
        return {entry["kid"]: jwt.PyJWK(entry) for entry in entries if _is_signing_key(entry)}


def new_refresh_token() -> str:
    """Return 256 random bits for a client to keep."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a random token: enough to know it again, useless to a thief."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def issuer_of(token: str) -> str | None:
    """Return who says to have issued `token`, unverified: only to choose the key to verify it with."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Unauthenticated("The access token cannot be read: sign in again.") from error
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def _is_signing_key(entry: dict[str, Any]) -> bool:
    return "kid" in entry and entry.get("kty") in ("RSA", "EC", "OKP") and entry.get("use", "sig") == "sig"


def _header(token: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise Unauthenticated("The access token cannot be read: sign in again.") from error


def _decode(token: str, key: bytes | jwt.PyJWK, algorithms: list[str], *, issuer: str | None = None) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=AUDIENCE,
            issuer=issuer,
            leeway=_LEEWAY_S,
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("The access token has expired: use the refresh token to get another.") from error
    except jwt.PyJWTError as error:
        raise Unauthenticated("The access token is not good: sign in again.") from error


def _claims(claims: dict[str, Any], *, issuer: str | None) -> Claims:
    if claims.get("role", ROLE) != ROLE:
        raise Unauthenticated("The token is not a person's.")
    email = claims.get("email")
    return Claims(
        user_id=_user_id(str(claims["sub"]), issuer),
        email=email if isinstance(email, str) and email else None,
        role=ROLE,
        session_id=_uuid(claims.get("session_id")),
        issuer=issuer,
        signed_in_at=_signed_in_at(claims),
    )


def _signed_in_at(claims: dict[str, Any]) -> datetime:
    """Return OpenID Connect's ``auth_time``, the newest of Supabase's ``amr``, or else when the token was issued."""
    methods = claims.get("amr")
    listed = methods if isinstance(methods, list) else []
    proofs = [method.get("timestamp") for method in listed if isinstance(method, dict)]
    moments = [moment for moment in (claims.get("auth_time"), *proofs) if isinstance(moment, int | float)]
    try:
        return datetime.fromtimestamp(max(moments, default=claims["iat"]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unauthenticated("The access token is not good: sign in again.") from error


def _user_id(subject: str, issuer: str | None) -> UUID:
    """Return the subject if it is a UUID, as Supabase's are, or one made from it and its issuer."""
    return _uuid(subject) or uuid5(NAMESPACE_URL, f"{issuer}#{subject}")


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
