"""Files that come in: a few at a time."""

import asyncio

from fastapi import Depends, FastAPI

from segue.kit.web.uploads import InTurn
from tests.http import client_of


async def test_no_more_are_taken_in_at_a_time_than_there_are_turns_and_all_are_in_the_end() -> None:
    app = FastAPI()
    app.state.upload_turns = asyncio.Semaphore(3)
    inside, most = 0, 0

    async def count() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)

    @app.post("/upload", dependencies=[InTurn, Depends(count)])
    async def upload() -> None:
        nonlocal inside
        await asyncio.sleep(0.01)
        inside -= 1

    async with client_of(app) as client:
        answers = await asyncio.gather(*(client.post("/upload") for _ in range(10)))

    assert [answer.status_code for answer in answers] == [200] * 10
    assert most == 3
