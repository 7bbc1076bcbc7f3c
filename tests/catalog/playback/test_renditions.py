"""Songs in other formats, over HTTP: streamed while they are made, kept, made once, and swept."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import pytest
from sqlalchemy import update

from segue.audio.files import OUR_LIMITS, Decoded, decode, encode
from segue.audio.loudness import measure_loudness
from segue.audio.signal import Audio
from segue.audio.transcoding import Transcode
from segue.catalog.playback import making, repository, service
from segue.catalog.playback.choosing import read_recipe, recipe_of
from segue.catalog.playback.making import Growing
from segue.catalog.tables import SourceTrack
from segue.kit.errors import InvalidRequest, Unavailable
from segue.kit.file_locks import FileLock
from segue.kit.runtime import Runtime
from segue.kit.turns import Turns
from tests.songs import Caller

RATE = 44_100
LENGTH = 3 * RATE + 321
OPUS = Transcode("opus", 96)


@pytest.fixture
def sound() -> Audio:
    """Three seconds that never repeat, so that a shift of one sample can be found."""
    time_s = np.arange(LENGTH) / RATE
    sweep = np.sin(2 * np.pi * (200 * time_s + 150 * time_s**2))
    return Audio(np.stack([0.2 * sweep, 0.15 * sweep]).astype(np.float32), RATE)


@pytest.fixture
def song(sound: Audio, tmp_path: Path) -> Path:
    path = tmp_path / "sweep.flac"
    encode(sound, path, bit_depth=16)
    return path


async def track_of(runtime: Runtime, caller: Caller, song: Path) -> SourceTrack:
    track_id = UUID((await caller.uploaded(song))["track_id"])
    async with runtime.database.session(caller.user.user_id) as session:
        return await session.get_one(SourceTrack, track_id)


async def fetched(
    caller: Caller, runtime: Runtime, track: SourceTrack, wanted: Transcode, **how: str
) -> httpx.Response:
    response = await caller.client.get(service.address_of(runtime, track, wanted), headers=how)
    assert response.status_code in (200, 206), response.text
    return response


def decoded(data: bytes, folder: Path) -> Decoded:
    path = folder / "fetched"
    path.write_bytes(data)
    return decode(path, OUR_LIMITS)


@pytest.mark.parametrize(
    "name", ["mp3", *(pytest.param(one, marks=pytest.mark.slow) for one in ("opus", "aac", "flac"))]
)
async def test_each_format_has_the_songs_sound_from_its_first_sample_to_its_last(
    caller: Caller, runtime: Runtime, song: Path, sound: Audio, name: str
) -> None:
    track = await track_of(runtime, caller, song)
    wanted = Transcode(name, None if name == "flac" else 128)  # type: ignore[arg-type]
    await fetched(caller, runtime, track, wanted)
    kept = await service.kept(runtime, track, wanted)
    assert kept is not None
    assert kept.samples == (LENGTH if name != "opus" else round(LENGTH * 48_000 / RATE))
    data = (await fetched(caller, runtime, track, wanted)).content
    assert len(data) == kept.size_bytes
    heard = decoded(data, song.parent).audio
    # Fragments of MP4 have no word for the padding behind the sound: players learn it from what /play tells.
    extra = kept.padding if name == "aac" else 0
    assert heard.length == kept.samples + extra
    played = heard.samples[:, : kept.samples]
    if name == "opus":
        assert measure_loudness(Audio(played, 48_000)).integrated_lufs == pytest.approx(
            measure_loudness(sound).integrated_lufs, abs=0.3
        )
        return
    error = played - sound.samples
    assert 10 * np.log10(np.mean(sound.samples**2) / max(np.mean(error**2), 1e-12)) > 20


async def test_what_is_sent_while_it_is_made_is_what_is_kept(caller: Caller, runtime: Runtime, song: Path) -> None:
    track = await track_of(runtime, caller, song)
    first = await fetched(caller, runtime, track, OPUS, Range="bytes=0-")
    assert (first.status_code, first.headers.get("content-length")) == (200, None)
    again = await fetched(caller, runtime, track, OPUS)
    assert (again.headers["accept-ranges"], again.headers["content-type"]) == ("bytes", "audio/ogg")
    assert again.content == first.content


async def test_a_part_of_what_is_not_there_yet_is_waited_for(caller: Caller, runtime: Runtime, song: Path) -> None:
    track = await track_of(runtime, caller, song)
    part = await fetched(caller, runtime, track, OPUS, Range="bytes=100-199")
    whole = (await fetched(caller, runtime, track, OPUS)).content
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"


async def test_however_many_ask_it_is_made_once(
    caller: Caller, runtime: Runtime, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = await track_of(runtime, caller, song)
    begun = []
    make = making._make

    async def counted(*what: object) -> None:
        begun.append(what)
        await make(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "_make", counted)
    answers = await asyncio.gather(*(fetched(caller, runtime, track, OPUS) for _ in range(8)))
    assert len({answer.content for answer in answers}) == 1
    assert len(begun) == 1


@pytest.mark.slow
async def test_who_asks_while_another_process_makes_it_reads_along(
    caller: Caller, runtime: Runtime, song: Path
) -> None:
    track = await track_of(runtime, caller, song)
    assert track.asset is not None
    place = making._Place(making._folder_of(runtime), track.asset.sha256, OPUS)
    theirs = FileLock.take(place.lock)
    assert theirs is not None
    place.part.touch()
    asked = asyncio.create_task(fetched(caller, runtime, track, OPUS))
    while (nobody_reads := FileLock.take(place.part)) is not None:
        nobody_reads.release()
        await asyncio.sleep(0.1)
    assert not asked.done()
    await making._make(runtime, place, theirs, "somebody")
    kept = await service.kept(runtime, track, OPUS)
    assert kept is not None
    assert len((await asked).content) == kept.size_bytes


@pytest.mark.slow
async def test_what_a_killed_process_left_is_made_anew(caller: Caller, runtime: Runtime, song: Path) -> None:
    track = await track_of(runtime, caller, song)
    assert track.asset is not None
    place = making._Place(making._folder_of(runtime), track.asset.sha256, OPUS)
    place.part.write_bytes(b"OggS and then the lights went out")
    assert (await fetched(caller, runtime, track, OPUS)).content[:4] == b"OggS"
    assert not place.part.exists()


@pytest.mark.slow
async def test_the_least_recently_used_go_when_there_is_no_room(caller: Caller, runtime: Runtime, song: Path) -> None:
    track = await track_of(runtime, caller, song)
    wanted = [Transcode("opus", rate) for rate in (32, 64, 96)]
    for one in wanted:
        await fetched(caller, runtime, track, one)
    kept = [await service.kept(runtime, track, one) for one in wanted]
    sizes = [one.size_bytes for one in kept if one]
    async with runtime.database.system_session() as session:
        for one, day in zip(wanted, (2, 1, 3), strict=True):
            oldest = repository._of(update(service.Rendition), kept[0].source_sha256, recipe_of(one))  # type: ignore[union-attr]
            await session.execute(oldest.values(used_at=np.datetime64(f"2026-01-0{day}", "s").astype(object)))
    settings = runtime.settings.model_copy(update={"transcodes_max_bytes": sum(sizes) - 1})
    await making.make_room(type(runtime)(**{**vars(runtime), "settings": settings}))
    left = [await service.kept(runtime, track, one) is not None for one in wanted]
    assert left == [True, False, True]
    stored = {blob.sha256 async for blob in runtime.storage.listed()}
    assert kept[1] is not None
    assert kept[1].sha256 not in stored
    assert len(stored) == 3


async def test_what_was_made_of_a_song_goes_with_it(caller: Caller, runtime: Runtime, song: Path) -> None:
    track = await track_of(runtime, caller, song)
    await fetched(caller, runtime, track, OPUS)
    body = {"password": "correct horse battery"}
    deleted = await caller.client.request("DELETE", "/api/v1/me", json=body, headers=caller.user.headers)
    assert deleted.status_code == 204
    assert [blob async for blob in runtime.storage.listed()] == []


async def test_an_address_that_is_not_signed_or_was_changed_opens_nothing(
    caller: Caller, runtime: Runtime, song: Path
) -> None:
    track = await track_of(runtime, caller, song)
    address = service.address_of(runtime, track, OPUS)
    for other in (address.split("?")[0], address.replace("opus-96", "opus-320")):
        assert (await caller.client.get(other)).status_code == 403
    assert (await caller.client.get(address.replace("opus-96", "wav-96"))).status_code == 422


def test_a_recipe_is_read_as_it_was_written() -> None:
    for wanted in (Transcode("opus", 96, -3.2), Transcode("flac", None, 0.0, 24), Transcode("mp3", 320, 4.0)):
        assert read_recipe(recipe_of(wanted)) == wanted
    with pytest.raises(InvalidRequest):
        read_recipe("opus-96-+0.0dB-v99")


async def test_what_nobody_waits_for_any_more_is_not_begun(caller: Caller, runtime: Runtime, song: Path) -> None:
    track = await track_of(runtime, caller, song)
    assert track.asset is not None
    async with AsyncExitStack() as busy:
        for _ in range(runtime.settings.transcodes_at_a_time):
            await busy.enter_async_context(runtime.transcodes.turn("somebody else"))
        first, second = [
            await making.rendition(runtime, track.asset.sha256, OPUS, caller="impatient") for _ in range(2)
        ]
        assert isinstance(first, Growing)
        assert isinstance(second, Growing)
        for growing, left in ((first, 1), (second, 0)):
            leaving = asyncio.create_task(growing.begun(is_gone))
            with pytest.raises(Unavailable):
                await leaving
            await asyncio.sleep(0)
            work = [task for task in asyncio.all_tasks() if task.get_name().startswith("transcode ")]
            assert len([task for task in work if not task.done()]) == left
    assert await service.kept(runtime, track, OPUS) is None
    assert (await fetched(caller, runtime, track, OPUS)).content[:4] == b"OggS"


async def test_only_so_many_wait_of_each_caller_and_whoever_is_refused_is_told_when_to_ask_again(
    caller: Caller, runtime: Runtime, song: Path
) -> None:
    track = await track_of(runtime, caller, song)
    runtime = replace(runtime, transcodes=Turns(1, waiting=3, waiting_each=2))
    assert track.asset is not None
    waiting = []
    async with runtime.transcodes.turn("somebody else"):
        for rate, who in ((32, "one"), (48, "one"), (64, "another")):
            wanted = Transcode("opus", rate)
            waiting.append(await making.rendition(runtime, track.asset.sha256, wanted, caller=who))
            await asyncio.sleep(0)
        for who in ("one", "another", "a third"):
            with pytest.raises(Unavailable) as refused:
                await making.rendition(runtime, track.asset.sha256, Transcode("opus", 96), caller=who)
            assert "Retry-After" in refused.value.headers
    for growing in waiting:
        assert isinstance(growing, Growing)
        assert (await growing.finished()).size_bytes > 0


async def is_gone() -> bool:
    return True
