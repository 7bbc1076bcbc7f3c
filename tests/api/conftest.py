"""A client of the application, for tests of what all routes share."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from segue.kit.runtime import Runtime
from tests.callers import anonymous, caller, other
from tests.http import app_of, client_of

__all__ = ["anonymous", "caller", "other"]


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    """The whole application."""
    return app_of(runtime)


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with client_of(app) as client:
        yield client
