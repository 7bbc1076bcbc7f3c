"""Two people make mashups of real audio; one of them takes everything along and leaves."""

import io
import zipfile
from pathlib import Path

import pytest
import soundfile
from sqlalchemy import select

from segue.catalog.fingerprints.tables import Fingerprint, LandmarkList
from segue.kit.runtime import Runtime
from segue.stems.tables import Stem
from segue.studio.tables import Mashup, MashupStem, StemMashupLink
from tests.api.privacy.belongings import assets, blobs, delete_me, rows_naming
from tests.songs import Caller, song_file, sung_song_file, worker_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def made(caller: Caller, songs: tuple[Path, Path]) -> dict[str, str]:
    """Have a mashup made of two songs, and publish it."""
    tracks = [(await caller.uploaded(song))["track_id"] for song in songs]
    job_id = (await caller.post("/mashup/ai", json={"tracks": tracks})).json()["jobId"]
    await caller.completed(job_id, within_s=400)
    mashup: dict[str, str] = (await caller.get(f"/mashup/ai/{job_id}")).json()["mashup"]
    assert (await caller.post(f"/mashups/{mashup['id']}/publish")).status_code == 200
    return mashup


async def built_on(runtime: Runtime, theirs: dict[str, str], mine: dict[str, str]) -> None:
    """Have a mashup use a stem of another's, too, as sharing stems will allow."""
    async with runtime.database.system_session() as session:
        owner = (await session.scalars(select(Mashup.user_id).where(Mashup.id == mine["id"]))).one()
        stem = (await session.scalars(select(Stem.id).where(Stem.user_id == owner).limit(1))).one()
        part = {"mashup_id": theirs["id"], "stem_id": stem}
        session.add(MashupStem(**part, role="lead", stretch=1, transpose_semitones=0))
        session.add(StemMashupLink(**part, contribution=0.1))


async def test_one_leaves_with_everything_and_the_other_keeps_theirs(
    caller: Caller, other: Caller, anonymous: Caller, runtime: Runtime, tmp_path: Path
) -> None:
    shared = song_file(tmp_path, "b.flac", tempo_bpm=150, bars=16, seed=1)
    async with worker_of(runtime):
        mine = await made(caller, (sung_song_file(tmp_path, "a.flac", tempo_bpm=140, bars=16, tonic=2), shared))
        theirs = await made(other, (sung_song_file(tmp_path, "c.flac", tempo_bpm=145, bars=16, seed=2), shared))
        await built_on(runtime, theirs, mine)
        await caller.completed((await caller.post("/me/export")).json()["job_id"])
    url = (await caller.get("/me/export")).json()["url"]
    archive = zipfile.ZipFile(io.BytesIO((await caller.client.get(url)).content))
    sounds = [name for name in archive.namelist() if name.startswith("audio/")]
    assert [sum(name.startswith(f"audio/{kind}/") for name in sounds) for kind in ("uploaded", "stems", "mashup")] == [
        2,
        8,
        1,
    ]
    for name in sounds:
        assert soundfile.info(io.BytesIO(archive.read(name))).duration > 5

    handle = (await caller.get("/profiles/me")).json()["handle"]
    before = len(await assets(runtime))
    assert await delete_me(caller) == 204
    assert await rows_naming(runtime, caller.user.user_id, handle, mine["id"]) == {}
    # The song of their own, its four stems, and the mashup went; the song that both brought stays.
    assert len(await assets(runtime)) == before - 6
    assert len(await blobs(runtime)) == before - 6
    assert (await anonymous.get(f"/creators/{handle}")).status_code == 404
    assert (await anonymous.get(f"/play/{mine['track_id']}")).status_code == 401

    playable = (await anonymous.get(f"/play/{theirs['track_id']}")).json()
    sound = await anonymous.client.get(playable["url"])
    assert soundfile.info(io.BytesIO(sound.content)).duration > 5
    for track in (await other.get("/tracks")).json()["items"]:
        assert (await other.client.get((await other.get(f"/tracks/{track['id']}")).json()["url"])).status_code == 200


async def test_an_upload_is_not_found_by_what_it_sounds_like_any_more(
    caller: Caller, runtime: Runtime, tmp_path: Path
) -> None:
    song = song_file(tmp_path, bars=16)
    async with worker_of(runtime):
        await caller.completed((await caller.uploaded(song))["job_id"])
    assert await landmarks(runtime)
    assert await delete_me(caller) == 204
    assert not await landmarks(runtime)


async def landmarks(runtime: Runtime) -> bool:
    """Tell whether anything is kept by which a recording could be recognised."""
    async with runtime.database.system_session() as session:
        kept = [(await session.scalars(select(table).limit(1))).first() for table in (Fingerprint, LandmarkList)]
    return any(kept)
