"""Tokens for players and scripts: made, shown once, listed, revoked."""

from segue.kit.ids import new_id
from tests.songs import Caller


async def made(caller: Caller, name: str = "My phone") -> dict[str, str]:
    answer: dict[str, str] = (await caller.post("/auth/tokens", json={"name": name})).json()
    return answer


class TestMake:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/auth/tokens", json={"name": "x"})).status_code == 401

    async def test_the_secret_is_told_once(self, caller: Caller) -> None:
        token = await made(caller)
        (listed,) = (await caller.get("/auth/tokens")).json()
        assert token["token"].startswith("segue_")
        assert listed == {key: value for key, value in token.items() if key != "token"}

    async def test_a_token_without_a_name_is_refused(self, caller: Caller) -> None:
        assert (await caller.post("/auth/tokens", json={"name": ""})).status_code == 422


class TestList:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/auth/tokens")).status_code == 401

    async def test_another_users_tokens_are_not_listed(self, caller: Caller, other: Caller) -> None:
        await made(caller)
        assert (await other.get("/auth/tokens")).json() == []

    async def test_the_newest_comes_first(self, caller: Caller) -> None:
        await made(caller, "old")
        await made(caller, "new")
        assert [token["name"] for token in (await caller.get("/auth/tokens")).json()] == ["new", "old"]


class TestRevoke:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.delete(f"/auth/tokens/{new_id()}")).status_code == 401

    async def test_another_users_token_is_not_found(self, caller: Caller, other: Caller) -> None:
        token = await made(caller)
        assert (await other.delete(f"/auth/tokens/{token['id']}")).status_code == 404
        assert len((await caller.get("/auth/tokens")).json()) == 1

    async def test_a_revoked_token_is_gone(self, caller: Caller) -> None:
        token = await made(caller)
        assert (await caller.delete(f"/auth/tokens/{token['id']}")).status_code == 204
        assert (await caller.get("/auth/tokens")).json() == []
        assert (await caller.delete(f"/auth/tokens/{token['id']}")).status_code == 404
