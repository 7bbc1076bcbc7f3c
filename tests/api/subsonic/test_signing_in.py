"""Who is let in, by what, and what the others are told."""

import pytest

from segue.kit.runtime import Runtime
from tests.api.subsonic.player import Player, by_token
from tests.http import app_of, client_of, signed_up_user
from tests.songs import Caller


async def password_of(caller: Caller) -> tuple[str, str]:
    made = (await caller.post("/auth/subsonic_password")).json()
    return made["username"], made["password"]


async def key_of(caller: Caller) -> str:
    return str((await caller.post("/auth/tokens", json={"name": "player"})).json()["token"])


async def test_every_way_of_signing_in_lets_its_owner_in(caller: Caller) -> None:
    name, password = await password_of(caller)
    key = await key_of(caller)
    for credentials in (
        by_token(name, password),
        by_token(caller.user.email, password, "another salt"),
        {"u": name, "p": password},
        {"u": name, "p": f"enc:{password.encode().hex()}"},
        {"u": name, "p": key},
        {"apiKey": key},
    ):
        player = Player(caller.client, credentials)
        assert (await player.ok("getUser"))["user"]["username"] == name
    assert (await Player(caller.client, {"apiKey": key}).ok("tokenInfo"))["tokenInfo"] == {"username": name}


async def test_a_form_signs_in_as_an_address_does(player: Player) -> None:
    response = await player.post("ping")
    assert response.json()["subsonic-response"]["status"] == "ok"


async def test_what_is_nobodys_is_refused_by_its_number(caller: Caller, other: Caller) -> None:
    name, password = await password_of(caller)
    others_name, _ = await password_of(other)
    key = await key_of(caller)
    for credentials, code in (
        (by_token(name, "wrong"), 40),
        (by_token(others_name, password), 40),
        (by_token("nobody", password), 40),
        ({"u": others_name, "p": key}, 40),
        ({"u": name, "p": "enc:zz"}, 40),
        ({"apiKey": "segue_wrong"}, 44),
        ({}, 10),
        ({"u": name}, 10),
        ({"u": name, "t": "0" * 32}, 10),
        ({"u": name, "p": password, "t": "0" * 32, "s": "x"}, 43),
        ({"apiKey": key, "u": name}, 43),
        ({"apiKey": key, "p": password}, 43),
    ):
        assert await Player(caller.client, credentials).refused("ping") == code, credentials


async def test_a_revoked_password_or_key_is_refused(caller: Caller, player: Player) -> None:
    by_key = Player(caller.client, {"apiKey": await key_of(caller)})
    (token,) = (await caller.get("/auth/tokens")).json()
    await caller.delete(f"/auth/tokens/{token['id']}")
    await caller.delete("/auth/subsonic_password")
    assert (await by_key.refused("ping"), await player.refused("ping")) == (44, 40)


async def test_extensions_are_told_to_anybody(caller: Caller) -> None:
    response = await caller.client.get("/rest/getOpenSubsonicExtensions", params={"f": "json"})
    names = {one["name"] for one in response.json()["subsonic-response"]["openSubsonicExtensions"]}
    assert {"apiKeyAuthentication", "formPost", "sonicSimilarity"} <= names


@pytest.mark.parametrize(
    ("version", "code"), [("0.9", 20), ("2.0.0", 30), ("new", 10), ("9" * 5_000, 10), ("1." + "9" * 5_000, 10)]
)
async def test_another_protocol_is_refused(player: Player, version: str, code: int) -> None:
    assert await player.refused("ping", v=version) == code


async def test_answers_come_in_the_form_that_is_asked_for(player: Player) -> None:
    xml = await player.send("ping.view", "xml")
    assert b'status="ok"' in xml.content
    assert b'xmlns="http://subsonic.org/restapi"' in xml.content
    called_back = await player.send("ping", "jsonp", callback="player.on")
    assert called_back.text.startswith('player.on({"subsonic-response"')
    hostile = await player.send("ping", "jsonp", callback="alert(1);//")
    assert hostile.text.startswith("{")


async def test_who_guesses_is_stopped_and_the_owner_elsewhere_is_not(runtime: Runtime) -> None:
    app = app_of(runtime, signins_per_minute=5)
    async with client_of(app) as client, client_of(app, "192.0.2.77") as elsewhere:
        caller = Caller(client, await signed_up_user(client))
        name, password = await password_of(caller)
        guesser = Player(elsewhere, by_token(name, "wrong"))
        assert [await guesser.refused("ping") for _ in range(6)] == [40] * 5 + [0]
        # Even with the right one: nobody may go on guessing.
        assert await Player(elsewhere, by_token(name, password)).refused("ping") == 0
        for _ in range(10):
            await Player(client, by_token(name, password)).ok("ping")


async def test_a_key_that_is_good_no_more_does_not_lock_the_others_of_its_address_out(runtime: Runtime) -> None:
    async with client_of(app_of(runtime, signins_per_minute=2), "192.0.2.78") as client:
        caller = Caller(client, await signed_up_user(client))
        good, stale = Player(client, {"apiKey": await key_of(caller)}), Player(client, {"apiKey": "segue_stale"})
        assert [await stale.refused("ping") for _ in range(50)] == [44] * 2 + [0] * 48
        await good.ok("ping")
        # Who tries one key after the other is stopped all the same.
        others = [Player(client, {"apiKey": f"segue_{number}"}) for number in range(60)]
        refusals = [await other.refused("ping") for other in others]
        assert (set(refusals[:38]), refusals[-1]) == ({44}, 0)
