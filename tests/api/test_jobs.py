"""The routes of jobs, and their events from a real server."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio

from segue.kit import jobs
from segue.kit.jobs import Worker
from segue.kit.runtime import Runtime
from tests.http import API, SignedUp, app_of, client_of, signed_up_user
from tests.kit.jobs.samples import ECHO, JOB_TYPES, NAP

ROUTES = [("GET", ""), ("GET", "/{id}"), ("GET", "/{id}/events"), ("POST", "/{id}/cancel")]
#: Tokens are for one installation, wherever it listens.
ISSUER = "http://segue.test"
SERVE = """
import json, sys
from segue.api.server import serve
from segue.kit.settings import Settings
if __name__ == "__main__":
    serve(Settings(_env_file=None, **json.load(sys.stdin)))
"""


@pytest_asyncio.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_of(runtime, public_url=ISSUER)) as client:
        yield client
    await runtime.notifications.close()


@pytest_asyncio.fixture
async def user(client: httpx.AsyncClient) -> SignedUp:
    return await signed_up_user(client)


@asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    worker = Worker(runtime, JOB_TYPES)
    task = asyncio.create_task(worker.run(handle_signals=False))
    yield
    worker.stop()
    await task


async def start(runtime: Runtime, user: SignedUp, job_type: jobs.JobType = ECHO, **input_data: Any) -> UUID:
    async with runtime.database.session(user.user_id) as session:
        return (await jobs.enqueue(session, job_type, user_id=user.user_id, input_data=input_data)).id


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_an_anonymous_visitor_is_asked_to_sign_in(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, f"{API}/jobs{path.format(id=UUID(int=1))}")
    assert response.status_code == 401


@pytest.mark.parametrize(("method", "path"), ROUTES[1:])
async def test_anothers_job_is_not_found(
    client: httpx.AsyncClient, runtime: Runtime, user: SignedUp, method: str, path: str
) -> None:
    job_id = await start(runtime, user)
    stranger = await signed_up_user(client)
    response = await client.request(method, f"{API}/jobs{path.format(id=job_id)}", headers=stranger.headers)
    assert response.status_code == 404
    assert (await client.get(f"{API}/jobs", headers=stranger.headers)).json()["items"] == []


async def test_a_job_is_shown(client: httpx.AsyncClient, runtime: Runtime, user: SignedUp) -> None:
    job_id = await start(runtime, user, say="hello")
    job = (await client.get(f"{API}/jobs/{job_id}", headers=user.headers)).json()
    assert (job["status"], job["progress"], job["job_type"]) == ("queued", 0, "test.echo")
    assert job["input_data"] == {"say": "hello"}


async def test_jobs_are_listed_newest_first_page_by_page(
    client: httpx.AsyncClient, runtime: Runtime, user: SignedUp
) -> None:
    ids = [str(await start(runtime, user)) for _ in range(3)]
    first = (await client.get(f"{API}/jobs", params={"limit": 2}, headers=user.headers)).json()
    rest = (await client.get(f"{API}/jobs", params={"cursor": first["next_cursor"]}, headers=user.headers)).json()
    assert [job["id"] for job in [*first["items"], *rest["items"]]] == ids[::-1]
    assert rest["next_cursor"] is None


async def test_a_job_is_cancelled_once_or_twice_alike(
    client: httpx.AsyncClient, runtime: Runtime, user: SignedUp
) -> None:
    job_id = await start(runtime, user)
    answers = [await client.post(f"{API}/jobs/{job_id}/cancel", headers=user.headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["status"] for answer in answers] == ["cancelled", "cancelled"]


async def test_a_job_that_has_ended_cannot_be_cancelled(
    client: httpx.AsyncClient, runtime: Runtime, user: SignedUp
) -> None:
    job_id = await start(runtime, user)
    async with working(runtime):
        await (await client.get(f"{API}/jobs/{job_id}/events", headers=user.headers)).aread()
    response = await client.post(f"{API}/jobs/{job_id}/cancel", headers=user.headers)
    assert response.status_code == 409
    assert response.json()["type"] == "urn:segue:error:conflict"


async def test_a_browser_that_saw_the_end_is_told_to_stay_away(
    client: httpx.AsyncClient, runtime: Runtime, user: SignedUp
) -> None:
    job_id = await start(runtime, user)
    await client.post(f"{API}/jobs/{job_id}/cancel", headers=user.headers)
    url = f"{API}/jobs/{job_id}/events"
    seen = events_in((await client.get(url, headers=user.headers)).text.splitlines())
    again = await client.get(url, headers={**user.headers, "Last-Event-ID": seen[-1]["id"]})
    assert again.status_code == 204


@pytest.fixture
def server(runtime: Runtime) -> Iterator[str]:
    """The address of a real server on this test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = runtime.settings
    assert settings.secret_key is not None
    given = {
        "data_dir": str(settings.data_dir),
        "database_url": str(settings.database_url),
        "secret_key": settings.secret_key.get_secret_value(),
        "port": port,
        "public_url": ISSUER,
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(given).encode())
    process.stdin.close()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await http.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


def events_in(lines: list[str]) -> list[dict[str, Any]]:
    """Parse a whole event stream."""
    events: list[dict[str, Any]] = [{}]
    for line in lines:
        name, _, value = line.partition(": ")
        if not line:
            events.append({})
        elif name:
            events[-1][name] = json.loads(value) if name == "data" else value
    return [event for event in events if event.get("event") == "job"]


@pytest.mark.slow
async def test_a_real_server_streams_a_job_to_its_end(runtime: Runtime, user: SignedUp, server: str) -> None:
    job_id = await start(runtime, user, NAP, seconds=2)
    async with httpx.AsyncClient(base_url=server, headers=user.headers, timeout=30) as http:
        await ready(http)
        lines: list[str] = []
        async with http.stream("GET", f"{API}/jobs/{job_id}/events") as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            stream = response.aiter_lines()
            async for line in stream:
                lines.append(line)
                if line.startswith("data"):
                    break  # it waits: no worker runs yet
            async with working(runtime):
                await cut_listeners(runtime)
                lines += [line async for line in stream]
    seen = [event["data"] for event in events_in(lines)]
    assert (seen[0]["status"], seen[-1]["status"]) == ("queued", "complete")
    assert seen[-1]["output_data"] == {"attempt": 1}
    assert any(0 < job["progress"] < 100 for job in seen)


@pytest.mark.slow
async def test_a_client_that_leaves_is_forgotten(runtime: Runtime, user: SignedUp, server: str) -> None:
    job_id = await start(runtime, user)
    async with httpx.AsyncClient(base_url=server, headers=user.headers, timeout=30) as http:
        await ready(http)
        for _ in range(30):  # more than the pool of connections holds
            async with http.stream("GET", f"{API}/jobs/{job_id}/events") as response:
                await anext(response.aiter_lines())
        assert (await http.get(f"{API}/jobs/{job_id}")).status_code == 200


async def cut_listeners(runtime: Runtime) -> None:
    """Cut the connections that notifications come through, as a database that restarts does."""
    url = str(runtime.settings.database_url)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segue notifications'"
        )
