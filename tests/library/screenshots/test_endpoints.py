"""Screenshots over HTTP: brought, read, looked over, confirmed, taken back."""

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import func, select

from segue.catalog.songs.service import SongRef
from segue.catalog.tables import SourceTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.library import service as library
from segue.library.screenshots import service
from segue.library.screenshots.entries import Sheet
from segue.library.tables import LibrarySong, Playlist, PlaylistEntry
from tests.library.screenshots.conftest import Album, screenshot
from tests.screens import SONGS
from tests.songs import Caller

NAMES = [(title, artist) for title, artist, _, _ in SONGS[:4]]


async def patch(caller: Caller, import_id: str, number: int, **change: Any) -> Any:
    path = f"/api/v1/imports/{import_id}/rows/{number}"
    return await caller.client.patch(path, headers=caller.user.headers, json=change)


async def known(runtime: Runtime, *songs: tuple[str, str]) -> list[UUID]:
    """Let the catalogue have some songs."""
    return await library.tracks_of(runtime, [SongRef(title=title, artist=artist) for title, artist in songs])


async def lists_of(runtime: Runtime, caller: Caller) -> dict[str, list[str]]:
    """Return a user's playlists, with their titles in order."""
    async with runtime.database.session(caller.user.user_id) as session:
        query = (
            select(Playlist.name, SourceTrack.title)
            .join(PlaylistEntry, PlaylistEntry.playlist_id == Playlist.id)
            .join(SourceTrack, SourceTrack.id == PlaylistEntry.track_id)
            .order_by(Playlist.id, PlaylistEntry.position)
        )
        lists: dict[str, list[str]] = {}
        for name, title in await session.execute(query):
            lists.setdefault(name, []).append(title)
        return lists


async def library_of(runtime: Runtime, caller: Caller) -> int:
    async with runtime.database.session(caller.user.user_id) as session:
        return (await session.scalars(select(func.count()).select_from(LibrarySong))).one()


async def catalogue_of(runtime: Runtime) -> int:
    async with runtime.database.system_session() as session:
        query = select(func.count()).select_from(SourceTrack).where(SourceTrack.source == "external")
        return (await session.scalars(query)).one()


def blobs(runtime: Runtime) -> list[str]:
    folder = runtime.settings.data_dir / "blobs"
    return [path.name for path in folder.rglob("*") if path.is_file()]


