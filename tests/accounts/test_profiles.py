"""One's own account and profile, and what others see of them."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from segue.accounts import service
from segue.accounts.schemas import ProfilePatch
from segue.accounts.tables import Profile, RefreshToken, User
from segue.kit.errors import NotFound
from segue.kit.runtime import Runtime
from tests.http import API, SignedUp, signed_up_user


async def patch(client: httpx.AsyncClient, user: SignedUp, **changes: Any) -> httpx.Response:
    return await client.patch(f"{API}/profiles/me", json=changes, headers=user.headers)


class TestMe:
    async def test_anonymous(self, client: httpx.AsyncClient) -> None:
        response = await client.get(f"{API}/auth/me")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize("header", ["Bearer x", "Bearer ", "Basic YTpi", "x", "Bearer a.b.c"])
    async def test_a_token_that_is_none_is_refused(self, client: httpx.AsyncClient, header: str) -> None:
        assert (await client.get(f"{API}/auth/me", headers={"Authorization": header})).status_code == 401

    async def test_it_tells_who_is_signed_in(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        answer = (await client.get(f"{API}/auth/me", headers=ada.headers)).json()
        assert (answer["id"], answer["email"]) == (str(ada.user_id), ada.email)
        assert answer["profile"]["user_id"] == str(ada.user_id)
        assert "password" not in str(answer)


class TestMyProfile:
    async def test_anonymous(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(f"{API}/profiles/me")).status_code == 401
        assert (await client.patch(f"{API}/profiles/me", json={"bio": "x"})).status_code == 401

    async def test_a_new_profile_says_nothing_about_its_owner(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        profile = (await client.get(f"{API}/profiles/me", headers=ada.headers)).json()
        assert profile["handle"].startswith("user-")
        assert "ada" not in profile["handle"] + profile["display_name"]

    async def test_it_can_be_changed_in_part(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        assert (await patch(client, ada, handle="Ada", display_name=" Ada Lovelace ")).status_code == 200
        assert (await patch(client, ada, bio="I weave.")).status_code == 200
        profile = (await client.get(f"{API}/profiles/me", headers=ada.headers)).json()
        assert (profile["handle"], profile["display_name"], profile["bio"]) == ("ada", "Ada Lovelace", "I weave.")

    async def test_a_handle_belongs_to_one(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        bob = await signed_up_user(client)
        await patch(client, ada, handle="ada")
        response = await patch(client, bob, handle="ADA")
        assert response.status_code == 409
        assert response.json()["type"] == "urn:segue:error:handle-taken"

    @pytest.mark.parametrize(
        "changes",
        [
            {"handle": "ab"},
            {"handle": "a" * 31},
            {"handle": "-ada"},
            {"handle": "a da"},
            {"handle": "ada/.."},
            {"handle": "admin"},
            {"display_name": ""},
            {"display_name": "x" * 81},
            {"display_name": "   "},
            {"bio": "nul \u0000"},
            {"bio": "x" * 2001},
            {"user_id": "0199a0f4-3c5e-7cc1-8a3b-0d5d1f3c9b11"},
        ],
    )
    def test_what_cannot_be_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match=next(iter(changes))):
            ProfilePatch.model_validate(changes)

    async def test_a_refusal_names_the_field(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        response = await patch(client, ada, handle="a da", bio="fine")
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == ["body.handle"]

    async def test_what_has_not_changed_is_not_sent_again(self, client: httpx.AsyncClient, ada: SignedUp) -> None:
        first = await client.get(f"{API}/profiles/me", headers=ada.headers)
        again = await client.get(f"{API}/profiles/me", headers={**ada.headers, "If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        await patch(client, ada, bio="I weave.")
        changed = await client.get(
            f"{API}/profiles/me", headers={**ada.headers, "If-None-Match": first.headers["etag"]}
        )
        assert changed.json()["bio"] == "I weave."


class TestRowSecurity:
    """What PostgreSQL itself refuses, whatever the services do."""

    async def test_profiles_are_read_by_all_and_changed_by_their_owners(
        self, client: httpx.AsyncClient, ada: SignedUp, runtime: Runtime
    ) -> None:
        bob = await signed_up_user(client)
        async with runtime.database.session(bob.user_id) as session:
            await session.execute(update(Profile).values(bio="mine"))
        async with runtime.database.session(None) as session:
            bios = {profile.user_id: profile.bio for profile in await session.scalars(select(Profile))}
        assert bios == {ada.user_id: "", bob.user_id: "mine"}

    async def test_an_account_is_seen_by_its_owner_only(
        self, client: httpx.AsyncClient, ada: SignedUp, runtime: Runtime
    ) -> None:
        bob = await signed_up_user(client)
        async with runtime.database.session(bob.user_id) as session:
            assert (await session.scalars(select(User.id))).all() == [bob.user_id]
        async with runtime.database.session(None) as session:
            assert (await session.scalars(select(User.id))).all() == []

    @pytest.mark.parametrize("statement", [update(User).values(email="x@example.com"), select(RefreshToken)])
    async def test_a_user_can_neither_rewrite_accounts_nor_read_tokens(
        self, ada: SignedUp, runtime: Runtime, statement: Any
    ) -> None:
        with pytest.raises(Exception, match="permission denied"):
            async with runtime.database.session(ada.user_id) as session:
                await session.execute(statement)


async def test_a_profile_is_found_by_its_handle(client: httpx.AsyncClient, ada: SignedUp, runtime: Runtime) -> None:
    await patch(client, ada, handle="ada")
    async with runtime.database.session(None) as session:
        assert (await service.profile_by_handle(session, " ADA ")).user_id == ada.user_id
        with pytest.raises(NotFound):
            await service.profile_by_handle(session, "nobody")
