"""Covers that are uploaded or drawn, and lists as files that come back as the same lists."""

import asyncio
import io
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from segue.catalog.songs.service import SongRef, resolve
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.library.formats.entries import Kept
from segue.library.formats.format import Head, entries_in
from segue.library.formats.registry import detect
from segue.library.playlists.drawing import SIDE, Tile, draw_cover
from segue.library.playlists.writing import Form, Song, written
from tests.http import API
from tests.library.playlists.conftest import MakeSongs
from tests.library.playlists.test_endpoints import made, tracks
from tests.pools import but_one_connection
from tests.songs import Caller, song_file, worker_of

#: What a file must not stumble over: dashes and commas in names, other scripts, markup, versions of a song.
SONGS = (
    SongRef(title="Low Tide", artist="The Piers", album="Tidal", duration_ms=200_000, isrc="GBAYE0601498"),
    SongRef(title="Harbour - Live", artist="A - B", album='Says "Hi", twice', duration_ms=61_000),
    SongRef(title="夜のバス", artist="山田 & <b>", duration_ms=180_000),
    SongRef(title="Low Tide (Live)", artist="The Piers", ids={"spotify": "4uLU6hMCjMI75M1A2tKUQC"}),
    SongRef(title="#1, #2; =3", artist="Ärger, Büro", ids={"youtube": "abcdefghijk"}),
)
NAME = "Tide & <Time>, 夜"


def picture(width: int = 900, height: int = 400, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind, **options)
    return out.getvalue()


async def put_cover(caller: Caller, playlist: dict[str, Any], data: bytes) -> int:
    address, files = f"{API}/playlists/{playlist['id']}/cover", {"file": ("cover.png", data)}
    return (await caller.client.put(address, headers=caller.user.headers, files=files)).status_code


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


