"""Bands over HTTP: kept, shown, followed, renamed, deleted; and their covers."""

import io
from dataclasses import replace
from uuid import UUID

import pytest
from PIL import Image

from segue.catalog.songs import service as songs
from segue.catalog.songs.refs import SongRef
from segue.catalog.tables import SourceTrack
from segue.generation.bands import service
from segue.generation.bands.tables import Band
from segue.generation.tables import Generation
from segue.kit.ids import new_id
from segue.kit.jobs.tables import Job
from segue.kit.runtime import Runtime
from segue.music.composing import compose
from segue.music.wishes import Wishes
from tests.api.privacy.belongings import blobs, delete_me, rows_naming
from tests.generation.bands.conftest import FOLK, band_with, generated_track
from tests.kit.push_service import Browser
from tests.songs import Caller


async def generation_of(runtime: Runtime, owner: Caller, track_id: UUID, *, band: int | None = 4711) -> None:
    """Say how a track was generated, as its job would."""
    user_id, job_id = owner.user.user_id, new_id()
    async with runtime.database.system_session() as session:
        job = Job(id=job_id, user_id=user_id, job_type="generation.generate", status="complete", input_data={})
        session.add(job)
        await session.flush()
        session.add(
            Generation(
                user_id=user_id,
                job_id=job_id,
                number=0,
                mode="new",
                duration_s=12.5,
                seed=5,
                track_id=track_id,
                conditioning={
                    "wishes": {"styles": {"bossa": 1.0}, "tempo_bpm": 120.0, "energy": 0.4, "band": band},
                    "vector": None,
                },
            )
        )


