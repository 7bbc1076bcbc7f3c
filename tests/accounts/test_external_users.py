"""People who sign in at a project that the operator trusts."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from pydantic import SecretStr

from segue.accounts import service
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from tests.http import API, app_of, client_of, signed_up_user

SECRET = "the project's shared secret, which is long enough"


def headers_of(user_id: UUID, **changes: Any) -> dict[str, str]:
    claims = {
        "iss": "https://project.supabase.test/auth/v1",
        "sub": str(user_id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": "grace@example.com",
        "iat": now(),
        "exp": now() + timedelta(hours=1),
        "session_id": str(uuid4()),
        **changes,
    }
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"}


def app(runtime: Runtime) -> Any:
    return app_of(runtime, supabase_jwt_secret=SecretStr(SECRET))


async def test_the_first_request_makes_an_account_and_a_profile(runtime: Runtime) -> None:
    user_id = uuid4()
    async with client_of(app(runtime)) as client:
        answer = (await client.get(f"{API}/auth/me", headers=headers_of(user_id))).json()
        assert (answer["id"], answer["email"]) == (str(user_id), "grace@example.com")
        assert (await client.get(f"{API}/profiles/me", headers=headers_of(user_id))).status_code == 200
    async with runtime.database.session(None) as session:
        assert (await service.profile_of(session, user_id)).handle.startswith("user-")


async def test_without_a_configured_project_its_tokens_are_refused(runtime: Runtime) -> None:
    async with client_of(app_of(runtime)) as client:
        assert (await client.get(f"{API}/auth/me", headers=headers_of(uuid4()))).status_code == 401


async def test_our_own_tokens_go_on_being_good(runtime: Runtime) -> None:
    async with client_of(app(runtime)) as client:
        ada = await signed_up_user(client)
        assert (await client.get(f"{API}/auth/me", headers=ada.headers)).status_code == 200


async def test_a_project_does_not_speak_for_our_own_users(runtime: Runtime) -> None:
    async with client_of(app(runtime)) as client:
        ada = await signed_up_user(client)
        response = await client.get(f"{API}/auth/me", headers=headers_of(ada.user_id))
    assert response.status_code == 401


async def test_the_same_email_there_is_another_account(runtime: Runtime) -> None:
    async with client_of(app(runtime)) as client:
        ada = await signed_up_user(client, "grace@example.com")
        grace = (await client.get(f"{API}/auth/me", headers=headers_of(uuid4()))).json()
    assert grace["id"] != str(ada.user_id)


async def test_first_requests_at_once_make_one_account(runtime: Runtime) -> None:
    user_id = uuid4()
    async with client_of(app(runtime)) as client:
        requests = [client.get(f"{API}/auth/me", headers=headers_of(user_id)) for _ in range(5)]
        statuses = {response.status_code for response in await asyncio.gather(*requests)}
    assert statuses == {200}


@pytest.mark.parametrize(
    ("path", "body"),
    [("/auth/logout", None), ("/auth/password", {"current_password": "x" * 10, "new_password": "y" * 10})],
)
async def test_what_the_project_keeps_is_changed_there(
    runtime: Runtime, path: str, body: dict[str, str] | None
) -> None:
    async with client_of(app(runtime)) as client:
        response: httpx.Response = await client.post(API + path, json=body, headers=headers_of(uuid4()))
    assert response.status_code == 409
    assert "elsewhere" in response.json()["detail"]
