"""Playlists over HTTP: made, shown, edited by their entries, deleted and restored."""

from typing import Any

import httpx
import pytest

from segue.kit.ids import new_id
from tests.http import API
from tests.library.playlists.conftest import MakeSongs
from tests.songs import Caller


async def made(caller: Caller, tracks: list[str], name: str = "Late trains", **more: Any) -> dict[str, Any]:
    response = await caller.post("/create_playlist", json={"name": name, "tracks": tracks, **more})
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def request(caller: Caller, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {**caller.user.headers, **options.pop("headers", {})}
    return await caller.client.request(method, API + path, headers=headers, **options)


async def entries(caller: Caller, playlist: dict[str, Any]) -> list[dict[str, Any]]:
    response = await caller.get(f"/playlists/{playlist['id']}?limit=200")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]["items"]
    return items


async def tracks(caller: Caller, playlist: dict[str, Any]) -> list[str]:
    return [entry["track_id"] for entry in await entries(caller, playlist)]


ROUTES = [
    ("GET", "", None),
    ("GET", "/entries", None),
    ("PATCH", "", {"name": "Mine"}),
    ("DELETE", "", None),
    ("POST", "/restore", None),
    ("POST", "/entries", {"tracks": [str(new_id())]}),
    ("PUT", "/entries", {"tracks": []}),
    ("POST", "/entries/move", {"entries": [str(new_id())]}),
    ("POST", "/entries/remove", {"entries": [str(new_id())]}),
    ("DELETE", f"/entries/{new_id()}", None),
    ("POST", "/undo", None),
    ("POST", "/redo", None),
    ("GET", "/revisions", None),
]


class TestWhoMay:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        for method, path, body in ROUTES:
            response = await request(anonymous, method, f"/playlists/{new_id()}{path}", json=body)
            assert response.status_code == 401, (method, path)
        assert (await anonymous.post("/create_playlist", json={"name": "Mine"})).status_code == 401
        assert (await anonymous.get("/playlists")).status_code == 401

    async def test_another_users_is_not_found(self, caller: Caller, other: Caller, songs: MakeSongs) -> None:
        playlist = await made(caller, await songs(1))
        for method, path, body in ROUTES:
            response = await request(other, method, f"/playlists/{playlist['id']}{path}", json=body)
            assert response.status_code == 404, (method, path)
        assert (await other.get("/playlists")).json()["items"] == []
        assert len(await entries(caller, playlist)) == 1


class TestMaking:
    async def test_a_list_has_its_tracks_in_their_order_and_one_may_be_in_it_twice(
        self, caller: Caller, songs: MakeSongs
    ) -> None:
        one, two = await songs(2)
        playlist = await made(caller, [two, one, two], description="For the way home")
        assert (playlist["entries"], playlist["duration_s"], playlist["role"]) == (3, 600, "owner")
        found = await entries(caller, playlist)
        assert [entry["track_id"] for entry in found] == [two, one, two]
        assert [entry["position"] for entry in found] == [0, 1, 2]
        assert len({entry["id"] for entry in found}) == 3
        assert found[0]["track"]["title"] == "Number 1"
        assert found[0]["added_by"]["handle"] == playlist["owner"]["handle"]

    async def test_a_track_that_is_not_there_is_refused(self, caller: Caller, songs: MakeSongs) -> None:
        body = {"name": "Mine", "tracks": [*await songs(1), str(new_id())]}
        response = await caller.post("/create_playlist", json=body)
        assert (response.status_code, body["tracks"][1] in response.json()["detail"]) == (404, True)
        assert (await caller.get("/playlists")).json()["items"] == []
        for name in ("", "   ", "x" * 301, "a\x00b", None):
            assert (await caller.post("/create_playlist", json={"name": name})).status_code == 422

    @pytest.mark.slow
    async def test_lists_come_in_pages_the_newest_first(self, caller: Caller) -> None:
        names = [f"List {number}" for number in range(5)]
        for name in names:
            await made(caller, [], name)
        first = (await caller.get("/playlists?limit=3")).json()
        second = (await caller.get(f"/playlists?limit=3&cursor={first['next_cursor']}")).json()
        assert [one["name"] for one in first["items"] + second["items"]] == names[::-1]
        assert second["next_cursor"] is None

    async def test_entries_come_in_pages_whatever_is_put_before_them_meanwhile(
        self, caller: Caller, songs: MakeSongs
    ) -> None:
        ids = await songs(7)
        playlist = await made(caller, ids[:6])
        first = (await caller.get(f"/playlists/{playlist['id']}/entries?limit=4")).json()
        await caller.post(f"/playlists/{playlist['id']}/entries", json={"tracks": [ids[6]], "position": 0})
        rest = (await caller.get(f"/playlists/{playlist['id']}/entries?limit=4&cursor={first['next_cursor']}")).json()
        assert [one["track_id"] for one in first["items"] + rest["items"]] == ids[:6]
        assert [one["position"] for one in rest["items"]] == [5, 6]
        assert rest["next_cursor"] is None
        for cursor in ("x", "_____________________w"):
            response = await caller.get(f"/playlists/{playlist['id']}/entries?cursor={cursor}")
            assert response.status_code == 422


