"""A private session begins, ends, and is shown; what is heard meanwhile is nobody's business."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from segue.accounts.tables import PrivateSession
from segue.catalog.tables import SourceTrack
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from tests.api.test_listenbrainz import Player, player_of
from tests.songs import Caller


@pytest.fixture
async def player(caller: Caller) -> Player:
    return await player_of(caller)


def heard(title: str, at: datetime) -> dict[str, Any]:
    metadata = {"track_name": title, "artist_name": "The Piers"}
    return {"listened_at": int(at.timestamp()), "track_metadata": metadata}


async def titles(player: Player) -> list[str]:
    return [listen["track_metadata"]["track_name"] for listen in await player.listens()]


async def private_until(caller: Caller) -> str | None:
    until: str | None = (await caller.get("/me")).json()["private_until"]
    return until


async def move(runtime: Runtime, **values: datetime) -> None:
    """Have the private session begin or end at another time."""
    async with runtime.database.system_session() as session:
        await session.execute(update(PrivateSession).values(**values))


class TestPrivateSession:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/private_session", json={"on": True})).status_code == 401

    async def test_anothers_is_not_mine(self, caller: Caller, other: Caller) -> None:
        await caller.post("/private_session", json={"on": True})
        assert await private_until(other) is None
        await other.post("/private_session", json={"on": False})
        assert await private_until(caller) is not None

    async def test_it_ends_by_itself_after_six_hours_unless_told_otherwise(self, caller: Caller) -> None:
        answer = (await caller.post("/private_session", json={"on": True})).json()
        until = datetime.fromisoformat(answer["until"])
        assert answer["on"] is True
        assert timedelta(hours=5, minutes=59) < until - now() <= timedelta(hours=6)
        assert datetime.fromisoformat(await private_until(caller) or "") == until

    async def test_it_takes_a_new_end(self, caller: Caller, runtime: Runtime) -> None:
        for minutes in (600, 5):
            answer = (await caller.post("/private_session", json={"on": True, "minutes": minutes})).json()
        assert datetime.fromisoformat(answer["until"]) < now() + timedelta(minutes=6)
        async with runtime.database.system_session() as session:
            assert len((await session.scalars(select(PrivateSession))).all()) == 1

    async def test_it_is_switched_off(self, caller: Caller) -> None:
        await caller.post("/private_session", json={"on": True})
        for _ in range(2):
            answer = await caller.post("/private_session", json={"on": False})
            assert (answer.status_code, answer.json()) == (200, {"on": False, "until": None})
        assert await private_until(caller) is None

    async def test_two_that_began_at_once_are_both_switched_off(self, caller: Caller, runtime: Runtime) -> None:
        present = now()
        async with runtime.database.system_session() as session:
            for number in range(2):
                began_at = present + timedelta(microseconds=number)
                ends_at = began_at + timedelta(hours=1)
                session.add(PrivateSession(user_id=caller.user.user_id, began_at=began_at, ends_at=ends_at))
        await caller.post("/private_session", json={"on": False})
        assert await private_until(caller) is None

    @pytest.mark.parametrize("body", [{}, {"on": True, "minutes": 0}, {"on": True, "minutes": 100_000}])
    async def test_what_makes_no_sense_is_refused(self, caller: Caller, body: dict[str, object]) -> None:
        assert (await caller.post("/private_session", json=body)).status_code == 422


class TestWhatIsHeard:
    async def test_it_is_taken_and_not_kept_nor_are_its_songs(
        self, caller: Caller, player: Player, runtime: Runtime
    ) -> None:
        await caller.post("/private_session", json={"on": True})
        for kind in ("single", "import"):
            response = await player.submit(heard("Low Tide", now()), kind=kind)
            assert (response.status_code, response.json()) == (200, {"status": "ok"})
        playing = {"listen_type": "playing_now", "payload": [{"track_metadata": heard("x", now())["track_metadata"]}]}
        assert (await player.post("/submit-listens", playing)).json() == {"status": "ok"}
        assert await player.listens() == []
        shown = (await player.get(f"/user/{player.name}/playing-now")).json()
        assert shown["payload"]["listens"] == []
        async with runtime.database.system_session() as session:
            assert (await session.scalars(select(SourceTrack))).all() == []

    async def test_before_and_after_all_is_kept(self, caller: Caller, player: Player) -> None:
        await player.submit(heard("Harbour Lights", now()))
        await caller.post("/private_session", json={"on": True})
        await player.submit(heard("Low Tide", now()))
        await caller.post("/private_session", json={"on": False})
        await player.submit(heard("Glass Orchard", now() + timedelta(seconds=1)))
        assert await titles(player) == ["Glass Orchard", "Harbour Lights"]

    async def test_a_player_that_was_offline_tells_it_in_vain(
        self, caller: Caller, player: Player, runtime: Runtime
    ) -> None:
        await caller.post("/private_session", json={"on": True})
        await move(runtime, began_at=now() - timedelta(hours=3), ends_at=now() - timedelta(hours=1))
        await player.submit(
            heard("Harbour Lights", now() - timedelta(hours=4)),
            heard("Low Tide", now() - timedelta(hours=2)),
            heard("Glass Orchard", now() - timedelta(minutes=30)),
        )
        assert await titles(player) == ["Glass Orchard", "Harbour Lights"]
        assert await private_until(caller) is None

    async def test_what_one_says_oneself_counts(self, caller: Caller, player: Player) -> None:
        await player.submit(heard("Harbour Lights", now()))
        (listen,) = await player.listens()
        await caller.post("/private_session", json={"on": True})
        love = {"recording_msid": listen["recording_msid"], "score": 1}
        assert (await player.post("/feedback/recording-feedback", love)).json() == {"status": "ok"}
        assert (await player.post("/delete-listen", {**listen})).json() == {"status": "ok"}
        assert await player.listens() == []

    async def test_anothers_private_session_hides_nothing_of_mine(self, other: Caller, player: Player) -> None:
        await other.post("/private_session", json={"on": True})
        await player.submit(heard("Harbour Lights", datetime(2026, 1, 1, tzinfo=UTC)))
        assert await titles(player) == ["Harbour Lights"]

    async def test_old_ones_are_forgotten(self, caller: Caller, runtime: Runtime) -> None:
        await caller.post("/private_session", json={"on": True})
        await move(runtime, began_at=now() - timedelta(days=32), ends_at=now() - timedelta(days=31))
        await caller.post("/private_session", json={"on": True})
        async with runtime.database.system_session() as session:
            (kept,) = await session.scalars(select(PrivateSession))
        assert kept.ends_at > now()
