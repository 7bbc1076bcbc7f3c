"""Folders of music, heard on a real database."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from segue.catalog.folders import service
from segue.catalog.folders.service import Collected
from segue.catalog.songs.loaders.told import Refused
from segue.kit.runtime import Runtime
from tests.catalog.folders.test_tags import TAGS, tagged
from tests.songs import song_file


async def collected(runtime: Runtime, folder: Path) -> tuple[Collected, list[Refused]]:
    refused: list[Refused] = []
    shares: list[float] = []
    done = await service.collect(runtime, folder, refused=refused.append, progress=shares.append)
    assert all(0 <= share <= 1 for share in shares)
    return done, refused


async def stored(runtime: Runtime) -> list[tuple[object, ...]]:
    async with runtime.database.system_session() as session:
        rows = await session.execute(
            text("""
                SELECT t.title, t.artist, s.album, s.year, s.duration_ms, s.tags, i.value AS isrc, e.genre, e.source
                FROM songs s JOIN source_tracks t ON t.id = s.track_id LEFT JOIN song_identifiers i USING (track_id)
                LEFT JOIN embeddings e USING (track_id) ORDER BY t.title
            """)
        )
        return [tuple(row) for row in rows]


async def test_a_file_becomes_a_song_that_was_heard(runtime: Runtime, song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    tagged(song, folder / "1.flac", **TAGS)
    done, refused = await collected(runtime, folder)
    assert (done, refused) == (Collected(songs=1, heard=1, new=1), [])
    [(title, artist, album, year, duration_ms, tags, isrc, genre, source)] = await stored(runtime)
    assert (title, artist, album, year, isrc) == ("Low Tide", "Ann Vale", "Harbours", 1971, "GBAYE0601477")
    assert isinstance(duration_ms, int)
    assert 9_000 < duration_ms < 12_000
    assert isinstance(tags, dict)
    assert tags["genres"] == ["Pop", "R&B", "Soul"]
    assert set(tags["features"]) == {
        *("tempo", "key", "mode", "loudness", "energy", "valence", "danceability", "acousticness"),
        *("instrumentalness", "speechiness", "liveness"),
    }
    assert (genre, source) == ("R&B", "statistics")


@pytest.mark.slow
async def test_what_is_heard_is_not_heard_again_until_it_changes(runtime: Runtime, song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    shutil.copy(song, folder / "Ann - One.flac")
    assert (await collected(runtime, folder))[0] == Collected(songs=1, heard=1, new=1)
    before = await stored(runtime)
    assert (await collected(runtime, folder))[0] == Collected(songs=1)
    (folder / "Ann - One.flac").rename(folder / "Renamed.flac")
    shutil.copy(song, folder / "Copied.flac")
    os.utime(folder / "Renamed.flac")
    assert (await collected(runtime, folder))[0] == Collected(songs=2)
    assert await stored(runtime) == before
    tagged(song, folder / "Renamed.flac", title="Two", artist="Bo")
    assert (await collected(runtime, folder))[0] == Collected(songs=2, heard=1, new=1)


async def test_a_broken_file_says_why_each_time_and_the_rest_goes_in(
    runtime: Runtime, song: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "0 broken.mp3").write_bytes(b"no sound")
    (folder / "gone.mp3").symlink_to(tmp_path / "nowhere")
    shutil.copy(song, folder / "1.flac")
    for heard in (1, 0):
        done, refused = await collected(runtime, folder)
        assert (done.songs, done.heard, done.refused) == (1, heard, 2)
        assert {Path(one.where).name for one in refused} == {"0 broken.mp3", "gone.mp3"}
        assert all(one.reason for one in refused)


@pytest.mark.slow
async def test_whoever_stops_begins_where_it_was(runtime: Runtime, song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    shutil.copy(song, folder / "1.flac")
    for number in (2, 3):
        song_file(folder, f"{number}.flac", bars=4, tempo_bpm=90 + 10 * number, seed=number)
    far = asyncio.Event()

    def tell(share: float) -> None:
        if share > 0.5:
            far.set()

    task = asyncio.create_task(service.collect(runtime, folder, refused=print, progress=tell))
    async with asyncio.timeout(240):
        await far.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    known = len(await stored(runtime))
    done, _ = await collected(runtime, folder)
    assert (done.songs, done.heard) == (3, 3 - known)
    assert len(await stored(runtime)) == 3
