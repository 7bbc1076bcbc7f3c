"""A client of the application, for tests of accounts."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from segue.kit.runtime import Runtime
from tests.callers import anonymous, caller, other
from tests.http import SignedUp, app_of, client_of, signed_up_user

__all__ = ["anonymous", "caller", "other"]


@pytest_asyncio.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application on this test's database."""
    async with client_of(app_of(runtime)) as client:
        yield client


@pytest_asyncio.fixture
async def ada(client: httpx.AsyncClient) -> SignedUp:
    """Somebody who has signed up."""
    return await signed_up_user(client, "ada@example.com")
