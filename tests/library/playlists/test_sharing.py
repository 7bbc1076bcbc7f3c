"""Playlists that several people see, edit and talk about: over HTTP, in the database's own policies, and at once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from segue.kit.clock import now
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.library.playlists import service
from segue.library.playlists.tables import (
    PlaylistChange,
    PlaylistCollaborator,
    PlaylistComment,
    PlaylistHead,
    PlaylistInvitation,
    PlaylistRevision,
)
from segue.library.tables import Playlist, PlaylistEntry
from tests.library.playlists.conftest import MakeSongs
from tests.library.playlists.test_endpoints import made, request, tracks
from tests.songs import Caller

ROUTES = [
    ("GET", "/collaborators", None),
    ("POST", "/collaborators", {"handle": "ada"}),
    ("DELETE", "/collaborators/ada", None),
    ("POST", "/join", None),
    ("POST", "/leave", None),
    ("POST", "/invitations", {}),
    ("GET", "/invitations", None),
    ("DELETE", f"/invitations/{new_id()}", None),
    ("POST", "/link", None),
    ("DELETE", "/link", None),
    ("GET", "/comments", None),
    ("POST", "/comments", {"text": "Fine"}),
    ("PATCH", f"/comments/{new_id()}", {"text": "Fine"}),
    ("DELETE", f"/comments/{new_id()}", None),
    ("GET", "/cover", None),
    ("DELETE", "/cover", None),
    ("GET", "/export", None),
]


async def handle_of(caller: Caller) -> str:
    return str((await caller.get("/me")).json()["profile"]["handle"])


async def joined(owner: Caller, guest: Caller, playlist: dict[str, Any], role: str = "editor") -> None:
    """Invite somebody by name, and have them join."""
    path = f"/playlists/{playlist['id']}"
    body = {"handle": await handle_of(guest), "role": role}
    assert (await owner.post(f"{path}/collaborators", json=body)).status_code == 204
    assert (await guest.post(f"{path}/join")).status_code == 204


class TestWhoMay:
    async def test_an_anonymous_visitor_is_refused_and_anothers_list_is_not_found(
        self, anonymous: Caller, caller: Caller, other: Caller
    ) -> None:
        playlist = await made(caller, [])
        for method, path, body in ROUTES:
            address = f"/playlists/{playlist['id']}{path}"
            assert (await request(anonymous, method, address, json=body)).status_code == 401, (method, path)
            assert (await request(other, method, address, json=body)).status_code == 404, (method, path)
        assert (await anonymous.post("/playlists/join", json={"token": "x"})).status_code == 401
        assert (await other.post("/playlists/join", json={"token": "x"})).status_code == 404

    async def test_who_is_invited_sees_joins_edits_and_leaves(
        self, caller: Caller, other: Caller, songs: MakeSongs
    ) -> None:
        a, b = await songs(2)
        playlist = await made(caller, [a])
        path = f"/playlists/{playlist['id']}"
        body = {"handle": await handle_of(other), "role": "editor"}
        await caller.post(f"{path}/collaborators", json=body)
        (shown,) = (await other.get("/playlists?shared=true")).json()["items"]
        assert (shown["id"], shown["role"]) == (playlist["id"], "invited")
        assert (await other.post(f"{path}/entries", json={"tracks": [b]})).status_code == 403
        await other.post(f"{path}/join")
        assert (await other.post(f"{path}/entries", json={"tracks": [b]})).status_code == 201
        found = (await caller.get(path)).json()["items"]["items"]
        assert found[1]["added_by"]["handle"] == body["handle"]
        (one,) = (await caller.get(f"{path}/collaborators")).json()["items"]
        assert (one["person"]["handle"], one["role"], one["joined_at"] is None) == (body["handle"], "editor", False)
        for method, beyond, said in (
            ("PATCH", "", {"name": "Mine"}),
            ("DELETE", "", None),
            ("POST", "/link", None),
            ("POST", "/collaborators", body),
            ("POST", "/invitations", {}),
            ("DELETE", "/cover", None),
        ):
            assert (await request(other, method, path + beyond, json=said)).status_code == 403, (method, beyond)
        assert (await other.post(f"{path}/leave")).status_code == 204
        assert (await other.get(path)).status_code == 404
        assert await tracks(caller, playlist) == [a, b]

    @pytest.mark.slow
    async def test_a_viewer_looks_and_the_owner_ends_it(self, caller: Caller, other: Caller, songs: MakeSongs) -> None:
        playlist = await made(caller, await songs(1))
        path = f"/playlists/{playlist['id']}"
        await joined(caller, other, playlist, "viewer")
        assert (await other.get(path)).json()["role"] == "viewer"
        assert (await other.post(f"{path}/undo")).status_code == 403
        await caller.post(f"{path}/collaborators", json={"handle": await handle_of(other), "role": "editor"})
        assert (await other.get(path)).json()["role"] == "editor"
        assert (await caller.delete(f"{path}/collaborators/{await handle_of(other)}")).status_code == 204
        assert (await other.get(path)).status_code == 404
        body = {"handle": await handle_of(caller)}
        assert (await caller.post(f"{path}/collaborators", json=body)).status_code == 422

    async def test_a_link_lets_in_until_it_is_revoked_or_expires(
        self, caller: Caller, other: Caller, database: Database
    ) -> None:
        playlist = await made(caller, [])
        path = f"/playlists/{playlist['id']}"
        first = (await caller.post(f"{path}/invitations", json={"role": "viewer"})).json()
        second = (await caller.post(f"{path}/invitations", json={"role": "editor"})).json()
        async with database.system_session() as session:
            kept = (await session.scalars(select(PlaylistInvitation.token_hash))).all()
            assert first["token"].encode() not in kept
        joined = await other.post("/playlists/join", json={"token": second["token"]})
        assert joined.json() == {"playlist_id": playlist["id"]}
        await other.post("/playlists/join", json={"token": first["token"]})
        assert (await other.get(path)).json()["role"] == "editor"
        await caller.delete(f"{path}/invitations/{second['id']}")
        assert [one["id"] for one in (await caller.get(f"{path}/invitations")).json()["items"]] == [first["id"]]
        await other.post(f"{path}/leave")
        async with database.system_session() as session:
            await session.execute(update(PlaylistInvitation).values(expires_at=now() - timedelta(seconds=1)))
        for token in (first["token"], second["token"]):
            assert (await other.post("/playlists/join", json={"token": token})).status_code == 404
        assert (await caller.get(f"{path}/invitations")).json()["items"] == []


class TestComments:
    @pytest.mark.slow
    async def test_who_sees_a_list_may_comment_on_it_and_the_owner_takes_any_away(
        self, caller: Caller, other: Caller
    ) -> None:
        playlist = await made(caller, [], public=True)
        path = f"/playlists/{playlist['id']}/comments"
        mine = (await caller.post(path, json={"text": "First"})).json()
        theirs = (await other.post(path, json={"text": " Second "})).json()
        assert theirs["text"] == "Second"
        page = (await other.get(f"{path}?limit=1")).json()
        rest = (await other.get(f"{path}?limit=1&cursor={page['next_cursor']}")).json()
        assert [one["text"] for one in page["items"] + rest["items"]] == ["Second", "First"]
        for text_ in ("", "  ", "x" * 2_001, "a\x00"):
            assert (await other.post(path, json={"text": text_})).status_code == 422
        changed = await request(other, "PATCH", f"{path}/{theirs['id']}", json={"text": "Third"})
        assert (changed.json()["text"], changed.json()["edited_at"] is None) == ("Third", False)
        assert (await request(other, "PATCH", f"{path}/{mine['id']}", json={"text": "No"})).status_code == 404
        assert (await other.delete(f"{path}/{mine['id']}")).status_code == 404
        assert (await caller.delete(f"{path}/{theirs['id']}")).status_code == 204
        await caller.delete(f"/playlists/{playlist['id']}/link")
        assert (await other.get(path)).status_code == 404


class TestInTheDatabase:
    """What PostgreSQL's policies let users do, whatever the service would say."""

    async def test_a_collaborator_sees_and_edits_just_that_list(
        self, caller: Caller, other: Caller, database: Database, songs: MakeSongs
    ) -> None:
        ids = await songs(2)
        shared, private = await made(caller, ids), await made(caller, ids)
        for playlist in (shared, private):
            await caller.post(f"/playlists/{playlist['id']}/comments", json={"text": "Mine"})
            await caller.post(f"/playlists/{playlist['id']}/entries", json={"tracks": ids})
        await caller.post(f"/playlists/{shared['id']}/invitations", json={})
        await joined(caller, other, shared)
        async with database.session(other.user.user_id) as session:
            assert [str(one) for one in await session.scalars(select(Playlist.id))] == [shared["id"]]
            for table in (PlaylistEntry, PlaylistHead, PlaylistRevision, PlaylistChange, PlaylistComment):
                found = set(await session.scalars(select(table.playlist_id)))
                assert found == {UUID(shared["id"])}, table
            assert (await session.scalars(select(PlaylistInvitation.id))).all() == []
            changed = await session.execute(update(Playlist).values(name="Mine"))
            assert changed.rowcount == 0  # type: ignore[attr-defined]
            await session.execute(delete(PlaylistEntry))
            await session.execute(delete(PlaylistComment))
        async with database.session(caller.user.user_id) as session:
            counted = select(PlaylistEntry.playlist_id, func.count()).group_by(PlaylistEntry.playlist_id)
            assert [tuple(row) for row in await session.execute(counted)] == [(UUID(private["id"]), 4)]
            assert len((await session.scalars(select(PlaylistComment.id))).all()) == 2

    async def test_nobody_makes_themselves_an_editor_or_writes_into_anothers_list(
        self, caller: Caller, other: Caller, database: Database, songs: MakeSongs
    ) -> None:
        (track,) = await songs(1)
        public = await made(caller, [track], public=True)
        viewed = await made(caller, [track])
        await joined(caller, other, viewed, "viewer")
        me, playlist = other.user.user_id, UUID(public["id"])
        part = {"playlist_id": playlist, "role": "editor", "invited_at": now(), "joined_at": now()}
        attempts = [
            PlaylistCollaborator(**part, user_id=me, owner_id=caller.user.user_id),
            PlaylistEntry(id=new_id(), playlist_id=playlist, position=-1, track_id=UUID(track)),
            PlaylistEntry(id=new_id(), playlist_id=UUID(viewed["id"]), position=-1, track_id=UUID(track)),
            PlaylistComment(playlist_id=playlist, user_id=caller.user.user_id, text="Not mine", created_at=now()),
            PlaylistRevision(playlist_id=playlist, number=9, kind="add", made_at=now(), size=0),
        ]
        for attempt in attempts:
            with pytest.raises(ProgrammingError, match="row-level security"):
                async with database.session(me) as session:
                    session.add(attempt)
        async with database.session(me) as session:
            promoted = await session.execute(update(PlaylistCollaborator).values(role="editor"))
            assert promoted.rowcount == 0  # type: ignore[attr-defined]
        async with database.session(None) as session:
            assert list(await session.scalars(select(Playlist.id))) == [playlist]
            assert (await session.scalars(select(PlaylistCollaborator))).all() == []
        # Nor is somebody else said to be its owner.
        values = {"playlist": playlist, "me": me, "them": caller.user.user_id}
        with pytest.raises(IntegrityError, match="foreign key"):
            async with database.session(me) as session:
                await session.execute(
                    text(
                        "INSERT INTO playlist_collaborators (playlist_id, user_id, owner_id, role, invited_at)"
                        " VALUES (:playlist, :them, :me, 'editor', now())"
                    ),
                    values,
                )


