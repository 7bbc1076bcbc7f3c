"""A POST with an ``Idempotency-Key`` is done once, whatever happens to its first try."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest_asyncio
from fastapi import APIRouter, FastAPI, UploadFile
from pydantic import BaseModel
from sqlalchemy import func, select, update

from segue.accounts.tables import Profile
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, UserSession
from segue.kit.web.idempotency import Idempotent, StoredAnswer
from segue.kit.web.routes import ApiRoute
from tests.http import SignedUp, app_of, client_of, signed_up_user


class Step(BaseModel):
    """What is asked for."""

    letter: str
    fails: bool = False
    waits: bool = False


class Steps:
    """A POST that does something: it writes a letter to the user's own profile."""

    def __init__(self, app: FastAPI) -> None:
        self.started, self.may_go_on = asyncio.Event(), asyncio.Event()
        router = APIRouter(route_class=ApiRoute)

        @router.post("/steps", status_code=201, dependencies=[Idempotent])
        async def step(body: Step, user: CurrentUser, session: UserSession) -> dict[str, str]:
            own = Profile.user_id == user.user_id
            await session.execute(update(Profile).where(own).values(bio=Profile.bio + body.letter))
            self.started.set()
            if body.waits:
                await self.may_go_on.wait()
            if body.fails:
                raise RuntimeError("in the middle")
            return {"answer": str(uuid4())}

        @router.post("/files", dependencies=[Idempotent])
        async def file(file: UploadFile, user: CurrentUser) -> dict[str, str]:
            return {"answer": f"{len(await file.read())} {uuid4()}"}

        app.include_router(router)


class World:
    """The application with those routes, and somebody to call them."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient, steps: Steps, ada: SignedUp) -> None:
        self.runtime, self.client, self.steps, self.ada = runtime, client, steps, ada

    async def post(self, key: str | None, user: SignedUp | None = None, **body: object) -> httpx.Response:
        headers = dict((user or self.ada).headers)
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.client.post("/steps", json=body, headers=headers)

    async def written(self) -> str | None:
        async with self.runtime.database.session(None) as session:
            return await session.scalar(select(Profile.bio).where(Profile.user_id == self.ada.user_id))


@pytest_asyncio.fixture
async def world(runtime: Runtime) -> AsyncIterator[World]:
    app = app_of(runtime)
    steps = Steps(app)
    async with client_of(app) as client:
        yield World(runtime, client, steps, await signed_up_user(client))


async def test_the_same_request_is_done_once_and_answered_the_same(world: World) -> None:
    first, second = await world.post("one", letter="a"), await world.post("one", letter="a")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert await world.written() == "a"


async def test_without_a_key_every_request_is_done(world: World) -> None:
    await world.post(None, letter="a")
    await world.post(None, letter="a")
    assert await world.written() == "aa"


async def test_a_key_may_be_written_as_a_structured_string(world: World) -> None:
    first, second = await world.post('"one"', letter="a"), await world.post("one", letter="a")
    assert first.json() == second.json()


async def test_the_key_of_another_request_is_refused(world: World) -> None:
    await world.post("one", letter="a")
    response = await world.post("one", letter="b")
    assert response.status_code == 422
    assert response.json()["type"] == "urn:segue:error:idempotency-key-reused"
    assert await world.written() == "a"


async def test_users_do_not_share_keys(world: World) -> None:
    bob = await signed_up_user(world.client)
    first, second = await world.post("one", letter="a"), await world.post("one", user=bob, letter="b")
    assert first.json() != second.json()
    assert second.status_code == 201


async def test_while_the_first_runs_the_second_is_told_to_wait(world: World) -> None:
    first = asyncio.create_task(world.post("one", letter="a", waits=True))
    await world.steps.started.wait()
    second = await world.post("one", letter="a", waits=True)
    world.steps.may_go_on.set()
    assert (await first).status_code == 201
    assert second.status_code == 409
    assert second.json()["type"] == "urn:segue:error:idempotency-key-in-use"
    assert await world.written() == "a"


async def test_what_failed_in_the_middle_left_nothing_and_may_be_tried_again(world: World) -> None:
    assert (await world.post("one", letter="a", fails=True)).status_code == 500
    assert await world.written() == ""
    assert (await world.post("one", letter="a", fails=False)).status_code == 201
    assert await world.written() == "a"


async def test_what_was_refused_may_be_tried_again(world: World) -> None:
    assert (await world.post("one", wrong="a")).status_code == 422
    assert (await world.post("one", letter="a")).status_code == 201


async def test_an_empty_key_is_refused(world: World) -> None:
    assert (await world.post('""', letter="a")).status_code == 422
    assert (await world.post("x" * 256, letter="a")).status_code == 422


async def test_a_key_is_forgotten_after_a_day_and_deleted_by_the_next(world: World) -> None:
    await world.post("one", letter="a")
    async with world.runtime.database.system_session() as session:
        await session.execute(update(StoredAnswer).values(created_at=now() - timedelta(hours=25)))
    assert (await world.post("one", letter="b")).status_code == 201
    await world.post("two", letter="c")
    assert await world.written() == "abc"
    async with world.runtime.database.system_session() as session:
        assert await session.scalar(select(func.count()).select_from(StoredAnswer)) == 2


async def test_the_same_file_is_the_same_request_under_any_boundary(world: World) -> None:
    headers = {**world.ada.headers, "Idempotency-Key": "one"}

    async def send(content: bytes) -> httpx.Response:
        return await world.client.post("/files", files={"file": ("a.wav", content)}, headers=headers)

    first, second, other = await send(b"x" * 3_000_000), await send(b"x" * 3_000_000), await send(b"y" * 3_000_000)
    assert first.json() == second.json()
    assert first.json()["answer"].startswith("3000000 ")
    assert other.status_code == 422