class TestEditing:
    async def test_tracks_come_to_the_end_or_where_it_is_said(self, caller: Caller, songs: MakeSongs) -> None:
        a, b, c, d = await songs(4)
        playlist = await made(caller, [a, b])
        path = f"/playlists/{playlist['id']}/entries"
        await caller.post(path, json={"tracks": [c]})
        await caller.post(path, json={"tracks": [d, a], "position": 1})
        first = (await entries(caller, playlist))[0]["id"]
        await caller.post(path, json={"tracks": [c], "before": first})
        assert await tracks(caller, playlist) == [c, a, d, a, b, c]
        assert (await caller.post(path, json={"tracks": [c], "before": str(new_id())})).status_code == 409
        assert (await caller.post(path, json={"tracks": [c], "before": first, "position": 1})).status_code == 422

    async def test_a_block_moves_as_it_is_given(self, caller: Caller, songs: MakeSongs) -> None:
        ids = await songs(5)
        playlist = await made(caller, ids)
        found = [entry["id"] for entry in await entries(caller, playlist)]
        path = f"/playlists/{playlist['id']}/entries/move"
        shown = await caller.post(path, json={"entries": [found[3], found[1]], "position": 0})
        assert shown.json()["version"] == playlist["version"] + 1
        assert await tracks(caller, playlist) == [ids[3], ids[1], ids[0], ids[2], ids[4]]
        await caller.post(path, json={"entries": [found[3]], "before": found[4]})
        assert await tracks(caller, playlist) == [ids[1], ids[0], ids[2], ids[3], ids[4]]
        await caller.post(path, json={"entries": [found[1]]})
        assert await tracks(caller, playlist) == [ids[0], ids[2], ids[3], ids[4], ids[1]]
        assert (await caller.post(path, json={"entries": [found[0]], "before": found[0]})).status_code == 422
        assert (await caller.post(path, json={"entries": [str(new_id())]})).status_code == 404

    async def test_entries_are_taken_out_one_by_one_or_together(self, caller: Caller, songs: MakeSongs) -> None:
        a, b = await songs(2)
        playlist = await made(caller, [a, b, a, b])
        found = [entry["id"] for entry in await entries(caller, playlist)]
        path = f"/playlists/{playlist['id']}/entries"
        assert (await caller.delete(f"{path}/{found[0]}")).status_code == 204
        assert await tracks(caller, playlist) == [b, a, b]
        assert (await caller.delete(f"{path}/{found[0]}")).status_code == 404
        shown = await caller.post(f"{path}/remove", json={"entries": found[:3]})
        assert (shown.status_code, shown.json()["entries"]) == (200, 1)
        assert await tracks(caller, playlist) == [b]

    async def test_entries_of_tracks_that_stay_are_kept_when_all_are_replaced(
        self, caller: Caller, songs: MakeSongs
    ) -> None:
        a, b, c = await songs(3)
        playlist = await made(caller, [a, b, a])
        before = await entries(caller, playlist)
        await request(caller, "PUT", f"/playlists/{playlist['id']}/entries", json={"tracks": [c, a, b]})
        after = await entries(caller, playlist)
        assert [entry["track_id"] for entry in after] == [c, a, b]
        assert [entry["id"] for entry in after[1:]] == [entry["id"] for entry in before[:2]]

    async def test_an_edit_of_what_has_changed_since_is_refused_and_loses_nothing(
        self, caller: Caller, songs: MakeSongs
    ) -> None:
        a, b = await songs(2)
        playlist = await made(caller, [a])
        path, seen = f"/playlists/{playlist['id']}", {"If-Match": f'"{playlist["version"]}"'}
        assert (await caller.post(f"{path}/entries", json={"tracks": [b]}, headers=seen)).status_code == 201
        late = await request(caller, "PUT", f"{path}/entries", json={"tracks": []}, headers=seen)
        assert (late.status_code, late.json()["type"]) == (409, "urn:segue:error:playlist-changed")
        assert late.json()["version"] == playlist["version"] + 1
        assert await tracks(caller, playlist) == [a, b]
        assert (await request(caller, "PATCH", path, json={"name": "x"}, headers={"If-Match": "*"})).status_code == 422

    @pytest.mark.slow
    async def test_what_changes_nothing_is_no_new_version(self, caller: Caller, songs: MakeSongs) -> None:
        a, b = await songs(2)
        playlist = await made(caller, [a, b])
        path = f"/playlists/{playlist['id']}"
        same = await request(caller, "PUT", f"{path}/entries", json={"tracks": [a, b]})
        named = await request(caller, "PATCH", path, json={"name": "Late trains"})
        assert same.json()["version"] == named.json()["version"] == playlist["version"]
        said = {"name": "Early", "description": "x"}
        shown = (await request(caller, "PATCH", path, json=said)).json()
        assert {name: shown[name] for name in said} == said