class TestCovers:
    @pytest.mark.slow
    async def test_an_uploaded_cover_is_shown_as_a_square_without_what_else_was_in_it(
        self, caller: Caller, other: Caller, anonymous: Caller
    ) -> None:
        playlist = await made(caller, [])
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", "taken at home")
        assert await put_cover(caller, playlist, picture(pnginfo=told)) == 204
        shown = await caller.get(f"/playlists/{playlist['id']}/cover")
        assert (shown.headers["content-type"], opened(shown.content).size) == ("image/jpeg", (400, 400))
        assert b"taken at home" not in shown.content
        etag = {"If-None-Match": shown.headers["etag"]}
        headers = {**caller.user.headers, **etag}
        again = await caller.client.get(f"{API}/playlists/{playlist['id']}/cover", headers=headers)
        assert again.status_code == 304
        assert await put_cover(anonymous, playlist, picture()) == 401
        assert await put_cover(other, playlist, picture()) == 404
        for broken in (b"no picture", picture()[:500]):
            assert await put_cover(caller, playlist, broken) == 422
        await caller.delete(f"/playlists/{playlist['id']}/cover")
        drawn = await caller.get(f"/playlists/{playlist['id']}/cover")
        assert opened(drawn.content).size == (SIDE, SIDE)

    @pytest.mark.slow
    async def test_a_cover_is_drawn_while_no_connection_is_held(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        track = str((await caller.uploaded(song_file(tmp_path, bars=2)))["track_id"])
        playlist = await made(caller, [track], public=True)
        slug = playlist["public_url"].rpartition("/")[2]
        async with but_one_connection(runtime.database), asyncio.timeout(20):
            for address in (f"{API}/playlists/{playlist['id']}/cover", f"{API}/public_playlists/{slug}/cover"):
                assert (await caller.client.get(address, headers=caller.user.headers)).status_code == 200
            assert (await caller.client.get(f"/p/{slug}/cover")).status_code == 200

    async def test_a_drawn_cover_goes_with_what_is_in_the_list(self, caller: Caller, songs: MakeSongs) -> None:
        ids = await songs(5)
        playlist = await made(caller, ids[:4])
        path = f"/playlists/{playlist['id']}"
        first, again = await caller.get(f"{path}/cover"), await caller.get(f"{path}/cover")
        assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
        await caller.post(f"{path}/entries", json={"tracks": [ids[4]]})
        assert (await caller.get(f"{path}/cover")).content == first.content
        await caller.post(f"{path}/entries", json={"tracks": [ids[4]], "position": 0})
        assert (await caller.get(f"{path}/cover")).headers["etag"] != first.headers["etag"]

    def test_the_same_is_drawn_the_same_and_others_otherwise(self) -> None:
        one, four = UUID(int=1), [Tile(UUID(int=number)) for number in range(4)]
        assert draw_cover(one, four) == draw_cover(one, four)
        covers = [draw_cover(new_id(), []) for _ in range(2)] + [draw_cover(one, four[:1]), draw_cover(one, four)]
        seen = [np.asarray(opened(cover).resize((16, 16)), dtype=float) for cover in covers]
        for number, cover in enumerate(seen):
            assert cover.std() > 8
            assert all(np.abs(cover - earlier).mean() > 8 for earlier in seen[:number])

    def test_a_tracks_own_picture_takes_its_place_in_the_mosaic(self) -> None:
        red = io.BytesIO()
        Image.new("RGB", (50, 90), "#d01010").save(red, "JPEG")
        tiles = [Tile(UUID(int=number), red.getvalue() if number == 3 else None) for number in range(4)]
        mosaic = opened(draw_cover(UUID(int=9), tiles))
        corner = mosaic.getpixel((SIDE * 3 // 4, SIDE * 3 // 4))
        assert isinstance(corner, tuple)
        assert np.abs(np.subtract(corner, (0xD0, 0x10, 0x10))).max() < 8


class TestFiles:
    @pytest.mark.parametrize("form", get_args(Form))
    def test_every_form_says_the_same_to_readers(self, form: Form) -> None:
        order = [SONGS[0], *SONGS, SONGS[0]]
        text = written(form, NAME, "For the way home", [Song(ref, "http://segue.test/listen/1", None) for ref in order])
        file = io.BytesIO(text.encode())
        found = detect(Head.of(file, f"a.{form}"))
        assert found is not None
        entries = [entry for entry in entries_in(file, found, f"a.{form}") if isinstance(entry, Kept)]
        assert [(one.song.title, one.song.artist) for one in entries] == [(ref.title, ref.artist) for ref in order]
        assert [one.position for one in entries] == list(range(len(order)))
        assert {one.playlist for one in entries} == {NAME}
        for one, ref in zip(entries, order, strict=True):
            assert one.song.album == ref.album
            assert one.song.ids.get("spotify") == ref.ids.get("spotify")
            assert form == "csv" or one.song.ids == ref.ids
            assert form == "csv" or one.song.duration_ms == ref.duration_ms
            assert form != "csv" or one.song.isrc == ref.isrc

    @pytest.mark.slow
    async def test_what_is_taken_away_comes_back_as_the_same_list(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        async with runtime.database.system_session() as session:
            ids = [str(one.track_id) for one in await resolve(session, SONGS)]
        mine = str((await caller.uploaded(song_file(tmp_path, bars=2)))["track_id"])
        order = [ids[0], mine, *ids, ids[0], mine, ids[3]]
        playlist = await made(caller, order, NAME)
        answers = {
            form: await caller.get(f"/playlists/{playlist['id']}/export?format={form}") for form in ("m3u8", "csv")
        }
        assert "m3u8" in answers["m3u8"].headers["content-disposition"]
        assert (await caller.get(f"/playlists/{playlist['id']}/export?format=exe")).status_code == 422
        async with worker_of(runtime):
            for reader, form in ((caller, "m3u8"), (caller, "csv"), (other, "m3u8")):
                files = {"file": (f"some name.{form}", answers[form].content)}
                await reader.completed((await reader.post("/ingest", files=files)).json()["job_id"])
        _, *back = (await caller.get("/playlists")).json()["items"][::-1]
        assert [(one["name"], one["source"], one["version"]) for one in back] == [
            (NAME, "m3u", 1),
            (NAME, "tunemymusic-csv", 1),
        ]
        for one in back:
            assert await tracks(caller, one) == order
        # To whom the upload is not to be seen, it is a song of its name.
        (theirs,) = (await other.get("/playlists")).json()["items"]
        found = await tracks(other, theirs)
        assert mine not in found
        assert [one for one in found if one in ids] == [one for one in order if one in ids]