class TestBring:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        files = {"image_file": ("x.png", screenshot())}
        assert (await anonymous.post("/ingest_screenshot", files=files)).status_code == 401

    @pytest.mark.slow
    async def test_what_was_read_waits_for_review_and_nothing_counts(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        import_id = await album.read(caller)
        shown = (await caller.get(f"/imports/{import_id}")).json()
        assert (shown["format"], shown["awaits_review"], shown["counts"]) == ("screenshot", True, None)
        assert [(row["title"], row["artist"]) for row in await album.rows(caller, import_id)] == NAMES
        assert await library_of(runtime, caller) == 0
        assert await lists_of(runtime, caller) == {}
        assert await catalogue_of(runtime) == 0

    async def test_the_same_image_again_is_the_same_import_as_it_was_left(self, caller: Caller, album: Album) -> None:
        import_id = await album.ready(caller)
        await patch(caller, import_id, 1, title="Harbor Lights")
        assert await album.read(caller) == import_id
        assert (await album.rows(caller, import_id))[0]["title"] == "Harbor Lights"

    async def test_looking_many_rows_up_gives_signs_of_life(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        import_id = UUID((await album.brought(caller))["id"])
        told: list[float] = []
        async with runtime.database.session(caller.user.user_id) as session:
            await service.keep_sheet(session, import_id, Sheet(album.sheet.entries * 30), told.append)
        assert told == sorted(told)
        assert len(told) > 4
        assert told[-1] == pytest.approx(1.0)

    async def test_two_listeners_bring_the_same_image_apart(
        self, caller: Caller, other: Caller, runtime: Runtime, album: Album
    ) -> None:
        mine, theirs = await album.ready(caller), await album.ready(other)
        assert mine != theirs
        await caller.delete(f"/imports/{mine}")
        assert len(await album.rows(other, theirs)) == 4
        assert (await other.get(f"/imports/{theirs}/image")).status_code == 200

    @pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x18ftypheic\0\0\0\0"])
    async def test_what_is_no_image_is_refused_and_leaves_nothing(
        self, caller: Caller, runtime: Runtime, content: bytes
    ) -> None:
        response = await caller.post("/ingest_screenshot", files={"image_file": ("x.png", io.BytesIO(content))})
        assert response.status_code == 422
        assert response.json()["type"].endswith(":invalid-image")
        assert (await caller.get("/imports")).json()["items"] == []
        assert blobs(runtime) == []

    async def test_an_image_without_a_list_has_no_rows_and_can_be_confirmed(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        stream = io.BytesIO()
        Image.new("RGB", (300, 300), "navy").save(stream, "WEBP")
        import_id = await album.read(caller, stream.getvalue())
        assert await album.rows(caller, import_id) == []
        shown = await album.confirmed(caller, import_id)
        assert shown["counts"]["kept"] == 0
        assert await lists_of(runtime, caller) == {}


class TestRows:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/imports/{new_id()}/rows")).status_code == 401

    async def test_another_users_rows_are_not_found(self, caller: Caller, other: Caller, album: Album) -> None:
        import_id = await album.ready(caller)
        assert (await other.get(f"/imports/{import_id}/rows")).status_code == 404

    async def test_an_import_that_is_no_screenshot_has_none(self, caller: Caller) -> None:
        export = {"file": ("songs.txt", b"The Piers - Harbour Lights\nMira Vale - Glass Orchard\n")}
        import_id = (await caller.post("/ingest", files=export)).json()["id"]
        assert (await caller.get(f"/imports/{import_id}/rows")).status_code == 404

    async def test_each_says_what_was_read_where_and_how_surely(self, caller: Caller, album: Album) -> None:
        row = (await album.rows(caller, await album.ready(caller)))[0]
        assert row["text"] == "Harbour Lights\nThe Piers"
        assert 0.8 < row["confidence"] <= 1
        assert 150 < row["box"]["left"] < row["box"]["right"] < 700
        assert 280 < row["box"]["top"] < row["box"]["bottom"] < 430
        assert (row["match"], row["alternatives"], row["dropped"]) == (None, [], False)

    async def test_a_song_that_the_catalogue_has_is_matched_without_adding_any(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        tracks = await known(runtime, ("Harbour Lights", "Piers"), ("Glas Orchard", "Mira Vale"), ("21", "Adele"))
        rows = await album.rows(caller, await album.ready(caller))
        assert [row["match"] and row["match"]["track_id"] for row in rows[:2]] == [str(one) for one in tracks[:2]]
        assert rows[0]["match"]["score"] > 0.8
        assert rows[2]["match"] is None
        assert await catalogue_of(runtime) == 3

    async def test_the_catalogue_tells_which_line_is_the_title(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        # A list that has artists above their titles.
        await known(runtime, *((artist, title) for title, artist in NAMES[:3]))
        rows = await album.rows(caller, await album.ready(caller))
        assert [(row["title"], row["artist"]) for row in rows] == [(artist, title) for title, artist in NAMES]

    async def test_they_come_in_pages(self, caller: Caller, album: Album) -> None:
        import_id = await album.ready(caller)
        first = (await caller.get(f"/imports/{import_id}/rows?limit=3")).json()
        rest = (await caller.get(f"/imports/{import_id}/rows?limit=3&after={first['next_after']}")).json()
        assert [row["number"] for row in first["items"] + rest["items"]] == [1, 2, 3, 4]
        assert rest["next_after"] is None


class TestCorrect:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await patch(anonymous, str(new_id()), 1, dropped=True)).status_code == 401

    async def test_another_users_row_is_not_found(self, caller: Caller, other: Caller, album: Album) -> None:
        import_id = await album.ready(caller)
        assert (await patch(other, import_id, 1, dropped=True)).status_code == 404
        assert not (await album.rows(caller, import_id))[0]["dropped"]

    async def test_a_corrected_title_is_looked_for_anew(self, caller: Caller, runtime: Runtime, album: Album) -> None:
        import_id = await album.ready(caller)
        (track,) = await known(runtime, ("Harbour Nights", "The Piers"))
        changed = (await patch(caller, import_id, 1, title="Harbour Nights")).json()
        assert (changed["title"], changed["artist"]) == ("Harbour Nights", "The Piers")
        assert changed["match"]["track_id"] == str(track)
        assert changed["text"] == "Harbour Lights\nThe Piers"

    async def test_another_song_is_chosen_and_unchosen(self, caller: Caller, runtime: Runtime, album: Album) -> None:
        import_id = await album.ready(caller)
        (track,) = await known(runtime, ("Something Else", "Somebody Else"))
        chosen = (await patch(caller, import_id, 2, track_id=str(track))).json()
        assert (chosen["match"]["title"], chosen["match"]["score"]) == ("Something Else", None)
        assert (await patch(caller, import_id, 2, track_id=None)).json()["match"] is None

    @pytest.mark.parametrize(
        ("number", "change", "status"),
        [
            (99, {"dropped": True}, 404),
            (1, {"track_id": str(new_id())}, 404),
            (1, {"title": " "}, 422),
            (1, {"title": "x" * 301}, 422),
            (1, {"title": "\x00"}, 422),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self, caller: Caller, album: Album, number: int, change: dict[str, Any], status: int
    ) -> None:
        import_id = await album.ready(caller)
        assert (await patch(caller, import_id, number, **change)).status_code == status

    async def test_rows_that_are_not_there_yet_cannot_be_changed(self, caller: Caller, album: Album) -> None:
        import_id = (await album.brought(caller))["id"]
        assert (await patch(caller, import_id, 1, dropped=True)).status_code == 409


class TestAdd:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post(f"/imports/{new_id()}/rows", json={"title": "x"})).status_code == 401

    async def test_another_users_screenshot_is_not_found(self, caller: Caller, other: Caller, album: Album) -> None:
        import_id = await album.ready(caller)
        assert (await other.post(f"/imports/{import_id}/rows", json={"title": "x"})).status_code == 404

    async def test_a_row_that_was_overlooked_comes_last(self, caller: Caller, runtime: Runtime, album: Album) -> None:
        (track,) = await known(runtime, ("Night Bus Home", "Ola Winter"))
        import_id = await album.ready(caller)
        response = await caller.post(
            f"/imports/{import_id}/rows", json={"title": "Night Bus Home", "artist": "Ola Winter"}
        )
        assert response.status_code == 201
        row = response.json()
        assert (row["number"], row["box"], row["text"], row["confidence"]) == (5, None, None, None)
        assert row["match"]["track_id"] == str(track)


class TestImage:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get(f"/imports/{new_id()}/image")).status_code == 401

    async def test_another_users_image_is_not_found(self, caller: Caller, other: Caller, album: Album) -> None:
        import_id = (await album.brought(caller))["id"]
        assert (await other.get(f"/imports/{import_id}/image")).status_code == 404

    async def test_it_is_shown_as_it_was_brought(self, caller: Caller, album: Album) -> None:
        import_id = (await album.brought(caller))["id"]
        response = await caller.get(f"/imports/{import_id}/image")
        assert (response.content, response.headers["content-type"]) == (screenshot(), "image/png")


class TestConfirm:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post(f"/imports/{new_id()}/confirm")).status_code == 401

    async def test_another_users_screenshot_is_not_found(self, caller: Caller, other: Caller, album: Album) -> None:
        import_id = await album.ready(caller)
        assert (await other.post(f"/imports/{import_id}/confirm")).status_code == 404

    async def test_what_was_not_read_yet_cannot_be_confirmed(self, caller: Caller, album: Album) -> None:
        import_id = (await album.brought(caller))["id"]
        assert (await caller.post(f"/imports/{import_id}/confirm")).status_code == 409

    async def test_songs_are_kept_and_listed_as_they_were_corrected(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        await known(runtime, ("Glass Orchard", "Mira Vale"))
        import_id = await album.ready(caller)
        await patch(caller, import_id, 1, title="Harbor Lights")
        await patch(caller, import_id, 3, dropped=True)
        await caller.post(f"/imports/{import_id}/rows", json={"title": "Night Bus Home", "artist": "Ola Winter"})
        shown = await album.confirmed(caller, import_id)
        assert (shown["awaits_review"], shown["completed_at"] is not None) == (False, True)
        assert shown["counts"] == {
            "entries": 5,
            "songs": 4,
            "listens": 0,
            "kept": 4,
            "refused": 0,
            "omitted": {"dropped": 1},
            "new_listens": 0,
            "new_songs": 4,
        }
        titles = ["Harbor Lights", "Glass Orchard", "Señorita del Río", "Night Bus Home"]
        assert await lists_of(runtime, caller) == {"Evening by the sea": titles}
        assert await library_of(runtime, caller) == 4
        assert await catalogue_of(runtime) == 4

    async def test_twice_is_as_once(self, caller: Caller, runtime: Runtime, album: Album) -> None:
        import_id = await album.ready(caller)
        first = await album.confirmed(caller, import_id)
        again = await album.confirmed(caller, import_id)
        assert first == again
        assert len(await lists_of(runtime, caller)) == 1
        assert (await album.brought(caller))["id"] == import_id
        assert await library_of(runtime, caller) == 4

    async def test_what_was_confirmed_stays_as_it_is_and_its_image_goes(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        import_id = await album.ready(caller)
        await album.confirmed(caller, import_id)
        assert (await patch(caller, import_id, 1, dropped=True)).status_code == 409
        assert (await caller.get(f"/imports/{import_id}/image")).status_code == 404
        assert blobs(runtime) == []
        assert all(row["match"] for row in await album.rows(caller, import_id))

    async def test_rows_that_a_job_keeps_stay_as_they_are_until_it_ends(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        import_id = await album.ready(caller)
        job_id = (await caller.post(f"/imports/{import_id}/confirm")).json()["job_id"]
        refused = await patch(caller, import_id, 1, title="Harbor Lights")
        assert (refused.status_code, "being kept" in refused.json()["detail"]) == (409, True)
        assert (await caller.post(f"/imports/{import_id}/rows", json={"title": "x"})).status_code == 409
        assert (await caller.post(f"/imports/{import_id}/confirm")).json()["job_id"] == job_id
        # The same image again starts another job, and confirms nothing less.
        await album.brought(caller)
        assert (await patch(caller, import_id, 1, title="Harbor Lights")).status_code == 409
        await caller.post(f"/jobs/{job_id}/cancel")
        assert (await patch(caller, import_id, 1, title="Harbor Lights")).status_code == 200
        await album.confirmed(caller, import_id)
        assert (await lists_of(runtime, caller))["Evening by the sea"][0] == "Harbor Lights"

    async def test_its_list_may_be_called_otherwise(self, caller: Caller, runtime: Runtime, album: Album) -> None:
        import_id = await album.ready(caller)
        await album.confirmed(caller, import_id, json={"playlist": "By the sea"})
        assert list(await lists_of(runtime, caller)) == ["By the sea"]

    async def test_two_screenshots_of_one_list_are_two_lists(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        for songs in (SONGS[:4], SONGS[4:]):
            await album.confirmed(caller, await album.ready(caller, screenshot(songs)))
        assert sorted(await lists_of(runtime, caller)) == ["Evening by the sea", "Evening by the sea (2)"]


class TestUndo:
    async def test_all_that_was_confirmed_goes_and_it_may_be_brought_again(
        self, caller: Caller, runtime: Runtime, album: Album
    ) -> None:
        import_id = await album.ready(caller)
        await album.confirmed(caller, import_id)
        assert (await caller.delete(f"/imports/{import_id}")).status_code == 204
        assert (await library_of(runtime, caller), await lists_of(runtime, caller)) == (0, {})
        assert (await caller.get(f"/imports/{import_id}/rows")).status_code == 404
        assert await album.ready(caller) != import_id

    async def test_what_awaits_review_goes_with_its_image(self, caller: Caller, runtime: Runtime, album: Album) -> None:
        import_id = await album.ready(caller)
        assert (await caller.delete(f"/imports/{import_id}")).status_code == 204
        assert blobs(runtime) == []
