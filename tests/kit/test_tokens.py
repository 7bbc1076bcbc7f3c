"""Access tokens: ours, a trusted project's, and every way in which one can be wrong."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from segue.kit.clock import now
from segue.kit.errors import Unauthenticated, Unavailable
from segue.kit.tokens import ExternalTokens, OwnTokens, new_refresh_token, token_hash

SECRET = b"a secret of forty-eight bytes, or about so many."
SHARED = "the project's shared secret, which is long enough"
USER_ID, SESSION_ID = uuid4(), uuid4()


def own(**changes: Any) -> OwnTokens:
    return OwnTokens(**{"secret": SECRET, "issuer": "https://segue.test/api/v1/auth", "lifetime_s": 900, **changes})


def issue(tokens: OwnTokens) -> str:
    return tokens.issue(user_id=USER_ID, email="ada@example.com", session_id=SESSION_ID, user_metadata={})


class TestOwnTokens:
    def test_a_token_says_who_it_is_for(self) -> None:
        claims = own().read(issue(own()))
        assert (claims.user_id, claims.email, claims.role) == (USER_ID, "ada@example.com", "authenticated")
        assert claims.session_id == SESSION_ID
        assert claims.issuer is None

    def test_a_token_has_the_shape_that_supabase_issues(self) -> None:
        claims = jwt.decode(issue(own()), options={"verify_signature": False})
        assert claims["sub"] == str(USER_ID)
        assert claims["aud"] == claims["role"] == "authenticated"
        assert claims["exp"] - claims["iat"] == 900
        supabase = {"iss", "sub", "aud", "exp", "iat", "email", "role", "session_id", "aal", "is_anonymous"}
        assert supabase | {"app_metadata", "user_metadata"} <= claims.keys()

    def test_an_expired_token_is_refused(self) -> None:
        with pytest.raises(Unauthenticated, match="expired"):
            own().read(issue(own(lifetime_s=-60)))

    def test_a_token_of_another_installation_is_refused(self) -> None:
        with pytest.raises(Unauthenticated):
            own().read(issue(own(secret=b"another secret")))
        with pytest.raises(Unauthenticated):
            own().read(issue(own(issuer="https://elsewhere.test")))

    @pytest.mark.parametrize("position", [5, 60, -5])
    def test_a_changed_token_is_refused(self, position: int) -> None:
        token = issue(own())
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position:][1:]
        with pytest.raises(Unauthenticated):
            own().read(changed)

    def test_an_unsigned_token_is_refused(self) -> None:
        claims = jwt.decode(issue(own()), options={"verify_signature": False})
        with pytest.raises(Unauthenticated):
            own().read(jwt.encode(claims, "", algorithm="none"))

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 50, "." * 3, "eyJhbGciOiJIUzI1NiJ9.."])
    def test_rubbish_is_refused(self, token: str) -> None:
        with pytest.raises(Unauthenticated):
            own().read(token)


@dataclass
class Project:
    """A sign-in project on this machine: it publishes keys, and counts how often they are fetched."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    fetches: int = 0
    discovery: dict[str, str] | None = None

    def publish(self, key_id: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        public: Any = key.public_key()
        is_rsa = isinstance(key, rsa.RSAPrivateKey)
        algorithm: Any = jwt.algorithms.RSAAlgorithm if is_rsa else jwt.algorithms.ECAlgorithm
        entry = json.loads(algorithm.to_jwk(public))
        self.keys[key_id] = {**entry, "kid": key_id, "use": "sig", "alg": "RS256" if is_rsa else "ES256"}

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {
            "iss": f"{self.url}/auth/v1",
            "sub": str(USER_ID),
            "aud": "authenticated",
            "role": "authenticated",
            "email": "ada@example.com",
            "iat": now(),
            "exp": now() + timedelta(hours=1),
        }
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}


