"""Playlists are their owner's to take and to delete; what a collaborator did to them stays when they go."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from segue.api.privacy.sweeping import sweep
from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.library.playlists.service import RESTORABLE
from segue.library.tables import Playlist
from tests.api.privacy.belongings import blobs, delete_me, rows_naming
from tests.api.privacy.test_exporting import exported, lines_in
from tests.library.playlists.conftest import MakeSongs, songs
from tests.library.playlists.test_endpoints import made, request, tracks
from tests.library.playlists.test_files import picture, put_cover
from tests.library.playlists.test_sharing import joined
from tests.songs import Caller

__all__ = ["songs"]


@pytest.mark.slow
async def test_who_leaves_takes_their_lists_and_words_and_leaves_what_they_added_to_others(
    caller: Caller, other: Caller, runtime: Runtime, songs: MakeSongs
) -> None:
    ids = await songs(3)
    theirs, mine = await made(other, ids[:1], "Theirs"), await made(caller, ids, "Mine")
    for owner, guest, playlist in ((other, caller, theirs), (caller, other, mine)):
        await joined(owner, guest, playlist)
        await guest.post(f"/playlists/{playlist['id']}/entries", json={"tracks": [ids[2]]})
        await guest.post(f"/playlists/{playlist['id']}/comments", json={"text": f"Not {playlist['name']}"})
        await owner.post(f"/playlists/{playlist['id']}/invitations", json={})
    await put_cover(caller, mine, picture())
    archive = await exported(caller, runtime)
    (comment,) = lines_in(archive, "library/playlist-comments.jsonl")
    assert comment["text"] == "Not Theirs"
    assert len(lines_in(archive, "library/playlist-edits.jsonl")) == 1
    (change,) = lines_in(archive, "library/playlist-changes.jsonl")
    assert change["song"]["title"] == "Number 2"
    assert "token_hash" not in lines_in(archive, "library/playlist-invitations.jsonl")[0]
    assert archive.read(f"library/covers/{mine['id']}.jpg").startswith(b"\xff\xd8")
    assert [name for name in archive.namelist() if name.endswith(".jspf")] == [
        f"library/playlists/Mine [{mine['id']}].jspf"
    ]

    assert await delete_me(caller) == 204
    assert await rows_naming(runtime, caller.user.user_id, mine["id"]) == {}
    assert await blobs(runtime) == []
    assert await tracks(other, theirs) == [ids[0], ids[2]]
    shown = (await other.get(f"/playlists/{theirs['id']}")).json()["items"]["items"]
    assert shown[1]["added_by"] is None
    assert (await other.get(f"/playlists/{theirs['id']}/comments")).json()["items"] == []
    await other.post(f"/playlists/{theirs['id']}/undo")
    assert await tracks(other, theirs) == [ids[0]]


@pytest.mark.slow
async def test_a_list_that_was_deleted_long_ago_is_swept_and_one_of_late_is_not(
    caller: Caller, runtime: Runtime, songs: MakeSongs
) -> None:
    old, late = await made(caller, await songs(2)), await made(caller, await songs(1))
    await put_cover(caller, old, picture())
    for playlist in (old, late):
        assert (await caller.delete(f"/playlists/{playlist['id']}")).status_code == 204
    async with runtime.database.system_session() as session:
        long_ago = now() - RESTORABLE - timedelta(minutes=1)
        await session.execute(update(Playlist).where(Playlist.id == old["id"]).values(deleted_at=long_ago))
    assert (await request(caller, "POST", f"/playlists/{old['id']}/restore")).status_code == 404
    told = await sweep(runtime, older_than=timedelta(0), dry_run=True)
    swept = await sweep(runtime, older_than=timedelta(0))
    assert (told.rows, swept.rows) == (1, 1)
    assert await blobs(runtime) == []
    assert await rows_naming(runtime, old["id"]) == {}
    assert (await caller.post(f"/playlists/{late['id']}/restore")).json()["entries"] == 1