class TestAtOnce:
    @pytest.mark.slow
    async def test_what_several_do_at_once_is_all_done(
        self, caller: Caller, other: Caller, database: Database, songs: MakeSongs
    ) -> None:
        ids = await songs(16)
        playlist = await made(caller, ids[:4])
        await joined(caller, other, playlist)
        playlist_id, people = UUID(playlist["id"]), (caller.user.user_id, other.user.user_id)

        async def edit(number: int) -> None:
            user_id = people[number % 2]
            async with database.session(user_id) as session:
                place = service.Place(position=number % 5)
                (entry,) = await service.add(session, user_id, playlist_id, [UUID(ids[4 + number])], place=place)
            async with database.session(user_id) as session:
                await service.move(session, user_id, playlist_id, [entry], place=service.Place(position=0))

        await asyncio.gather(*(edit(number) for number in range(12)))
        found = await tracks(caller, playlist)
        assert sorted(found) == sorted(ids)
        shown = (await caller.get(f"/playlists/{playlist['id']}")).json()
        assert playlist["version"] + 12 <= shown["version"] <= playlist["version"] + 24
        for _ in range(shown["version"] - playlist["version"]):
            await caller.post(f"/playlists/{playlist['id']}/undo")
        assert await tracks(caller, playlist) == ids[:4]

    @pytest.mark.slow
    async def test_of_two_who_saw_the_same_version_one_is_told(
        self, caller: Caller, other: Caller, songs: MakeSongs
    ) -> None:
        ids = await songs(3)
        playlist = await made(caller, ids[:1])
        await joined(caller, other, playlist)
        path, seen = f"/playlists/{playlist['id']}/entries", {"If-Match": f'"{playlist["version"]}"'}
        answers = await asyncio.gather(
            caller.post(path, json={"tracks": [ids[1]]}, headers=seen),
            other.post(path, json={"tracks": [ids[2]]}, headers=seen),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert len(await tracks(caller, playlist)) == 2
