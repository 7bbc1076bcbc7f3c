"""Identifying and naming sources, over HTTP with a real database, real jobs and rendered songs."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from sqlalchemy import func, select, text

from segue.audio.files import encode
from segue.audio.landmark_matching import MOST_GATHERINGS
from segue.audio.landmarks import find_peaks
from segue.audio.signal import Audio
from segue.catalog.fingerprints import repository, service
from segue.catalog.fingerprints.tables import Fingerprint, LandmarkList
from segue.catalog.tables import Asset, SourceTrack
from segue.kit.errors import InvalidAudio
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.audio.recordings import RATE, excerpt, in_noise, song
from tests.songs import Caller, worker_of

#: More than there are gatherings that a search looks at.
COPIES = MOST_GATHERINGS + 8


def file_of(folder: Path, audio: Audio, name: str) -> Path:
    path = folder / f"{name}.flac"
    encode(audio, path)
    return path


async def known(who: Caller, runtime: Runtime, folder: Path, audio: Audio, name: str) -> str:
    """Upload a song and keep its fingerprint, as the job would; return its track."""
    track_id = str((await who.uploaded(file_of(folder, audio, name)))["track_id"])
    async with runtime.database.system_session() as session:
        track = await session.get_one(SourceTrack, UUID(track_id))
        assert track.asset_id is not None
        await repository.store(session, {track.asset_id: find_peaks(audio)})
    return track_id


async def asked(who: Caller, path: Path) -> httpx.Response:
    with path.open("rb") as file:
        return await who.post("/identify", files={"file": (path.name, file)})


async def matches(who: Caller, path: Path) -> list[dict[str, Any]]:
    response = await asked(who, path)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["matches"]
    return found


async def rows(runtime: Runtime) -> tuple[int, int]:
    """Return how many fingerprints and how many lists of landmarks there are."""
    async with runtime.database.system_session() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table)) for table in (Fingerprint, LandmarkList)
        ]
    return counts[0] or 0, counts[1] or 0


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Five seconds of song 1, from 6 s on, in noise."""
    return file_of(tmp_path, in_noise(excerpt(song(1), 6, 5), 10), "clip")


class TestIdentify:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller, clip: Path) -> None:
        assert (await asked(anonymous, clip)).status_code == 401

    async def test_anothers_private_track_is_not_told_of_until_it_is_public(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path, clip: Path
    ) -> None:
        track_id = await known(caller, runtime, tmp_path, song(1), "one")
        assert await matches(other, clip) == []
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE source_tracks SET visibility = 'public'"))
        assert [match["track_id"] for match in await matches(other, clip)] == [track_id]

    async def test_an_excerpt_in_noise_is_named_with_its_place(
        self, caller: Caller, runtime: Runtime, tmp_path: Path, clip: Path
    ) -> None:
        track_id = await known(caller, runtime, tmp_path, song(1), "one")
        await known(caller, runtime, tmp_path, song(2), "two")
        [match] = await matches(caller, clip)
        assert (match["track_id"], match["title"]) == (track_id, "one")
        assert match["start_s"] == pytest.approx(6, abs=0.1)
        assert match["end_s"] == pytest.approx(11, abs=0.1)
        assert match["speed"] == pytest.approx(1, abs=0.01)
        assert match["confidence"] > 0.99

    async def test_of_the_same_audio_one_sees_the_track_of_ones_own(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path, clip: Path
    ) -> None:
        mine, theirs = [await known(who, runtime, tmp_path, song(1), "one") for who in (caller, other)]
        assert [match["track_id"] for match in await matches(caller, clip)] == [mine]
        assert [match["track_id"] for match in await matches(other, clip)] == [theirs]
        assert (await rows(runtime))[0] == 1

    @pytest.mark.slow
    async def test_others_private_copies_hide_ones_own_track_not(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path, clip: Path
    ) -> None:
        copies = [Asset(sha256=str(copy), size_bytes=1, media_type="audio/flac", probe={}) for copy in range(COPIES)]
        async with runtime.database.system_session() as session:
            session.add_all(copies)
            await session.flush()
            user_id = other.user.user_id
            session.add_all(
                SourceTrack(user_id=user_id, asset_id=copy.id, source="uploaded", title="copy") for copy in copies
            )
            await repository.store(session, {copy.id: find_peaks(song(1)) for copy in copies})
        mine = await known(caller, runtime, tmp_path, song(1), "one")
        assert [match["track_id"] for match in await matches(caller, clip)] == [mine]

    async def test_what_is_no_audio_is_refused(self, caller: Caller, tmp_path: Path) -> None:
        page = tmp_path / "clip.mp3"
        page.write_text("<!doctype html><title>No song</title>" * 100)
        assert (await asked(caller, page)).status_code == 422

    async def test_over_a_minute_is_refused(self, caller: Caller, tmp_path: Path) -> None:
        long = file_of(tmp_path, Audio(np.zeros((1, 61 * RATE), np.float32), RATE), "long")
        assert (await asked(caller, long)).status_code == 422