@pytest.fixture
def project() -> Iterator[Project]:
    project = Project()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body: object
            keys_path = "/keys" if project.discovery else "/auth/v1/.well-known/jwks.json"
            if self.path == keys_path:
                project.fetches += 1
                body = {"keys": list(project.keys.values())}
            elif self.path == "/.well-known/openid-configuration" and project.discovery:
                body = project.discovery
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    project.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield project
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def signed(claims: dict[str, Any], key: Any, algorithm: str, key_id: str | None = None) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id} if key_id else None)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def forged_hs256(claims: dict[str, Any], *, secret: bytes, key_id: str) -> str:
    """Sign by hand: the library itself refuses to sign with what looks like a public key."""
    header = {"alg": "HS256", "typ": "JWT", "kid": key_id}
    times = {name: int(claims[name].timestamp()) for name in ("iat", "exp")}
    message = ".".join(encoded(json.dumps(part).encode()) for part in (header, {**claims, **times}))
    return f"{message}.{encoded(hmac.digest(secret, message.encode(), 'sha256'))}"


class TestSharedSecret:
    def tokens(self) -> ExternalTokens:
        return ExternalTokens(url=None, secret=SHARED)

    async def test_a_token_signed_with_the_secret_is_read(self, project: Project) -> None:
        claims = await self.tokens().read(signed(project.claims(), SHARED, "HS256"))
        assert (claims.user_id, claims.email) == (USER_ID, "ada@example.com")

    async def test_another_secret_is_refused(self, project: Project) -> None:
        with pytest.raises(Unauthenticated):
            await self.tokens().read(signed(project.claims(), SHARED + "!", "HS256"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"role": "service_role"},
            {"role": "anon"},
            {"aud": "somebody else"},
            {"aud": None},
            {"sub": None},
            {"exp": None},
            {"exp": now() - timedelta(minutes=5)},
        ],
    )
    async def test_what_is_not_a_persons_good_token_is_refused(self, project: Project, changes: dict[str, Any]) -> None:
        with pytest.raises(Unauthenticated):
            await self.tokens().read(signed(project.claims(**changes), SHARED, "HS256"))

    async def test_a_subject_that_is_no_uuid_gets_a_steady_one(self, project: Project) -> None:
        token = signed(project.claims(sub="google|1234"), SHARED, "HS256")
        first, second = await self.tokens().read(token), await self.tokens().read(token)
        assert first.user_id == second.user_id
        assert isinstance(first.user_id, UUID)

    async def test_published_keys_are_not_asked_for(self, project: Project, rsa_key: rsa.RSAPrivateKey) -> None:
        with pytest.raises(Unauthenticated, match="not accepted"):
            await self.tokens().read(signed(project.claims(), rsa_key, "RS256", "one"))


