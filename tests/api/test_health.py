"""Alive, ready, and counted."""

import shutil

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from segue.kit.runtime import Runtime
from segue.kit.storage import FolderStorage
from tests.http import API, app_of, client_of


async def test_a_process_that_answers_is_alive(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}


class TestReady:
    async def test_with_database_and_storage(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/readyz")
        assert response.status_code == 200
        assert response.json() == {"status": "ok", "database": "ok", "storage": "ok"}

    async def test_not_with_the_schema_of_another_version(self, client: httpx.AsyncClient, runtime: Runtime) -> None:
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = '0000_older'"))
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert "segue migrate" in response.json()["database"]

    async def test_not_without_a_database_and_it_does_not_say_where_that_is(
        self, client: httpx.AsyncClient, runtime: Runtime
    ) -> None:
        async with runtime.database.system_session() as session:
            await session.execute(text("DROP TABLE alembic_version"))
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["database"] == "unreachable"

    async def test_not_without_a_folder_to_write_to(self, client: httpx.AsyncClient, runtime: Runtime) -> None:
        assert isinstance(runtime.storage, FolderStorage)
        shutil.rmtree(runtime.storage.folder)
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["storage"] != "ok"


class TestMetrics:
    async def test_requests_are_counted_by_route_and_not_by_address(self, client: httpx.AsyncClient) -> None:
        for path in ("/nowhere/1", "/nowhere/2", f"{API}/auth/me"):
            await client.get(path)
        told = (await client.get("/metrics")).text
        assert 'segue_http_requests_total{method="GET",route="(none)",status="404"} 2.0' in told
        assert 'segue_http_requests_total{method="GET",route="/auth/me",status="401"} 1.0' in told
        assert "/nowhere" not in told

    async def test_with_a_token_set_they_are_for_whoever_sends_it(self, runtime: Runtime) -> None:
        async with client_of(app_of(runtime, metrics_token=SecretStr("t" * 20))) as client:
            for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "t" * 20}):
                assert (await client.get("/metrics", headers=given)).status_code == 401
            response = await client.get("/metrics", headers={"Authorization": f"Bearer {'t' * 20}"})
        assert response.status_code == 200

    async def test_jobs_are_counted_by_status(self, client: httpx.AsyncClient) -> None:
        assert 'segue_jobs{status="queued"} 0.0' in (await client.get("/metrics")).text

    async def test_prometheus_gets_openmetrics(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert response.headers["content-type"].startswith("application/openmetrics-text")
        assert response.text.endswith("# EOF\n")

    async def test_without_a_database_the_requests_are_still_told(self, runtime: Runtime) -> None:
        async with client_of(app_of(runtime)) as client:
            async with runtime.database.system_session() as session:
                await session.execute(text("DROP TABLE ai_jobs CASCADE"))
            await client.get("/healthz")
            response = await client.get("/metrics")
        assert response.status_code == 200
        assert 'route="/healthz"' in response.text
