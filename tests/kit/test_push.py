"""Pushes reach browsers that can read them, and nothing else."""

from collections.abc import Iterator

import httpx
import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from segue.kit import push
from segue.kit.errors import InvalidRequest
from segue.kit.push import MESSAGE_MAX_BYTES, Outcome, PublicTransport, Pusher, Target, VapidKey, check_target
from segue.kit.settings import Settings
from tests.kit.push_service import Browser, LocalPushService, LocalTransport, decoded, local_push_service

HOSTS = Settings.model_fields["push_hosts"].default


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPushService]:
    with local_push_service() as service:
        monkeypatch.setattr(push, "PublicTransport", lambda: LocalTransport(service))
        yield service


async def sent(key: VapidKey, browser: Browser, message: bytes = b"Hello", topic: str | None = None) -> Outcome:
    async with Pusher(key, contact="somebody@example.com", hosts=HOSTS) as pusher:
        return await pusher.send(browser.target, message, topic=topic)


def test_the_tests_browser_reads_the_standards_example() -> None:
    """RFC 8291, 5 and appendix A."""
    private = int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
    key = ec.derive_private_key(private, ec.SECP256R1())
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    browser = Browser("example", key, decoded("BTBZMqHH6r4Tts7J_aSIgg"))
    assert browser.decrypt(decoded(body)) == b"When I grow up, I want to be a watermelon"


@pytest.mark.parametrize("length", [1, 200, MESSAGE_MAX_BYTES])
async def test_the_browser_reads_what_was_sent_and_no_other_does(service: LocalPushService, length: int) -> None:
    browser, message = Browser("a"), b"m" * length
    assert await sent(VapidKey.new(), browser, message) is Outcome.SENT
    (posted,) = service.posted
    assert browser.decrypt(posted.body) == message
    with pytest.raises(InvalidTag):
        Browser("b").decrypt(posted.body)


async def test_the_service_is_told_who_sends(service: LocalPushService) -> None:
    key = VapidKey.new()
    await sent(key, Browser("a"), topic="t" * 32)
    (posted,) = service.posted
    scheme, _, parameters = posted.headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in parameters.split(","))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(given["k"]))
    claims = jwt.decode(given["t"], point, algorithms=["ES256"], audience="https://fcm.googleapis.com")
    assert (scheme, given["k"], claims["sub"]) == ("vapid", key.public_key, "mailto:somebody@example.com")
    assert (posted.headers["content-encoding"], posted.headers["topic"]) == ("aes128gcm", "t" * 32)
    assert int(posted.headers["ttl"]) > 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.SENT),
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (429, Outcome.LATER),
        (503, Outcome.LATER),
        (400, Outcome.REFUSED),
        (302, Outcome.REFUSED),
    ],
)
async def test_the_answer_says_what_came_of_it(service: LocalPushService, status: int, outcome: Outcome) -> None:
    service.answers["a"] = [status]
    assert await sent(VapidKey.new(), Browser("a")) is outcome
    assert len(service.posted) == 1


def test_a_key_is_read_back_as_it_was_written() -> None:
    key = VapidKey.new()
    assert VapidKey(key.private_key).public_key == key.public_key
    for text in ("", "AAAA", "not base64!", "é"):
        with pytest.raises(InvalidRequest):
            VapidKey(text)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/a",
        "https://fcm.googleapis.com:8443/a",
        "https://user:password@fcm.googleapis.com/a",
        "https://fcm.googleapis.com.example.com/a",
        "https://example.com/fcm.googleapis.com",
        "https://example.com#@fcm.googleapis.com/",
        "https://evilnotify.windows.com/a",
        "https://notify.windows.com/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://[::1/a",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/a\r\nX-Evil: 1",
        "https://fcm.googleapis.com/" + "a" * 2_000,
        "",
    ],
)
def test_other_addresses_are_refused(endpoint: str) -> None:
    target = Browser("a").target
    with pytest.raises(InvalidRequest):
        check_target(Target(endpoint, target.p256dh, target.auth), HOSTS)


@pytest.mark.parametrize("host", ["fcm.googleapis.com", "wns2-am3p.notify.windows.com", "web.push.apple.com"])
def test_push_services_are_taken(host: str) -> None:
    target = Browser("a").target
    check_target(Target(f"https://{host}/w/?token=abc", target.p256dh, target.auth), HOSTS)


@pytest.mark.parametrize(("p256dh", "auth"), [("", ""), ("BA", "BA"), ("A" * 87, "A" * 22), ("é", "A" * 22)])
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(InvalidRequest):
        check_target(Target(Browser("a").endpoint, p256dh, auth), HOSTS)


async def test_nothing_is_sent_into_this_network() -> None:
    """Be it that a push service's name leads there."""
    with local_push_service() as service:
        port = httpx.URL(service.url).port
        async with httpx.AsyncClient(transport=PublicTransport(), trust_env=False) as client:
            for host in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0"):
                with pytest.raises(httpx.ConnectError, match="public network"):
                    await client.post(f"http://{host}:{port}/a", content=b"")
        assert service.posted == []