class TestPublishedKeys:
    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    async def test_a_token_signed_with_a_published_key_is_read(
        self, project: Project, rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey, algorithm: str
    ) -> None:
        key = rsa_key if algorithm == "RS256" else ec_key
        project.publish("one", key)
        claims = await ExternalTokens(url=project.url, secret=None).read(
            signed(project.claims(), key, algorithm, "one")
        )
        assert claims.user_id == USER_ID
        assert claims.issuer == f"{project.url}/auth/v1"

    async def test_keys_are_fetched_once_for_many_tokens(self, project: Project, rsa_key: rsa.RSAPrivateKey) -> None:
        project.publish("one", rsa_key)
        tokens = ExternalTokens(url=project.url, secret=None)
        for _ in range(5):
            await tokens.read(signed(project.claims(), rsa_key, "RS256", "one"))
        assert project.fetches == 1

    async def test_a_key_that_is_new_is_fetched(
        self, project: Project, rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey
    ) -> None:
        project.publish("one", rsa_key)
        tokens = ExternalTokens(url=project.url, secret=None, refetch_after_s=0)
        await tokens.read(signed(project.claims(), rsa_key, "RS256", "one"))
        project.publish("two", ec_key)
        assert (await tokens.read(signed(project.claims(), ec_key, "ES256", "two"))).user_id == USER_ID

    async def test_invented_key_ids_do_not_cause_a_fetch_each(
        self, project: Project, rsa_key: rsa.RSAPrivateKey
    ) -> None:
        project.publish("one", rsa_key)
        tokens = ExternalTokens(url=project.url, secret=None)
        for number in range(5):
            with pytest.raises(Unauthenticated, match="does not publish"):
                await tokens.read(signed(project.claims(), rsa_key, "RS256", f"invented {number}"))
        assert project.fetches == 1

    async def test_a_withdrawn_key_is_forgotten(self, project: Project, rsa_key: rsa.RSAPrivateKey) -> None:
        project.publish("one", rsa_key)
        tokens = ExternalTokens(url=project.url, secret=None, refresh_after_s=0)
        token = signed(project.claims(), rsa_key, "RS256", "one")
        await tokens.read(token)
        project.keys.clear()
        with pytest.raises(Unauthenticated, match="does not publish"):
            await tokens.read(token)

    @pytest.mark.parametrize("secret", [None, SHARED])
    async def test_a_published_key_is_never_taken_for_a_secret(
        self, project: Project, rsa_key: rsa.RSAPrivateKey, secret: str | None
    ) -> None:
        project.publish("one", rsa_key)
        pem = rsa_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        forged = forged_hs256(project.claims(), secret=pem, key_id="one")
        with pytest.raises(Unauthenticated):
            await ExternalTokens(url=project.url, secret=secret).read(forged)

    async def test_a_published_secret_is_not_a_key(self, project: Project) -> None:
        secret = b"a secret that a project should not have published"
        project.keys["one"] = {"kty": "oct", "kid": "one", "k": encoded(secret), "alg": "HS256"}
        forged = forged_hs256(project.claims(), secret=secret, key_id="one")
        with pytest.raises(Unauthenticated):
            await ExternalTokens(url=project.url, secret=None).read(forged)

    async def test_another_projects_token_is_refused(self, project: Project, rsa_key: rsa.RSAPrivateKey) -> None:
        project.publish("one", rsa_key)
        token = signed(project.claims(iss="https://elsewhere.test/auth/v1"), rsa_key, "RS256", "one")
        with pytest.raises(Unauthenticated, match="not trusted"):
            await ExternalTokens(url=project.url, secret=None).read(token)

    async def test_keys_named_inside_a_token_are_not_fetched(
        self, project: Project, rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey
    ) -> None:
        project.publish("one", rsa_key)
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec_key.public_key()))
        headers = {"kid": "mine", "jku": f"{project.url}/mine", "jwk": public}
        token = jwt.encode(project.claims(), ec_key, algorithm="ES256", headers=headers)
        with pytest.raises(Unauthenticated, match="does not publish"):
            await ExternalTokens(url=project.url, secret=None).read(token)

    async def test_an_oidc_project_says_where_its_keys_lie(self, project: Project, rsa_key: rsa.RSAPrivateKey) -> None:
        project.discovery = {"jwks_uri": f"{project.url}/keys"}
        project.publish("one", rsa_key)
        token = signed(project.claims(iss=project.url), rsa_key, "RS256", "one")
        assert (await ExternalTokens(url=project.url, secret=None).read(token)).user_id == USER_ID

    async def test_keys_at_another_host_are_not_fetched(self, project: Project, rsa_key: rsa.RSAPrivateKey) -> None:
        project.discovery = {"jwks_uri": "http://localhost:1/keys"}
        with pytest.raises(Unavailable):
            await ExternalTokens(url=project.url, secret=None).read(signed(project.claims(), rsa_key, "RS256", "one"))

    async def test_a_project_that_cannot_be_reached_is_not_the_users_fault(self, rsa_key: rsa.RSAPrivateKey) -> None:
        tokens = ExternalTokens(url="http://127.0.0.1:1", secret=None)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await tokens.read(signed(Project(url="http://127.0.0.1:1").claims(), rsa_key, "RS256", "one"))


def test_a_refresh_token_is_stored_as_a_hash_only() -> None:
    token = new_refresh_token()
    assert len(token) >= 43
    assert token_hash(token) == token_hash(token) != token_hash(new_refresh_token())