class TestSaving:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/save_band", json={"band_id": str(new_id())})).status_code == 401

    async def test_anothers_band_and_track_are_not_found(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        band_id = await band_with(runtime, caller, public=True)
        track_id = await generated_track(runtime, caller)
        assert (await other.post("/save_band", json={"band_id": str(band_id)})).status_code == 404
        assert (await other.post("/save_band", json={"track_id": str(track_id)})).status_code == 404

    async def test_a_track_without_a_band_gets_one_that_sounds_as_it_does(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        track_id = await generated_track(runtime, caller)
        await generation_of(runtime, caller, track_id)
        first = (await caller.post("/save_band", json={"track_id": str(track_id)})).json()
        again = (await caller.post("/save_band", json={"track_id": str(track_id), "bio": "Ours."})).json()
        assert (first["id"], first["saved"], first["styles"]) == (again["id"], True, ["bossa"])
        assert ("bossa nova" in first["bio"], again["bio"]) == (True, "Ours.")
        assert [album["kind"] for album in again["albums"]] == ["single"]
        async with runtime.database.system_session() as session:
            band = await session.get_one(Band, UUID(first["id"]))
            track = await session.get_one(SourceTrack, track_id)
        assert (band.seed, track.artist) == (4711, band.name)

    async def test_the_band_of_a_track_whose_seed_drew_its_players_has_these(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        track_id = await generated_track(runtime, caller)
        await generation_of(runtime, caller, track_id, band=None)
        saved = (await caller.post("/save_band", json={"track_id": str(track_id)})).json()
        async with runtime.database.system_session() as session:
            band = await session.get_one(Band, UUID(saved["id"]))
        wishes = Wishes(styles={"bossa": 1.0}, duration_s=12.5)
        first, next_one = compose(5, wishes), compose(6, replace(wishes, band=band.seed))
        assert next_one.band == first.band

    async def test_what_was_not_generated_has_no_band(self, caller: Caller, runtime: Runtime) -> None:
        track_id = await generated_track(runtime, caller)
        assert (await caller.post("/save_band", json={"track_id": str(track_id)})).status_code == 422

    async def test_a_name_that_an_artist_or_a_band_has_is_refused(
        self, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        band_id = await band_with(runtime, caller, ["Slow Light"])
        theirs = await band_with(runtime, other, seed=2)
        async with runtime.database.system_session() as session:
            await songs.resolve(session, [SongRef(title="Anything", artist="Sigur Rós")])
            taken = (await session.get_one(Band, theirs)).name
        for name in ("sigur ros", "The Sigur-Rós", taken.upper()):
            response = await caller.post("/save_band", json={"band_id": str(band_id), "name": name})
            assert (response.status_code, response.json()["type"].endswith("conflict")) == (409, True), name
        renamed = (await caller.post("/save_band", json={"band_id": str(band_id), "name": "Ours Alone"})).json()
        assert renamed["name"] == "Ours Alone"
        track = renamed["albums"][0]["tracks"][0]
        assert (await caller.get(f"/tracks/{track['id']}")).json()["artist"] == "Ours Alone"

    @pytest.mark.slow
    async def test_a_name_needs_something_to_be_called_by(self, caller: Caller, runtime: Runtime) -> None:
        band_id = str(await band_with(runtime, caller))
        for name in (" ", "a\nb", "x" * 61):
            assert (await caller.post("/save_band", json={"band_id": band_id, "name": name})).status_code == 422


class TestShowing:
    async def test_a_private_band_is_its_owners_alone(
        self, anonymous: Caller, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        band_id = await band_with(runtime, caller, ["Slow Light"])
        assert (await anonymous.get(f"/band/{band_id}")).status_code == 401
        assert (await other.get(f"/band/{band_id}")).status_code == 404
        shown = (await caller.get(f"/band/{band_id}")).json()
        assert (shown["own"], shown["visibility"], shown["followers"]) == (True, "private", 0)
        assert [(album["title"], album["kind"]) for album in shown["albums"]] == [("Slow Light", "single")]
        assert shown["albums"][0]["tracks"][0]["duration_s"] == 12.5

    async def test_a_public_band_is_everyones_to_see_and_to_play(
        self, anonymous: Caller, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        band_id = await band_with(runtime, caller, ["Slow Light"])
        track_id = (await caller.get(f"/band/{band_id}")).json()["albums"][0]["tracks"][0]["id"]
        assert (await other.get(f"/tracks/{track_id}")).status_code == 404
        await caller.post("/save_band", json={"band_id": str(band_id), "visibility": "public"})
        assert (await anonymous.get(f"/band/{band_id}")).json()["albums"]
        assert (await other.get(f"/tracks/{track_id}")).status_code == 200
        await caller.post("/save_band", json={"band_id": str(band_id), "visibility": "private"})
        assert (await other.get(f"/tracks/{track_id}")).status_code == 404

    @pytest.mark.slow
    async def test_a_release_whose_tracks_are_gone_is_gone(self, caller: Caller, runtime: Runtime) -> None:
        band_id = await band_with(runtime, caller, ["One", "Two"])
        albums = (await caller.get(f"/band/{band_id}")).json()["albums"]
        await caller.delete(f"/tracks/{albums[0]['tracks'][0]['id']}")
        left = (await caller.get(f"/band/{band_id}")).json()["albums"]
        assert [album["title"] for album in left] == [albums[1]["title"]]


class TestListing:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/bands")).status_code == 401

    async def test_own_and_followed_bands_are_listed_by_the_page(
        self, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        own = [await band_with(runtime, caller, seed=seed) for seed in (1, 2)]
        theirs = await band_with(runtime, other, seed=3, public=True)
        await band_with(runtime, other, seed=4, public=True)
        await caller.post("/follow_band", json={"band_id": str(theirs)})
        first = (await caller.get("/bands", params={"limit": 2})).json()
        second = (await caller.get("/bands", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        listed = [UUID(item["id"]) for item in first["items"] + second["items"]]
        assert (listed, second["next_cursor"]) == ([theirs, *reversed(own)], None)
        assert [item["own"] for item in first["items"]] == [False, True]


class TestFollowing:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/follow_band", json={"band_id": str(new_id())})).status_code == 401

    async def test_anothers_private_band_is_not_found(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        band_id = await band_with(runtime, caller)
        assert (await other.post("/follow_band", json={"band_id": str(band_id)})).status_code == 404

    async def test_it_is_done_once_and_can_be_taken_back(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        body = {"band_id": str(await band_with(runtime, caller, public=True))}
        for _ in range(2):
            answer = (await other.post("/follow_band", json=body)).json()
            assert answer == {**body, "following": True, "followers": 1}
        assert (await caller.get(f"/band/{body['band_id']}")).json()["following"] is False
        for _ in range(2):
            answer = (await other.post("/follow_band", json={**body, "follow": False})).json()
            assert (answer["following"], answer["followers"]) == (False, 0)


class TestDeleting:
    async def test_anonymous_visitors_and_others_are_refused(
        self, anonymous: Caller, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        band_id = await band_with(runtime, caller, public=True)
        assert (await anonymous.delete(f"/band/{band_id}")).status_code == 401
        assert (await other.delete(f"/band/{band_id}")).status_code == 404

    async def test_its_tracks_stay_and_are_private_again(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        band_id = await band_with(runtime, caller, ["Slow Light"], public=True)
        track_id = (await other.get(f"/band/{band_id}")).json()["albums"][0]["tracks"][0]["id"]
        assert (await caller.delete(f"/band/{band_id}")).status_code == 204
        assert (await caller.get(f"/band/{band_id}")).status_code == 404
        assert (await caller.get(f"/tracks/{track_id}")).status_code == 200
        assert (await other.get(f"/tracks/{track_id}")).status_code == 404


class TestCovers:
    async def test_a_private_bands_cover_opens_by_its_address_alone(
        self, anonymous: Caller, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        band_id = await band_with(runtime, caller, ["Slow Light"])
        shown = (await caller.get(f"/band/{band_id}")).json()
        assert (await anonymous.get(f"/band/{band_id}/cover")).status_code == 401
        assert (await other.get(f"/band/{band_id}/cover")).status_code == 404
        assert (await caller.get(f"/band/{band_id}/cover")).status_code == 200
        for address in (shown["cover"], shown["albums"][0]["cover"]):
            response = await anonymous.client.get(address)
            image = Image.open(io.BytesIO(response.content))
            assert (response.headers["content-type"], image.size) == ("image/jpeg", (1000, 1000))
        tampered = shown["cover"].replace("signature=", "signature=0")
        assert (await anonymous.client.get(tampered)).status_code == 403

    @pytest.mark.slow
    async def test_another_bands_release_is_not_found(self, caller: Caller, runtime: Runtime) -> None:
        one, two = [await band_with(runtime, caller, ["Slow Light"], seed=seed) for seed in (1, 2)]
        release_id = (await caller.get(f"/band/{one}")).json()["albums"][0]["id"]
        assert (await caller.get(f"/band/{two}/releases/{release_id}/cover")).status_code == 404

    @pytest.mark.slow
    async def test_it_is_drawn_once_and_anew_for_another_name(self, caller: Caller, runtime: Runtime) -> None:
        band_id = await band_with(runtime, caller)
        first, second = [(await caller.get(f"/band/{band_id}/cover")).headers["etag"] for _ in range(2)]
        await caller.post("/save_band", json={"band_id": str(band_id), "name": "Ours Alone"})
        third = (await caller.get(f"/band/{band_id}/cover")).headers["etag"]
        assert (first == second, third == second) == (True, False)


async def test_a_bands_own_bio_survives_its_first_release(caller: Caller, runtime: Runtime) -> None:
    async with runtime.database.session(caller.user.user_id) as session:
        told, own = [await service.found(session, caller.user.user_id, sound=FOLK, seed=seed) for seed in (1, 2)]
        await service.change(session, own, service.Changes(bio="Ours."))
    for band_id in (told.id, own.id):
        track_id = await generated_track(runtime, caller)
        async with runtime.database.session(caller.user.user_id) as session:
            await service.release(session, band_id, track_id, caller.user.user_id, instruments=("cello", "harp"))
    assert "ello and harp" in (await caller.get(f"/band/{told.id}")).json()["bio"]
    assert (await caller.get(f"/band/{own.id}")).json()["bio"] == "Ours."


async def test_who_leaves_takes_bands_followers_and_covers_along(
    caller: Caller, other: Caller, runtime: Runtime
) -> None:
    band_id = await band_with(runtime, caller, ["Slow Light"], public=True)
    theirs = await band_with(runtime, other, seed=2, public=True)
    await caller.post("/follow_band", json={"band_id": str(theirs)})
    await other.post("/follow_band", json={"band_id": str(band_id)})
    await caller.post("/push/subscriptions", json=Browser("a").as_json())
    for shown in (await caller.get("/bands")).json()["items"]:
        assert (await caller.client.get(shown["cover"])).status_code == 200
    assert await delete_me(caller) == 204
    assert (await other.get(f"/band/{band_id}")).status_code == 404
    assert (await other.get(f"/band/{theirs}")).json()["followers"] == 0
    assert await rows_naming(runtime, caller.user.user_id, band_id) == {}
    assert len(await blobs(runtime)) == 1
