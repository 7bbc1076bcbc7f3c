"""An HTTP client of the whole application, and users for it."""  # noqa: A005 - the name says it, and nothing here wants the library

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

import httpx
from fastapi import FastAPI

from segue.api.app import create_app
from segue.kit.logs import set_up_structlog
from segue.kit.runtime import Runtime

API = "/api/v1"
PASSWORD = "correct horse battery"
_numbers = count(1)


@dataclass(frozen=True)
class SignedUp:
    """A user with an account: send `headers` with each request."""

    user_id: UUID
    email: str
    headers: dict[str, str] = field(repr=False)
    refresh_token: str = field(repr=False)


def app_of(runtime: Runtime, **settings: object) -> FastAPI:
    """Return the application on `runtime`, under limits that no test meets unless it sets its own."""
    set_up_structlog()
    generous = {"signins_per_minute": 100_000, "requests_per_minute": 1_000_000, **settings}
    return create_app(replace(runtime, settings=runtime.settings.model_copy(update=generous)))


@asynccontextmanager
async def client_of(app: FastAPI, address: str = "192.0.2.1") -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that calls from `address`; an unexpected error is a 500, as users would see it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://segue.test") as client:
        yield client


async def signed_up_user(client: httpx.AsyncClient, email: str | None = None) -> SignedUp:
    """Sign somebody new up."""
    email = email or f"user{next(_numbers)}@example.com"
    response = await client.post(f"{API}/auth/signup", json={"email": email, "password": PASSWORD})
    assert response.status_code == 201, response.text
    answer = response.json()
    return SignedUp(
        user_id=UUID(answer["user_id"]),
        email=email,
        headers={"Authorization": f"Bearer {answer['access_token']}"},
        refresh_token=answer["refresh_token"],
    )