class TestTakingBack:
    async def test_edits_are_taken_back_and_done_again(self, caller: Caller, songs: MakeSongs) -> None:
        a, b, c = await songs(3)
        playlist = await made(caller, [a, b])
        path = f"/playlists/{playlist['id']}"
        found = [entry["id"] for entry in await entries(caller, playlist)]
        await caller.post(f"{path}/entries", json={"tracks": [c], "position": 0})
        await caller.post(f"{path}/entries/move", json={"entries": [found[1]], "position": 0})
        await request(caller, "PATCH", path, json={"name": "Other"})
        await caller.delete(f"{path}/entries/{found[0]}")
        states = [[b, c], [b, c, a], [b, c, a], [c, a, b], [a, b]]
        names = ["Other", "Other", "Late trains", "Late trains", "Late trains"]
        for state, name in zip(states[1:], names[1:], strict=True):
            assert (await caller.post(f"{path}/undo")).json()["name"] == name
            assert await tracks(caller, playlist) == state
        assert (await caller.post(f"{path}/undo")).status_code == 409
        for state, name in zip(states[-2::-1], names[-2::-1], strict=True):
            assert (await caller.post(f"{path}/redo")).json()["name"] == name
            assert await tracks(caller, playlist) == state
        assert (await caller.post(f"{path}/redo")).status_code == 409
        assert found[1] in [entry["id"] for entry in await entries(caller, playlist)]

    @pytest.mark.slow
    async def test_a_new_edit_ends_what_could_be_done_again(self, caller: Caller, songs: MakeSongs) -> None:
        a, b = await songs(2)
        playlist = await made(caller, [a])
        path = f"/playlists/{playlist['id']}"
        await caller.post(f"{path}/entries", json={"tracks": [b]})
        await caller.post(f"{path}/undo")
        shown = (await caller.get(f"{path}/revisions")).json()["items"]
        assert [(one["kind"], one["size"], one["undone"]) for one in shown] == [("add", 1, True)]
        await caller.post(f"{path}/entries", json={"tracks": [a]})
        assert (await caller.post(f"{path}/redo")).status_code == 409
        shown = (await caller.get(f"{path}/revisions")).json()["items"]
        assert [(one["number"], one["undone"]) for one in shown] == [(1, False)]

    async def test_a_deleted_list_is_nobodys_to_see_until_it_is_restored(
        self, caller: Caller, songs: MakeSongs
    ) -> None:
        ids = await songs(3)
        playlist = await made(caller, ids)
        path = f"/playlists/{playlist['id']}"
        assert (await caller.post(f"{path}/restore")).status_code == 409
        assert (await caller.delete(path)).status_code == 204
        assert (await caller.get(path)).status_code == 404
        assert (await caller.get("/playlists")).json()["items"] == []
        (shown,) = (await caller.get("/playlists?deleted=true")).json()["items"]
        assert (shown["id"], shown["deleted_at"] is None) == (playlist["id"], False)
        assert (await caller.post(f"{path}/restore")).json()["entries"] == 3
        assert await tracks(caller, playlist) == ids
        assert (await caller.get("/playlists?deleted=true")).json()["items"] == []
