"""A taste over HTTP: found after an import, moved by likes, told in words and drawn; nobody else's to see."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, text

from segue.accounts.tables import User
from segue.catalog.embeddings.tables import TrackEmbedding
from segue.catalog.tables import SourceTrack
from segue.kit.ids import new_id
from segue.kit.jobs import enqueue
from segue.kit.runtime import Runtime
from segue.library.tables import Listen
from segue.taste.facets import taste_vector
from segue.taste.jobs import BUILD
from segue.taste.moving import standing
from segue.taste.tables import Taste, TasteFacet, TasteMove
from tests.library.test_endpoints import brought, imported
from tests.songs import Caller, song_file, worker_of


async def with_taste(caller: Caller, runtime: Runtime, history: Path) -> dict[str, Any]:
    """Bring a history, wait until the taste follows from it, and return it."""
    async with worker_of(runtime, with_followers=True):
        started = await brought(caller, history)
        await caller.completed(started["job_id"])
        follower = (await caller.get("/jobs")).json()["items"][0]
        assert follower["job_type"] == "taste.build"
        await caller.completed(follower["id"])
    taste: dict[str, Any] = (await caller.get("/taste")).json()
    return taste


async def track_called(runtime: Runtime, title: str) -> UUID:
    async with runtime.database.system_session() as session:
        return (await session.scalars(select(SourceTrack.id).where(SourceTrack.title == title))).first()  # type: ignore[return-value]


async def vector_of(runtime: Runtime, caller: Caller) -> np.ndarray:
    async with runtime.database.session(caller.user.user_id) as session:
        return np.asarray(await session.scalar(select(User.taste_vector)), dtype=np.float32)


class TestTaste:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/taste")).status_code == 401

    async def test_another_users_taste_is_never_seen(
        self, caller: Caller, other: Caller, runtime: Runtime, history: Path
    ) -> None:
        await with_taste(caller, runtime, history)
        assert (await other.get("/taste")).json()["state"] == "empty"
        async with runtime.database.session(other.user.user_id) as session:
            for table in (Taste, TasteFacet, TasteMove):
                assert (await session.scalars(select(table))).all() == []
            assert (await session.scalars(select(User.taste_vector))).all() == [None]

    async def test_whoever_has_brought_nothing_is_told_what_to_do(self, caller: Caller) -> None:
        taste = (await caller.get("/taste")).json()
        assert (taste["state"], taste["facets"], taste["job_id"]) == ("empty", [], None)
        assert "bring your music" in taste["words"][0]

    @pytest.mark.slow
    async def test_a_full_queue_does_not_hide_it(self, caller: Caller, runtime: Runtime, history: Path) -> None:
        await with_taste(caller, runtime, history)
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE tastes SET library_state = 'other'"))
        full = runtime.settings.model_copy(update={"queued_jobs_per_user": 1})
        runtime.database.session_info["settings"] = full
        song = {"track_id": str(await track_called(runtime, "Quiet Song 2")), "sounds_like_me": 5}
        async with runtime.database.session(caller.user.user_id) as session:
            await enqueue(session, BUILD, user_id=caller.user.user_id, input_data={}, dedupe_key="waits")
        taste = (await caller.get("/taste")).json()
        assert (taste["state"], taste["job_id"]) == ("stale", None)
        assert (await caller.post("/feedback", json=song)).status_code == 200

    async def test_an_import_alone_tells_the_kinds_of_music_apart(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        taste = await with_taste(caller, runtime, history)
        assert (taste["state"], taste["job_id"]) == ("fresh", None)
        assert sum(facet["share"] for facet in taste["facets"]) == pytest.approx(1)
        # Neither tags nor audio are there: the company that songs keep is enough.
        for facet in taste["facets"]:
            kinds = {example["title"].split(" ")[0] for example in facet["examples"]}
            assert len(kinds) == 1, facet
        assert len(taste["facets"]) >= 2
        assert taste["facets"][0]["name"] in taste["words"][0]
        np.testing.assert_allclose(np.linalg.norm(await vector_of(runtime, caller)), 1, atol=1e-3)

    @pytest.mark.slow
    async def test_a_library_that_has_changed_makes_it_stale_and_a_job_finds_it_anew(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        await with_taste(caller, runtime, history)
        (started,) = (await caller.get("/imports")).json()["items"]
        await caller.delete(f"/imports/{started['id']}")
        stale = (await caller.get("/taste")).json()
        assert stale["state"] == "stale"
        assert (await caller.get("/taste")).json()["job_id"] == stale["job_id"]
        async with worker_of(runtime, with_followers=True):
            await caller.completed(stale["job_id"])
        assert (await caller.get("/taste")).json()["facets"] == []

    async def test_what_was_found_after_a_job_was_asked_for_is_not_found_again(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        await with_taste(caller, runtime, history)
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE tastes SET library_state = 'other'"))
        job_id = (await caller.get("/taste")).json()["job_id"]
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE tastes SET read_at = now() + interval '1 minute'"))
        async with worker_of(runtime, with_followers=True):
            await caller.completed(job_id)
        async with runtime.database.system_session() as session:
            assert (await session.scalars(select(Taste.library_state))).one() == "other"


class TestLike:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post(f"/like/{new_id()}")).status_code == 401

    async def test_another_users_private_track_is_not_found(
        self, caller: Caller, other: Caller, tmp_path: Path
    ) -> None:
        uploaded = await caller.uploaded(song_file(tmp_path))
        assert (await other.post(f"/like/{uploaded['track_id']}")).status_code == 404
        assert (await caller.post(f"/like/{uploaded['track_id']}")).status_code == 200

    @pytest.mark.slow
    async def test_a_like_moves_the_taste_once_and_taking_it_back_moves_it_back(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        before = await with_taste(caller, runtime, history)
        found = await vector_of(runtime, caller)
        picture = (await caller.get("/taste/picture.png")).content
        track = await track_called(runtime, "Loud Song 4")
        moved = (await caller.post(f"/like/{track}")).json()
        assert moved["after"] > moved["before"]
        assert (moved["said"], moved["job_id"]) == (1.0, None)
        after = await vector_of(runtime, caller)
        assert not np.allclose(after, found)
        again = (await caller.post(f"/like/{track}", json={"liked": True})).json()
        assert again["after"] == again["before"] == pytest.approx(moved["after"])
        np.testing.assert_array_equal(await vector_of(runtime, caller), after)
        shown = (await caller.get("/taste")).json()
        assert shown["moved"] == 1
        assert [f["share"] for f in shown["facets"]] != [f["share"] for f in before["facets"]]
        assert (await caller.get("/taste/picture.png")).content != picture
        back = (await caller.post(f"/like/{track}", json={"liked": None})).json()
        assert back["after"] == pytest.approx(moved["before"])
        np.testing.assert_allclose(await vector_of(runtime, caller), found, atol=1e-5)

    @pytest.mark.slow
    async def test_likes_at_once_all_count(self, caller: Caller, runtime: Runtime, history: Path) -> None:
        await with_taste(caller, runtime, history)
        tracks = [await track_called(runtime, f"Quiet Song {number}") for number in range(5)]
        answers = await asyncio.gather(*(caller.post(f"/like/{track}") for track in tracks))
        assert [answer.status_code for answer in answers] == [200] * 5
        taste = (await caller.get("/taste")).json()
        assert taste["moved"] == 5
        one_by_one = await vector_of(runtime, caller)
        async with runtime.database.session(caller.user.user_id) as session:
            stands = await standing(session, caller.user.user_id)
        assert stands is not None
        together = taste_vector(stands.facets)
        assert together is not None
        np.testing.assert_allclose(together, one_by_one, atol=1e-6)

    async def test_a_dislike_moves_it_away(self, caller: Caller, runtime: Runtime, history: Path) -> None:
        await with_taste(caller, runtime, history)
        track = await track_called(runtime, "Quiet Song 2")
        moved = (await caller.post(f"/like/{track}", json={"liked": False})).json()
        assert moved["after"] < moved["before"]

    @pytest.mark.slow
    async def test_stars_move_it_as_likes_do_and_are_taken_back(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        await with_taste(caller, runtime, history)
        found = await vector_of(runtime, caller)
        track = await track_called(runtime, "Loud Song 4")
        moved = [(await caller.post(f"/rate/{track}", json={"rating": stars})).json() for stars in (5, 1, None)]
        assert moved[0]["after"] > moved[0]["before"] == pytest.approx(moved[2]["after"])
        assert moved[1]["after"] < moved[2]["after"]
        assert [one["job_id"] for one in moved] == [None] * 3
        np.testing.assert_allclose(await vector_of(runtime, caller), found, atol=1e-5)

    @pytest.mark.slow
    async def test_what_was_said_is_part_of_the_taste_that_is_found_next(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        await with_taste(caller, runtime, history)
        track = await track_called(runtime, "Loud Song 4")
        await caller.post(f"/like/{track}")
        moved = await vector_of(runtime, caller)
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE tastes SET library_state = 'other'"))
        async with worker_of(runtime, with_followers=True):
            await caller.completed((await caller.get("/taste")).json()["job_id"])
        taste = (await caller.get("/taste")).json()
        assert (taste["state"], taste["moved"]) == ("fresh", 0)
        assert float(await vector_of(runtime, caller) @ moved) > 0.9

    async def test_without_a_taste_a_like_begins_one(self, caller: Caller, runtime: Runtime, history: Path) -> None:
        await imported(caller, runtime, history)
        async with runtime.database.system_session() as session:
            await session.execute(text("DELETE FROM ai_jobs"))
            for table in ("tastes", "taste_facets", "proxy_models"):
                await session.execute(text(f"DELETE FROM {table}"))
            await session.execute(text("DELETE FROM listens"))
        track = await track_called(runtime, "Quiet Song 2")
        moved = (await caller.post(f"/like/{track}")).json()
        assert (moved["before"], moved["after"]) == (None, None)
        async with worker_of(runtime, with_followers=True):
            await caller.completed(moved["job_id"])
        assert (await caller.get("/taste")).json()["songs"] == 1


class TestFeedback:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        say = {"track_id": str(new_id()), "sounds_like_me": 3}
        assert (await anonymous.post("/feedback", json=say)).status_code == 401

    async def test_another_users_private_track_is_not_found(
        self, caller: Caller, other: Caller, tmp_path: Path
    ) -> None:
        uploaded = await caller.uploaded(song_file(tmp_path))
        say = {"track_id": uploaded["track_id"], "sounds_like_me": 5}
        assert (await other.post("/feedback", json=say)).status_code == 404

    @pytest.mark.parametrize("stars", [0, 6, 2.5, "much", None])
    async def test_only_one_to_five_are_taken(self, caller: Caller, stars: Any) -> None:
        say = {"track_id": str(new_id()), "sounds_like_me": stars}
        assert (await caller.post("/feedback", json=say)).status_code == 422

    async def test_it_moves_the_taste_by_what_was_said_last(
        self, caller: Caller, runtime: Runtime, history: Path
    ) -> None:
        await with_taste(caller, runtime, history)
        track = str(await track_called(runtime, "Quiet Song 2"))
        up = (await caller.post("/feedback", json={"track_id": track, "sounds_like_me": 5})).json()
        down = (await caller.post("/feedback", json={"track_id": track, "sounds_like_me": 1})).json()
        same = (await caller.post("/feedback", json={"track_id": track, "sounds_like_me": 3})).json()
        assert up["after"] > up["before"]
        assert down["after"] < up["before"]
        assert same["after"] == pytest.approx(up["before"])
        assert (up["said"], down["said"], same["said"]) == (1, -1, 0)


class TestUpdatePreferences:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/update_preferences", json={})).status_code == 401

    async def test_another_users_preferences_stay(self, caller: Caller, other: Caller) -> None:
        await caller.post("/update_preferences", json={"energy": "calm"})
        await other.post("/update_preferences", json={"energy": "energetic"})
        assert preference((await caller.post("/update_preferences", json={})).json(), "energy")["value"] == "calm"

    async def test_what_is_said_stays_until_it_is_taken_back(self, caller: Caller) -> None:
        said = {
            "bass_level": "heavy",
            "tempo_range": {"min_bpm": 90, "max_bpm": 120},
            "explicit_lyrics": False,
            "energy": "calm",
            "vocals": "both",
            "languages": ["en", "ja"],
            "eras": [1980, 1990],
        }
        answer = (await caller.post("/update_preferences", json=said)).json()
        assert {one["name"]: one["value"] for one in answer["items"]} == said
        assert {one["source"] for one in answer["items"]} == {"said"}
        answer = (await caller.post("/update_preferences", json={"energy": None})).json()
        assert preference(answer, "energy")["value"] is None
        assert preference(answer, "bass_level")["value"] == "heavy"
        kept = (await caller.get("/taste")).json()["preferences"]
        assert kept == answer["items"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"tempo_range": {"min_bpm": 150, "max_bpm": 90}},
            {"tempo_range": {"min_bpm": 0, "max_bpm": 90}},
            {"eras": [1985]},
            {"languages": ["English"]},
            {"energy": "wild"},
            {"mood": "sad"},
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, caller: Caller, wrong: dict[str, Any]) -> None:
        assert (await caller.post("/update_preferences", json=wrong)).status_code == 422


class TestPicture:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        for path in ("/taste/picture", "/taste/picture.png", "/taste/picture.svg"):
            assert (await anonymous.get(path)).status_code == 401

    async def test_it_is_png_or_svg_as_asked_and_drawn_anew_only_when_the_taste_has_moved(self, caller: Caller) -> None:
        png = await caller.get("/taste/picture")
        assert (png.headers["content-type"], png.content[:4]) == ("image/png", b"\x89PNG")
        headers = {**caller.user.headers, "Accept": "image/svg+xml"}
        svg = await caller.client.get("/api/v1/taste/picture", headers=headers)
        assert svg.headers["content-type"] == "image/svg+xml"
        assert svg.content == (await caller.get("/taste/picture.svg")).content
        assert "default-src 'none'" in svg.headers["content-security-policy"]
        headers = {**caller.user.headers, "If-None-Match": png.headers["etag"]}
        assert (await caller.client.get("/api/v1/taste/picture.png", headers=headers)).status_code == 304
        assert (await caller.get("/taste/picture.pdf")).status_code == 422


@pytest.mark.slow
async def test_proxies_are_learned_for_all_and_replace_those_of_the_model_before(
    caller: Caller, runtime: Runtime, history: Path
) -> None:
    await with_taste(caller, runtime, history)
    async with runtime.database.system_session() as session:
        before = set(await session.scalars(select(TrackEmbedding.version)))
        await session.execute(text("DELETE FROM job_rounds"))
        await session.execute(text("UPDATE proxy_models SET learned_at = now() - interval '8 days'"))
    from segue.kit.jobs.schedule import Schedule
    from segue.taste.jobs import RECURRING

    await Schedule(runtime.database, RECURRING[:1]).look()
    (job,) = [job for job in (await caller.get("/jobs")).json()["items"] if job["job_type"] == "taste.learn_proxies"]
    async with worker_of(runtime, with_followers=True):
        done = await caller.completed(job["id"])
    async with runtime.database.system_session() as session:
        after = set(await session.scalars(select(TrackEmbedding.version)))
        songs = len(set(await session.scalars(select(Listen.track_id))))
    assert done["output_data"]["placed"] == done["output_data"]["songs"] == songs
    assert len(after) == 1
    assert not after & before


def preference(answer: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in answer["items"] if one["name"] == name]
    return found  # type: ignore[no-any-return]
