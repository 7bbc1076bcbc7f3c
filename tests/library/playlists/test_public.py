"""A public playlist: its page, its data, its cover, for whoever has the address and as long as it has one."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from segue.catalog.songs.service import SongRef, resolve
from segue.catalog.tables import SourceTrack
from segue.kit.runtime import Runtime
from tests.library.playlists.test_endpoints import made, request
from tests.songs import Caller, song_file

NAME = 'Late <trains> & "buses"'


async def a_public_list(caller: Caller, runtime: Runtime, folder: Path) -> dict[str, Any]:
    """Make a list of a song elsewhere, one of no address, an upload that is public, and one that is not."""
    refs = [
        SongRef(title="Harbour Lights", artist="The Piers", ids={"youtube": "abcdefghijk"}, duration_ms=200_000),
        SongRef(title="<script>alert(1)</script>", artist="Nobody"),
    ]
    async with runtime.database.system_session() as session:
        ids = [str(one.track_id) for one in await resolve(session, refs)]
    ids += [str((await caller.uploaded(song_file(folder, f"{name}.flac", bars=2, seed=seed)))["track_id"])
            for seed, name in enumerate(("shown", "secret"))]  # fmt: skip
    async with runtime.database.system_session() as session:
        await session.execute(update(SourceTrack).where(SourceTrack.id == ids[2]).values(visibility="public"))
    return await made(caller, ids, NAME, description="For the way home", public=True)


@pytest.mark.slow
async def test_whoever_has_the_address_sees_hears_and_reads_it(
    caller: Caller, runtime: Runtime, anonymous: Caller, tmp_path: Path
) -> None:
    playlist = await a_public_list(caller, runtime, tmp_path)
    path = playlist["public_url"].removeprefix(runtime.settings.base_url)
    slug = path.removeprefix("/p/")
    assert re.fullmatch(r"late-trains-buses-[a-z2-9]{15}", slug)
    page = await anonymous.client.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = unescape(page.text)
    assert "<script" not in page.text
    assert f'<meta property="og:title" content="{NAME}">' in text
    assert f'<meta property="og:image" content="{playlist["public_url"]}/cover">' in text
    for shown in (NAME, "For the way home", "Harbour Lights", "3:20", "https://www.youtube.com/watch?v=abcdefghijk"):
        assert shown in text
    listen = re.findall(r'<audio [^>]*src="([^"]+)"', page.text)
    assert len(listen) == 1
    assert (await anonymous.client.get(listen[0])).status_code == 307
    assert "secret" not in text
    assert "A song that is not public" in text
    data = (await anonymous.client.get(f"/api/v1/public_playlists/{slug}")).json()
    assert (data["name"], data["role"], data["entries"]) == (NAME, "visitor", 4)
    assert [one["track"] is None for one in data["items"]["items"]] == [False, False, False, True]
    entries = (await anonymous.client.get(f"/api/v1/public_playlists/{slug}/entries?limit=3")).json()
    assert (len(entries["items"]), entries["next_cursor"] is None) == (3, False)
    more = await anonymous.client.get(f"{path}?cursor={entries['next_cursor']}")
    assert '<ol class="songs" start="4">' in more.text
    for address in (f"{path}/cover", f"/api/v1/public_playlists/{slug}/cover"):
        assert (await anonymous.client.get(address)).headers["content-type"] == "image/jpeg"


async def test_an_address_that_was_taken_away_never_comes_back(caller: Caller, anonymous: Caller) -> None:
    playlist = await made(caller, [], public=True)
    path = f"/playlists/{playlist['id']}"
    first = playlist["public_url"].rpartition("/p/")[2]
    assert (await caller.post(f"{path}/link")).json()["public_url"] == playlist["public_url"]
    assert (await caller.delete(f"{path}/link")).status_code == 204
    again = (await request(caller, "PATCH", path, json={"public": True})).json()["public_url"].rpartition("/p/")[2]
    assert again != first
    for address in (f"/p/{first}", f"/p/{first}/cover", f"/api/v1/public_playlists/{first}"):
        assert (await anonymous.client.get(address)).status_code == 404
    assert (await anonymous.client.get(f"/p/{again}")).status_code == 200
    await caller.delete(path)
    assert (await anonymous.client.get(f"/p/{again}")).status_code == 404
    await caller.post(f"{path}/restore")
    assert (await anonymous.client.get(f"/p/{again}")).status_code == 200
