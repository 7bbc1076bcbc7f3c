"""Fixtures: users of the whole application, without a network between."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.http import SignedUp, app_of, client_of, signed_up_user
from tests.songs import Caller


@pytest_asyncio.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application on this test's runtime."""
    async with client_of(app_of(runtime)) as client:
        yield client


@pytest.fixture
def anonymous(client: httpx.AsyncClient) -> Caller:
    """Somebody who is not signed in."""
    return Caller(client, SignedUp(new_id(), "", {}, ""))


@pytest_asyncio.fixture
async def caller(client: httpx.AsyncClient) -> Caller:
    """Somebody who is signed in."""
    return Caller(client, await signed_up_user(client))


@pytest_asyncio.fixture
async def other(client: httpx.AsyncClient) -> Caller:
    """Somebody else who is signed in."""
    return Caller(client, await signed_up_user(client))
