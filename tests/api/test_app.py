"""What every answer of the application has in common."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from segue.kit.database import Database
from segue.kit.runtime import Runtime
from tests.http import API, app_of, client_of, signed_up_user


class TestProblems:
    @pytest.mark.parametrize(
        ("method", "path", "status", "type_"),
        [
            ("GET", "/nowhere", 404, "not-found"),
            ("GET", f"{API}/nowhere", 404, "not-found"),
            ("GET", f"{API}/auth/login", 405, "method-not-allowed"),
            ("POST", f"{API}/auth/login", 422, "invalid-request"),
            ("GET", f"{API}/auth/me", 401, "unauthenticated"),
        ],
    )
    async def test_every_error_is_a_problem_document(
        self, client: httpx.AsyncClient, method: str, path: str, status: int, type_: str
    ) -> None:
        response = await client.request(method, path)
        problem = response.json()
        assert response.headers["content-type"] == "application/problem+json"
        assert response.status_code == problem["status"] == status
        assert problem["type"] == f"urn:segue:error:{type_}"
        assert problem["instance"] == path
        assert problem["request_id"] == response.headers["x-request-id"]
        assert problem["detail"]

    @pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"null", b"[]", b'"x"', b"{} {}"])
    async def test_a_body_that_is_no_object_is_refused_in_words(
        self, client: httpx.AsyncClient, content: bytes
    ) -> None:
        headers = {"Content-Type": "application/json"}
        response = await client.post(f"{API}/auth/login", content=content, headers=headers)
        assert response.status_code in (400, 422)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"]

    async def test_an_unexpected_error_tells_nothing_but_how_to_report_it(
        self, app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        @app.get("/broken")
        async def broken() -> None:
            raise RuntimeError("the secret of the house")

        response = await client.get("/broken")
        assert response.status_code == 500
        assert response.json()["type"] == "urn:segue:error:internal"
        assert response.json()["request_id"] == response.headers["x-request-id"]
        assert "secret" not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "request.failed" in caplog.text

    async def test_without_a_database_it_asks_to_come_again(self, runtime: Runtime, server_url: str) -> None:
        nowhere = make_url(server_url).set(database="nowhere").render_as_string(hide_password=False)
        database = Database(nowhere)
        async with client_of(app_of(replace(runtime, database=database))) as client:
            response = await client.get("/@ada")
        await database.close()
        assert response.status_code == 503
        assert response.headers["retry-after"] == "2"
        assert response.json()["type"] == "urn:segue:error:unavailable"


class TestHeaders:
    async def test_a_sane_request_id_is_kept_and_another_replaced(self, client: httpx.AsyncClient) -> None:
        kept = await client.get("/healthz", headers={"X-Request-ID": "my-request-0001"})
        assert kept.headers["x-request-id"] == "my-request-0001"
        for insane in ("x", "a" * 200, "two words", "<script>alert(1)</script>"):
            replaced = await client.get("/healthz", headers={"X-Request-ID": insane})
            assert len(replaced.headers["x-request-id"]) == 32

    async def test_browsers_are_told_to_be_careful(self, client: httpx.AsyncClient) -> None:
        headers = (await client.get("/healthz")).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"].split("style-src")[0]

    async def test_other_origins_read_only_if_the_settings_name_them(self, runtime: Runtime) -> None:
        asked = {"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
        async with client_of(app_of(runtime)) as client:
            closed = await client.options(f"{API}/auth/login", headers=asked)
        async with client_of(app_of(runtime, cors_origins=["https://app.test"])) as client:
            opened = await client.options(f"{API}/auth/login", headers=asked)
            other = await client.options(f"{API}/auth/login", headers={**asked, "Origin": "https://evil.test"})
            refused = await client.get(f"{API}/auth/me", headers={"Origin": "https://app.test"})
        assert "access-control-allow-origin" not in closed.headers
        assert opened.headers["access-control-allow-origin"] == "https://app.test"
        assert "access-control-allow-origin" not in other.headers
        assert refused.headers["access-control-allow-origin"] == "https://app.test"

    async def test_https_is_insisted_on_where_it_is_used(self, runtime: Runtime) -> None:
        async with client_of(app_of(runtime, public_url="https://segue.test")) as client:
            assert (await client.get("/healthz")).headers["strict-transport-security"] == "max-age=31536000"
        async with client_of(app_of(runtime, public_url="http://segue.test")) as client:
            assert "strict-transport-security" not in (await client.get("/healthz")).headers


class TestLimits:
    async def test_an_address_that_asks_too_often_is_told_when_to_come_back(self, runtime: Runtime) -> None:
        app = app_of(runtime, requests_per_minute=2)
        async with client_of(app) as client:
            answers = [await client.get("/openapi.json") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 30
        async with client_of(app, "192.0.2.7") as elsewhere:
            assert (await elsewhere.get("/openapi.json")).status_code == 200

    async def test_a_user_is_counted_apart_from_their_address(self, runtime: Runtime) -> None:
        async with client_of(app_of(runtime, requests_per_minute=3)) as client:
            ada = await signed_up_user(client)
            bob = await signed_up_user(client)
            for user in (ada, bob):
                answers = [await client.get(f"{API}/auth/me", headers=user.headers) for _ in range(4)]
                assert [answer.status_code for answer in answers] == [200, 200, 200, 429]

    async def test_health_is_never_limited(self, runtime: Runtime) -> None:
        async with client_of(app_of(runtime, requests_per_minute=1)) as client:
            assert {(await client.get("/healthz")).status_code for _ in range(5)} == {200}

    async def test_a_large_body_is_refused_before_it_is_read(self, client: httpx.AsyncClient) -> None:
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 2**16
                yield b"x" * 2**16

        json_headers = {"Content-Type": "application/json"}
        named = await client.post(
            f"{API}/auth/login", content=endless(), headers={**json_headers, "Content-Length": str(2**30)}
        )
        assert (named.status_code, read) == (413, 0)
        chunked = await client.post(f"{API}/auth/login", content=endless(), headers=json_headers)
        assert chunked.status_code == 413
        assert chunked.json()["type"] == "urn:segue:error:too-large"
        assert read <= 2**20 + 2**18

    async def test_files_of_anonymous_visitors_are_refused_before_they_are_read(
        self, client: httpx.AsyncClient
    ) -> None:
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(20 * 2**20)}
        response = await client.post(f"{API}/upload", content=b"", headers=headers)
        assert response.status_code == 401


class TestDocs:
    async def test_the_page_fetches_nothing_from_elsewhere(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs")).text
        assert "http" not in page.replace("/openapi.json", "")
        for path in ("/docs/assets/swagger-ui-bundle.js", "/docs/assets/swagger-ui.css", "/docs/start.js"):
            assert path in page
            assert (await client.get(path)).status_code == 200

    async def test_the_document_names_each_path_once_and_under_its_version(self, client: httpx.AsyncClient) -> None:
        document = (await client.get("/openapi.json")).json()
        assert "/api/v1/auth/signup" in document["paths"]
        assert all(path.startswith("/api/v1/") for path in document["paths"])

    async def test_operation_ids_are_unique(self, client: httpx.AsyncClient) -> None:
        paths = (await client.get("/openapi.json")).json()["paths"]
        ids = [operation["operationId"] for path in paths.values() for operation in path.values()]
        assert len(ids) == len(set(ids))

    async def test_every_operation_says_what_its_errors_look_like(self, client: httpx.AsyncClient) -> None:
        document = (await client.get("/openapi.json")).json()
        assert "Problem" in document["components"]["schemas"]
        for path in document["paths"].values():
            for operation in path.values():
                assert "application/problem+json" in operation["responses"]["4XX"]["content"]
                assert "422" not in operation["responses"]

    async def test_what_needs_a_token_says_so(self, client: httpx.AsyncClient) -> None:
        paths = (await client.get("/openapi.json")).json()["paths"]
        assert paths["/api/v1/auth/me"]["get"]["security"] == [{"AccessToken": []}]
        assert "security" not in paths["/api/v1/auth/login"]["post"]
