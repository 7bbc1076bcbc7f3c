"""ListenBrainz's API: what players submit becomes listens, and comes back."""

import json
from typing import Any

import httpx
import pytest

from tests.data import data_path
from tests.songs import Caller

LISTENED_AT = 1_700_000_000


def listen(title: str = "Harbour Lights", artist: str = "The Piers", **more: object) -> dict[str, Any]:
    return {"listened_at": LISTENED_AT, "track_metadata": {"track_name": title, "artist_name": artist}, **more}


class Player:
    """A player with a token of its owner's."""

    def __init__(self, client: httpx.AsyncClient, name: str, token: str) -> None:
        self.client, self.name = client, name
        self._headers = {"Authorization": f"Token {token}"}

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(f"/1{path}", headers=self._headers, **options)

    async def post(self, path: str, document: object) -> httpx.Response:
        return await self.client.post(f"/1{path}", headers=self._headers, content=json.dumps(document))

    async def submit(self, *listens: dict[str, Any], kind: str = "import") -> httpx.Response:
        return await self.post("/submit-listens", {"listen_type": kind, "payload": list(listens)})

    async def listens(self, **window: int) -> list[dict[str, Any]]:
        answer = await self.get(f"/user/{self.name}/listens", params=window)
        found: list[dict[str, Any]] = answer.json()["payload"]["listens"]
        return found


async def player_of(caller: Caller) -> Player:
    token = (await caller.post("/auth/tokens", json={"name": "player"})).json()["token"]
    handle = (await caller.get("/profiles/me")).json()["handle"]
    return Player(caller.client, handle, token)


@pytest.fixture
async def player(caller: Caller) -> Player:
    return await player_of(caller)


@pytest.fixture
async def anothers(other: Caller) -> Player:
    return await player_of(other)


@pytest.fixture
def stranger(client: httpx.AsyncClient) -> Player:
    return Player(client, "nobody", "segue_none")


class TestValidateToken:
    async def test_a_token_that_is_not_good_is_said_to_be_so(self, stranger: Player) -> None:
        response = await stranger.get("/validate-token")
        assert response.status_code == 200
        assert response.json() == {"code": 200, "message": "Token invalid.", "valid": False}

    async def test_a_good_one_names_its_owner(self, player: Player) -> None:
        assert (await player.get("/validate-token")).json()["user_name"] == player.name


class TestSubmit:
    async def test_an_anonymous_player_is_refused_in_words_that_it_reads(self, stranger: Player) -> None:
        response = await stranger.submit(listen(), kind="single")
        assert response.status_code == 401
        assert (response.json()["code"], response.json()["error"][:5]) == (401, "Send ")

    async def test_a_revoked_token_is_refused(self, caller: Caller, player: Player) -> None:
        (token,) = (await caller.get("/auth/tokens")).json()
        await caller.delete(f"/auth/tokens/{token['id']}")
        assert (await player.submit(listen())).status_code == 401

    async def test_listens_come_back_newest_first(self, player: Player) -> None:
        old = listen("Low Tide", listened_at=LISTENED_AT - 600)
        assert (await player.submit(old, listen())).json() == {"status": "ok"}
        found = await player.listens()
        assert [one["track_metadata"]["track_name"] for one in found] == ["Harbour Lights", "Low Tide"]
        assert [one["listened_at"] for one in found] == [LISTENED_AT, LISTENED_AT - 600]

    async def test_what_is_sent_twice_counts_once(self, player: Player) -> None:
        for _ in range(2):
            await player.submit(listen(), kind="single")
        assert (await player.get(f"/user/{player.name}/listen-count")).json() == {"payload": {"count": 1}}

    async def test_a_listen_left_within_thirty_seconds_is_a_skip(self, player: Player) -> None:
        short = listen()
        short["track_metadata"]["additional_info"] = {"duration_played": 12}
        await player.submit(short)
        assert await player.listens() == []

    async def test_what_plays_at_the_moment_is_no_listen(self, player: Player) -> None:
        now_playing = {"track_metadata": listen()["track_metadata"]}
        assert (await player.submit(now_playing, kind="playing_now")).status_code == 200
        answer = (await player.get(f"/user/{player.name}/playing-now")).json()["payload"]
        assert answer["playing_now"] is True
        assert [one["track_metadata"]["artist_name"] for one in answer["listens"]] == ["The Piers"]
        assert await player.listens() == []

    async def test_a_thousand_long_listens_are_taken_at_once(self, player: Player) -> None:
        info = {"additional_info": {"comment": "x" * 2_000}}
        many = [
            {
                "listened_at": LISTENED_AT + 300 * n,
                "track_metadata": {"track_name": f"Song {n % 50}", "artist_name": "The Piers", **info},
            }
            for n in range(1_000)
        ]
        assert (await player.submit(*many)).status_code == 200
        assert len(await player.listens(count=1_000)) == 1_000

    @pytest.mark.parametrize(
        "document",
        [
            [],
            {},
            {"listen_type": "single", "payload": []},
            {"listen_type": "sideways", "payload": [listen()]},
            {"listen_type": "single", "payload": [listen(), listen()]},
            {"listen_type": "single", "payload": ["listen"]},
            {"listen_type": "single", "payload": [listen(title="")]},
            {"listen_type": "single", "payload": [{"track_metadata": listen()["track_metadata"]}]},
            {"listen_type": "single", "payload": [listen(listened_at=-5)]},
            {"listen_type": "playing_now", "payload": [listen()]},
            {"listen_type": "import", "payload": [listen()] * 1_001},
        ],
    )
    async def test_what_is_not_as_documented_is_refused_whole(self, player: Player, document: object) -> None:
        response = await player.post("/submit-listens", document)
        assert response.status_code == 400
        assert response.json()["error"]
        assert await player.listens() == []

    async def test_their_own_examples_of_broken_submissions_are_refused(self, player: Player) -> None:
        folder = data_path("specs/listenbrainz/listenbrainz/testdata")
        names = ("empty_track_name", "invalid_listen_missing_track_metadata", "invalid_listen_null_listened_at")
        for name in names:
            content = (folder / f"{name}.json").read_text()
            response = await player.post("/submit-listens", json.loads(content))
            assert response.status_code == 400, name