class TestSources:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/tracks/{new_id()}/sources")).status_code == 401

    async def test_another_users_track_is_not_found(self, caller: Caller, other: Caller, tmp_path: Path) -> None:
        track_id = (await caller.uploaded(file_of(tmp_path, song(1), "one")))["track_id"]
        assert (await other.get(f"/tracks/{track_id}/sources")).status_code == 404
        assert (await caller.get(f"/tracks/{new_id()}/sources")).status_code == 404

    async def test_a_medley_names_its_songs_and_their_times(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        parts = [excerpt(song(number), 2, 14).samples for number in (1, 2)]
        medley = Audio(np.concatenate(parts, axis=1), RATE)
        one, two = [await known(caller, runtime, tmp_path, song(number), str(number)) for number in (1, 2)]
        await known(other, runtime, tmp_path, song(3), "private")
        mixed = await known(caller, runtime, tmp_path, medley, "medley")
        response = await caller.get(f"/tracks/{mixed}/sources")
        assert response.status_code == 200, response.text
        sources = {source["track_id"]: source["ranges"] for source in response.json()["sources"]}
        assert set(sources) == {one, two}
        for track_id, start_s in ((one, 0), (two, 14)):
            assert sources[track_id][0]["start_s"] == pytest.approx(start_s, abs=2)
            assert sources[track_id][-1]["end_s"] == pytest.approx(start_s + 14, abs=2)

    @pytest.mark.slow
    async def test_a_track_without_a_fingerprint_gets_one(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        track_id = (await caller.uploaded(file_of(tmp_path, song(1), "one")))["track_id"]
        response = await caller.get(f"/tracks/{track_id}/sources")
        assert response.status_code == 202
        async with worker_of(runtime):
            await caller.completed(response.json()["job_id"])
        ready = await caller.get(f"/tracks/{track_id}/sources")
        assert (ready.status_code, ready.json()) == (200, {"job_id": None, "sources": []})


class TestKeeping:
    async def test_the_last_track_takes_its_landmarks_along(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        mine, theirs = [await known(who, runtime, tmp_path, song(1), "one") for who in (caller, other)]
        fingerprints, lists = await rows(runtime)
        assert fingerprints == 1
        assert lists > 300
        await caller.delete(f"/tracks/{mine}")
        assert await rows(runtime) == (fingerprints, lists)
        await other.delete(f"/tracks/{theirs}")
        assert await rows(runtime) == (0, 0)

    @pytest.mark.slow
    async def test_an_upload_is_fingerprinted_by_its_job(
        self, caller: Caller, runtime: Runtime, tmp_path: Path, clip: Path
    ) -> None:
        upload = await caller.uploaded(file_of(tmp_path, song(1), "one"))
        async with worker_of(runtime):
            await caller.completed(upload["job_id"])
        assert [match["track_id"] for match in await matches(caller, clip)] == [upload["track_id"]]

    @pytest.mark.slow
    async def test_a_song_that_cannot_be_fingerprinted_is_heard_all_the_same(
        self, caller: Caller, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fails(*_: object, **__: object) -> None:
            raise InvalidAudio("No.")

        monkeypatch.setattr(service, "ensure_fingerprinted", fails)
        upload = await caller.uploaded(file_of(tmp_path, song(1), "one"))
        async with worker_of(runtime):
            await caller.completed(upload["job_id"])
        assert (await caller.get(f"/tracks/{upload['track_id']}")).json()["analysis"] is not None
        assert await rows(runtime) == (0, 0)
