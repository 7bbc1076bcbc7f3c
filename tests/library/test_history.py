"""What a listener heard, what they heard most, and the songs of their library, over HTTP; and what is forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from sqlalchemy import select

from segue.catalog.songs.service import SongRef, resolve
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.library.tables import LibrarySong, Listen
from segue.taste import repository as tastes
from tests.songs import Caller

BEGIN = datetime(2026, 3, 1, 20, tzinfo=UTC)
ARTISTS = ("The Piers", "Mira Vale", "100% _Ärger_")


async def heard(database: Database, caller: Caller, plays: str) -> list[UUID]:
    """Have heard tracks by their number, one each ten minutes; a capital letter is a skip. Return the tracks."""
    refs = [SongRef(title=f"Song {number}", artist=ARTISTS[number]) for number in range(len(ARTISTS))]
    async with database.system_session() as session:
        tracks = [one.track_id for one in await resolve(session, refs)]
        for number, play in enumerate(plays):
            session.add(
                Listen(
                    user_id=caller.user.user_id,
                    track_id=tracks["abc".index(play.lower())],
                    listened_at=BEGIN + timedelta(minutes=10 * number),
                    played_ms=100_000 if play.islower() else None,
                    skipped=play.isupper(),
                    source="spotify" if number % 2 else "listenbrainz",
                )
            )
    return tracks


async def history(caller: Caller, query: str = "") -> list[str]:
    """Return the titles of what was heard, over all pages."""
    titles: list[str] = []
    cursor = ""
    while True:
        page = (await caller.get(f"/history?limit=3{query}{cursor}")).json()
        titles += [one["track"]["title"].removeprefix("Song ") for one in page["items"]]
        if page["next_cursor"] is None:
            return titles
        cursor = f"&cursor={page['next_cursor']}"


def at(minutes: int) -> str:
    return quote((BEGIN + timedelta(minutes=minutes)).isoformat())


class TestHistory:
    async def test_an_anonymous_visitor_is_refused_and_anothers_is_never_seen(
        self, anonymous: Caller, caller: Caller, other: Caller, database: Database
    ) -> None:
        (track, *_) = await heard(database, caller, "aab")
        for path in ("/history", "/history/top_tracks", "/history/top_artists", "/library"):
            assert (await anonymous.get(path)).status_code == 401
            assert (await other.get(path)).json()["items"] == []
        for path in ("/history?since=" + at(0), f"/history/{track}/{at(0)}"):
            assert (await anonymous.delete(path)).status_code == 401
        assert (await other.delete(f"/history/{track}/{at(0)}")).status_code == 404
        assert (await other.delete("/history?since=" + at(0))).json() == {"listens": 0, "job_id": None}
        assert await history(caller) == ["1", "0", "0"]

    async def test_it_comes_in_pages_by_time_source_track_and_whether_it_was_skipped(
        self, caller: Caller, database: Database
    ) -> None:
        tracks = await heard(database, caller, "abcAbca")
        assert await history(caller) == list("0210210")
        assert await history(caller, f"&since={at(10)}&until={at(40)}") == list("021")
        assert await history(caller, "&source=spotify") == list("201")
        assert await history(caller, f"&track_id={tracks[0]}&skipped=false") == list("00")
        assert await history(caller, "&skipped=true") == ["0"]
        assert (await caller.get("/history?since=2026-01-01T00:00:00")).status_code == 422
        assert (await caller.get("/history?cursor=AAAA")).status_code == 422

    @pytest.mark.slow
    async def test_what_was_heard_most_is_counted_over_a_period(self, caller: Caller, database: Database) -> None:
        await heard(database, caller, "abbAAAcbb")
        top = (await caller.get("/history/top_tracks")).json()["items"]
        assert [(one["track"]["title"], one["plays"], one["played_s"]) for one in top] == [
            ("Song 1", 4, 400),
            ("Song 2", 1, 100),
            ("Song 0", 1, 100),
        ]
        artists = (await caller.get(f"/history/top_artists?until={at(25)}&limit=2")).json()["items"]
        assert [(one["artist"], one["plays"], one["tracks"]) for one in artists] == [
            ("Mira Vale", 2, 1),
            ("The Piers", 1, 1),
        ]

    async def test_a_listen_or_a_period_is_forgotten_and_the_taste_is_found_anew(
        self, caller: Caller, database: Database
    ) -> None:
        tracks = await heard(database, caller, "abcabc")
        assert (await caller.delete(f"/history/{tracks[1]}/{at(10)}")).json() == {"listens": 1, "job_id": None}
        assert (await caller.delete(f"/history/{tracks[1]}/{at(10)}")).status_code == 404
        assert (await caller.delete("/history")).status_code == 422
        async with database.session(caller.user.user_id) as session:
            found = {"space": "s", "model": "m", "songs": [], "profile": {}, "library_state": "", "read_at": BEGIN}
            await tastes.ensure_taste(session, {"user_id": caller.user.user_id, **found})
        answer = (await caller.delete(f"/history?since={at(20)}&until={at(45)}")).json()
        assert answer["listens"] == 3
        job = (await caller.get(f"/jobs/{answer['job_id']}")).json()
        assert (job["job_type"], job["status"]) == ("taste.build", "queued")
        assert await history(caller) == ["2", "0"]


class TestRating:
    async def test_an_anonymous_visitor_is_refused_and_only_stars_are_taken(
        self, anonymous: Caller, caller: Caller
    ) -> None:
        assert (await anonymous.post(f"/rate/{new_id()}", json={"rating": 3})).status_code == 401
        assert (await caller.post(f"/rate/{new_id()}", json={"rating": 3})).status_code == 404
        for body in ({"rating": 0}, {"rating": 6}, {"rating": "many"}, {}):
            assert (await caller.post(f"/rate/{new_id()}", json=body)).status_code == 422

    async def test_stars_say_as_much_as_they_are_and_leave_nothing_when_taken_back(
        self, caller: Caller, database: Database
    ) -> None:
        (track, *_) = await heard(database, caller, "")
        said = [(await caller.post(f"/rate/{track}", json={"rating": stars})).json()["said"] for stars in (1, 3, 5)]
        assert said[0] < said[1] < said[2]
        await caller.post(f"/like/{track}")
        await caller.post(f"/like/{track}", json={"liked": None})
        assert await library(caller) == [("0", None, 5, False)]
        await caller.post(f"/like/{track}")
        await caller.post(f"/rate/{track}", json={"rating": None})
        assert await library(caller) == [("0", True, None, False)]
        await caller.post(f"/like/{track}", json={"liked": None})
        async with database.session(caller.user.user_id) as session:
            assert (await session.scalars(select(LibrarySong))).all() == []


class TestLibrary:
    async def test_songs_are_found_by_what_is_said_of_them_and_by_words(
        self, caller: Caller, database: Database
    ) -> None:
        a, b, c = await heard(database, caller, "")
        await caller.post(f"/add_to_library/{a}")
        await caller.post(f"/like/{b}", json={"liked": False})
        await caller.post(f"/rate/{c}", json={"rating": 4})
        assert [one[0] for one in await library(caller)] == ["2", "1", "0"]
        assert await library(caller, "&kept=true") == [("0", None, None, True)]
        assert [one[0] for one in await library(caller, "&liked=false")] == ["1"]
        assert [one[0] for one in await library(caller, "&rated_from=4")] == ["2"]
        assert await library(caller, "&rated_from=5") == []
        assert [one[0] for one in await library(caller, "&q=vale+song")] == ["1"]
        assert [one[0] for one in await library(caller, "&q=" + quote("% _ä"))] == ["2"]
        assert await library(caller, "&q=nobody") == []


async def library(caller: Caller, query: str = "") -> list[tuple[Any, ...]]:
    """Return the songs of a library, over all pages: title, liked, rating, kept."""
    songs: list[tuple[Any, ...]] = []
    cursor = ""
    while True:
        page = (await caller.get(f"/library?limit=2{query}{cursor}")).json()
        for one in page["items"]:
            title = one["track"]["title"].removeprefix("Song ")
            songs.append((title, one["liked"], one["rating"], one["kept"]))
        if page["next_cursor"] is None:
            return songs
        cursor = f"&cursor={page['next_cursor']}"
