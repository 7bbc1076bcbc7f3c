"""The password of Subsonic players: made, shown once, replaced, revoked; sealed at rest."""

from segue.accounts.player_passwords import service
from segue.accounts.player_passwords.tables import PlayerPassword
from segue.accounts.tables import Profile
from segue.kit.runtime import Runtime
from tests.songs import Caller

PATH = "/auth/subsonic_password"


async def owner(runtime: Runtime, name: str, password: str) -> Profile | None:
    async with runtime.database.system_session() as session:
        return await service.owner_by_password(session, runtime.settings, name=name, password=password)


class TestMake:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post(PATH)).status_code == 401

    async def test_the_secret_is_told_once_and_is_good_for_handle_and_email(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        made = (await caller.post(PATH)).json()
        assert set((await caller.get(PATH)).json()) == {"created_at", "last_used_at"}
        for name in (made["username"], made["username"].upper(), caller.user.email):
            found = await owner(runtime, name, made["password"])
            assert found is not None
            assert found.user_id == caller.user.user_id
        assert (await caller.get(PATH)).json()["last_used_at"] is not None

    async def test_it_is_not_stored_in_clear(self, caller: Caller, runtime: Runtime) -> None:
        made = (await caller.post(PATH)).json()
        async with runtime.database.system_session() as session:
            kept = await session.get_one(PlayerPassword, caller.user.user_id)
        assert made["password"].encode() not in kept.sealed

    async def test_a_new_one_ends_the_one_before(self, caller: Caller, runtime: Runtime) -> None:
        old, new = [(await caller.post(PATH)).json()["password"] for _ in range(2)]
        assert await owner(runtime, caller.user.email, old) is None
        assert await owner(runtime, caller.user.email, new) is not None

    async def test_it_does_not_open_anothers_account(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        made = (await caller.post(PATH)).json()
        await other.post(PATH)
        assert await owner(runtime, other.user.email, made["password"]) is None

    async def test_an_api_token_does_as_well_for_its_owner_alone(
        self, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        token = (await caller.post("/auth/tokens", json={"name": "player"})).json()["token"]
        assert await owner(runtime, caller.user.email, token) is not None
        assert await owner(runtime, other.user.email, token) is None


class TestRevoke:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.delete(PATH)).status_code == 401
        assert (await anonymous.get(PATH)).status_code == 401

    async def test_a_revoked_one_is_good_for_nothing(self, caller: Caller, runtime: Runtime) -> None:
        made = (await caller.post(PATH)).json()
        assert (await caller.delete(PATH)).status_code == 204
        assert await owner(runtime, caller.user.email, made["password"]) is None
        assert (await caller.get(PATH)).status_code == 404
        assert (await caller.delete(PATH)).status_code == 404