class TestListens:
    async def test_an_anonymous_player_is_refused(self, stranger: Player) -> None:
        assert (await stranger.get("/user/nobody/listens")).status_code == 401

    async def test_another_users_listens_are_not_found(self, player: Player, anothers: Player) -> None:
        for what in ("listens", "listen-count", "playing-now"):
            assert (await anothers.get(f"/user/{player.name}/{what}")).status_code == 404

    async def test_a_window_is_before_or_after_a_moment(self, player: Player) -> None:
        await player.submit(*[listen(listened_at=LISTENED_AT + 600 * n) for n in range(4)])
        before = await player.listens(max_ts=LISTENED_AT + 1_200, count=1)
        after = await player.listens(min_ts=LISTENED_AT, count=2)
        assert [one["listened_at"] - LISTENED_AT for one in before] == [600]
        assert [one["listened_at"] - LISTENED_AT for one in after] == [1_200, 600]
        response = await player.get(f"/user/{player.name}/listens", params={"max_ts": 1, "min_ts": 1})
        assert response.status_code == 400


class TestDeleteListen:
    async def test_an_anonymous_player_is_refused(self, stranger: Player) -> None:
        assert (await stranger.post("/delete-listen", {})).status_code == 401

    async def test_another_users_listen_is_not_found(self, player: Player, anothers: Player) -> None:
        await player.submit(listen())
        (found,) = await player.listens()
        which = {"listened_at": found["listened_at"], "recording_msid": found["recording_msid"]}
        assert (await anothers.post("/delete-listen", which)).status_code == 404
        assert (await player.post("/delete-listen", which)).status_code == 200
        assert await player.listens() == []


class TestFeedback:
    async def test_an_anonymous_player_is_refused(self, stranger: Player) -> None:
        assert (await stranger.post("/feedback/recording-feedback", {})).status_code == 401

    async def test_a_track_that_is_not_there_is_not_found(self, player: Player) -> None:
        unknown = {"recording_msid": "01a1fbbd-0420-719b-ab81-588080a44bc5", "score": 1}
        assert (await player.post("/feedback/recording-feedback", unknown)).status_code == 404

    async def test_love_is_taken_and_other_scores_are_refused(self, player: Player) -> None:
        await player.submit(listen())
        (found,) = await player.listens()
        for score, status in ((1, 200), (-1, 200), (0, 200), (2, 400), ("1", 400)):
            document = {"recording_msid": found["recording_msid"], "score": score}
            assert (await player.post("/feedback/recording-feedback", document)).status_code == status
