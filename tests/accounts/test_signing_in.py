"""Signing up, in and out, refreshing, and changing the password, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from segue.accounts.tables import Profile, RefreshToken, User
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from tests.http import API, PASSWORD, SignedUp, app_of, client_of, signed_up_user


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post(f"{API}/auth/login", json={"email": email, "password": password})


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{API}/auth/refresh", json={"refresh_token": token})


async def me(client: httpx.AsyncClient, access_token: str) -> httpx.Response:
    return await client.get(f"{API}/auth/me", headers={"Authorization": f"Bearer {access_token}"})


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].removeprefix("urn:segue:error:")


class TestSignUp:
    async def test_it_makes_an_account_with_a_profile_and_signs_in(
        self, client: httpx.AsyncClient, runtime: Runtime
    ) -> None:
        response = await client.post(f"{API}/auth/signup", json={"email": " Ada@Example.COM ", "password": PASSWORD})
        answer = response.json()
        assert response.status_code == 201
        assert answer["token_type"] == "bearer"
        assert answer["user_id"] == answer["user"]["id"]
        assert answer["user"]["email"] == "ada@example.com"
        assert (await me(client, answer["access_token"])).json()["user_id"] == answer["user_id"]
        async with runtime.database.system_session() as session:
            assert await session.get(Profile, UUID(answer["user_id"])) is not None

    async def test_no_cache_keeps_the_tokens(self, client: httpx.AsyncClient) -> None:
        response = await client.post(f"{API}/auth/signup", json={"email": "a@b.local", "password": PASSWORD})
        assert response.headers["cache-control"] == "no-store"

    async def test_the_password_is_stored_as_a_hash(self, client: httpx.AsyncClient, runtime: Runtime) -> None:
        user = await signed_up_user(client)
        async with runtime.database.system_session() as session:
            row = await session.get_one(User, user.user_id)
        assert row.password_hash is not None
        assert row.password_hash.startswith("$argon2id$")

    async def test_an_email_has_one_account_in_whatever_case(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        response = await client.post(f"{API}/auth/signup", json={"email": "ADA@example.com", "password": PASSWORD})
        assert problem(response) == (409, "email-taken")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": "ada", "password": PASSWORD}, "body.email"),
            ({"email": "ada@", "password": PASSWORD}, "body.email"),
            ({"email": "a b@example.com", "password": PASSWORD}, "body.email"),
            ({"email": "ada@example.com\u0000", "password": PASSWORD}, "body.email"),
            ({"email": "ada@example.com"}, "body.password"),
            ({"email": None, "password": PASSWORD}, "body.email"),
            ({"email": ["ada@example.com"], "password": PASSWORD}, "body.email"),
            ({}, "body.email"),
        ],
    )
    async def test_what_is_wrong_is_said_by_field(
        self, client: httpx.AsyncClient, body: dict[str, Any], field: str
    ) -> None:
        response = await client.post(f"{API}/auth/signup", json=body)
        assert problem(response) == (422, "invalid-request")
        assert field in [error["field"] for error in response.json()["errors"]]

    async def test_a_refused_password_is_not_repeated(self, client: httpx.AsyncClient) -> None:
        response = await client.post(f"{API}/auth/signup", json={"email": "ada@example.com", "password": "hunter2"})
        assert problem(response) == (422, "weak-password")
        assert "hunter2" not in response.text

    async def test_a_refused_sign_up_leaves_nothing_behind(self, client: httpx.AsyncClient, runtime: Runtime) -> None:
        await client.post(f"{API}/auth/signup", json={"email": "ada@example.com", "password": "short"})
        async with runtime.database.system_session() as session:
            assert await session.scalar(select(func.count()).select_from(User)) == 0


class TestSignIn:
    async def test_the_right_password_signs_in(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        response = await sign_in(client, "Ada@example.com")
        assert response.status_code == 200
        assert response.json()["user_id"] == str(ada.user_id)

    async def test_the_unversioned_path_answers_too(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        response = await client.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD})
        assert response.status_code == 200

    async def test_it_is_not_told_whether_email_or_password_was_wrong(
        self, client: httpx.AsyncClient, ada: SignedUp
    ) -> None:
        wrong_password = await sign_in(client, ada.email, "wrong horse")
        wrong_email = await sign_in(client, "nobody@example.com", "wrong horse")
        assert problem(wrong_password) == problem(wrong_email) == (401, "wrong-credentials")
        assert wrong_password.json()["detail"] == wrong_email.json()["detail"]

    async def test_guessing_one_account_is_slowed_down_from_wherever_it_comes(
        self, runtime: Runtime, ada: SignedUp
    ) -> None:
        app = app_of(runtime, signins_per_minute=3)
        for number in range(3):
            async with client_of(app, f"192.0.2.{number}") as client:
                assert (await sign_in(client, ada.email, "wrong horse")).status_code == 401
        async with client_of(app, "192.0.2.99") as client:
            refused = await sign_in(client, ada.email)
        assert problem(refused) == (429, "rate-limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 60

    async def test_guessing_many_accounts_from_one_address_is_slowed_down(self, runtime: Runtime) -> None:
        async with client_of(app_of(runtime, signins_per_minute=3)) as client:
            statuses = [(await sign_in(client, f"user{n}@example.com", "wrong horse")).status_code for n in range(5)]
        assert statuses == [401, 401, 401, 429, 429]

    async def test_attempts_count_over_all_processes(self, runtime: Runtime) -> None:
        statuses = []
        for _ in range(4):
            async with client_of(app_of(runtime, signins_per_minute=3)) as client:
                statuses.append((await sign_in(client, "ada@example.com", "wrong horse")).status_code)
        assert statuses == [401, 401, 401, 429]


class TestRefresh:
    async def test_a_refresh_token_brings_new_tokens(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        response = await refresh(client, ada.refresh_token)
        answer = response.json()
        assert response.status_code == 200
        assert answer["refresh_token"] != ada.refresh_token
        assert (await me(client, answer["access_token"])).status_code == 200

    async def test_using_one_twice_ends_the_whole_sign_in(self, runtime: Runtime, ada: SignedUp) -> None:
        async with client_of(app_of(runtime)) as client:
            second = (await refresh(client, ada.refresh_token)).json()
            third = (await refresh(client, second["refresh_token"])).json()
            assert problem(await refresh(client, ada.refresh_token)) == (401, "unauthenticated")
            assert problem(await refresh(client, third["refresh_token"])) == (401, "unauthenticated")
        # A process that has not looked lately notices at once; others take up to ten seconds.
        async with client_of(app_of(runtime)) as elsewhere:
            assert problem(await me(elsewhere, third["access_token"])) == (401, "unauthenticated")

    async def test_another_sign_in_of_the_user_goes_on(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        other = (await sign_in(client, ada.email)).json()
        await refresh(client, ada.refresh_token)
        await refresh(client, ada.refresh_token)
        assert (await refresh(client, other["refresh_token"])).status_code == 200

    async def test_an_expired_one_is_refused(self, client: httpx.AsyncClient, ada: SignedUp, runtime: Runtime) -> None:
        async with runtime.database.system_session() as session:
            await session.execute(update(RefreshToken).values(expires_at=now() - timedelta(seconds=1)))
        assert problem(await refresh(client, ada.refresh_token)) == (401, "unauthenticated")

    @pytest.mark.parametrize("token", ["x", "é" * 40, "0" * 512])
    async def test_an_invented_one_is_refused(self, client: httpx.AsyncClient, token: str) -> None:
        assert problem(await refresh(client, token)) == (401, "unauthenticated")

    async def test_an_access_token_is_not_one(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        access_token = ada.headers["Authorization"].removeprefix("Bearer ")
        assert (await refresh(client, access_token)).status_code in (401, 422)


class TestSignOut:
    async def test_anonymous(self, client: httpx.AsyncClient) -> None:
        assert problem(await client.post(f"{API}/auth/logout")) == (401, "unauthenticated")

    async def test_both_tokens_are_dead(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        assert (await client.get(f"{API}/auth/me", headers=ada.headers)).status_code == 200
        assert (await client.post(f"{API}/auth/logout", headers=ada.headers)).status_code == 204
        assert problem(await refresh(client, ada.refresh_token)) == (401, "unauthenticated")
        assert problem(await client.get(f"{API}/auth/me", headers=ada.headers)) == (401, "unauthenticated")

    @pytest.mark.parametrize(
        ("scope", "here", "there"), [("local", 401, 200), ("others", 200, 401), ("global", 401, 401)]
    )
    async def test_one_chooses_which_sign_ins_end(
        self, client: httpx.AsyncClient, ada: SignedUp, scope: str, here: int, there: int
    ) -> None:
        other = (await sign_in(client, ada.email)).json()
        await client.post(f"{API}/auth/logout", params={"scope": scope}, headers=ada.headers)
        assert (await refresh(client, ada.refresh_token)).status_code == here
        assert (await refresh(client, other["refresh_token"])).status_code == there

    async def test_nobody_elses_sign_in_ends(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        bob = await signed_up_user(client)
        await client.post(f"{API}/auth/logout", params={"scope": "global"}, headers=ada.headers)
        assert (await refresh(client, bob.refresh_token)).status_code == 200


class TestPassword:
    NEW = "battery staple horse"

    async def change(self, client: httpx.AsyncClient, user: SignedUp, current: str, new: str) -> httpx.Response:
        body = {"current_password": current, "new_password": new}
        return await client.post(f"{API}/auth/password", json=body, headers=user.headers)

    async def test_anonymous(self, client: httpx.AsyncClient) -> None:
        body = {"current_password": PASSWORD, "new_password": self.NEW}
        assert problem(await client.post(f"{API}/auth/password", json=body)) == (401, "unauthenticated")

    async def test_the_new_one_counts_and_the_old_one_does_not(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        assert (await self.change(client, ada, PASSWORD, self.NEW)).status_code == 204
        assert (await sign_in(client, ada.email, self.NEW)).status_code == 200
        assert (await sign_in(client, ada.email, PASSWORD)).status_code == 401

    async def test_other_sign_ins_end_and_this_one_goes_on(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        other = (await sign_in(client, ada.email)).json()
        await self.change(client, ada, PASSWORD, self.NEW)
        assert (await refresh(client, other["refresh_token"])).status_code == 401
        assert (await refresh(client, ada.refresh_token)).status_code == 200

    async def test_the_current_one_must_be_right(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        assert problem(await self.change(client, ada, "wrong horse", self.NEW)) == (401, "wrong-credentials")
        assert (await sign_in(client, ada.email)).status_code == 200

    async def test_the_new_one_must_be_good(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        assert problem(await self.change(client, ada, PASSWORD, "short")) == (422, "weak-password")
