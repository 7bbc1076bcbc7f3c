"""Finding songs as one types, over HTTP on a real database."""

import pytest
import pytest_asyncio
from sqlalchemy import text

from segue.catalog.songs import service
from segue.catalog.songs.service import SongRef
from segue.kit.runtime import Runtime
from tests.songs import Caller

#: Title, artist, popularity.
SONGS = (
    ("Yesterday", "The Beatles", 80),
    ("Help!", "The Beatles", 70),
    ("Here Comes the Sun - Remastered 2009", "The Beatles", 90),
    ("Help", "Nobody", 5),
    ("Beat It", "Michael Jackson", 85),
    ("Beautiful Day", "U2", 75),
    ("Thunderstruck", "AC/DC", 88),
    ("Déjà Vu", "Beyoncé", 60),
    ("Umbrella", "Rihanna feat. Jay-Z", 82),
    ("Yesterday Once More", "Carpenters", 65),
    ("÷", "Ed Sheeran", 10),
)


@pytest_asyncio.fixture
async def songs(runtime: Runtime) -> None:
    """Have some songs that are more or less known."""
    async with runtime.database.system_session() as session:
        refs = [SongRef(title=title, artist=artist) for title, artist, _ in SONGS]
        for resolution, (_, _, popularity) in zip(await service.resolve(session, refs), SONGS, strict=True):
            await session.execute(
                text("UPDATE songs SET popularity = :popularity WHERE track_id = :track_id"),
                {"popularity": popularity, "track_id": resolution.track_id},
            )


async def titles(who: Caller, typed: str, **options: object) -> list[str]:
    response = await who.get("/search_songs", params={"q": typed, **options})
    assert response.status_code == 200, response.text
    return [item["title"] for item in response.json()["items"]]


@pytest.mark.usefixtures("songs")
class TestSearchSongs:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.get("/search_songs", params={"q": "help"})).status_code == 401

    async def test_a_song_is_shown_with_what_is_known(self, caller: Caller) -> None:
        [item] = (await caller.get("/search_songs", params={"q": "umbrella"})).json()["items"]
        track = (await caller.get(f"/tracks/{item['track_id']}")).json()
        assert (track["title"], track["artist"], track["source"]) == ("Umbrella", "Rihanna feat. Jay-Z", "external")
        assert (item["popularity"], item["duration_s"]) == (82, None)

    async def test_the_beginning_of_a_word_is_enough_and_the_known_come_first(self, caller: Caller) -> None:
        known = ["Here Comes the Sun - Remastered 2009", "Beat It", "Yesterday", "Beautiful Day", "Help!"]
        assert await titles(caller, "bea") == known
        assert (await titles(caller, "b"))[:2] == ["Here Comes the Sun - Remastered 2009", "Beat It"]

    @pytest.mark.parametrize(
        ("typed", "title"),
        [
            ("help", "Help!"),
            ("the beatles y", "Yesterday"),
            ("yesterday beatles", "Yesterday"),
            ("YESTERDAY ONCE", "Yesterday Once More"),
            ("acdc", "Thunderstruck"),
            ("AC/DC", "Thunderstruck"),
            ("deja vu", "Déjà Vu"),
            ("beyonce", "Déjà Vu"),
            ("jay-z umb", "Umbrella"),
            ("÷", "÷"),
            ("yestreday beatles", "Yesterday"),
            ("yestrd", "Yesterday"),
            ("thundrestruck", "Thunderstruck"),
            ("hunderstruck", "Thunderstruck"),
            ("beatels help", "Help!"),
            ("rihana", "Umbrella"),
        ],
    )
    async def test_what_was_meant_comes_first(self, caller: Caller, typed: str, title: str) -> None:
        assert (await titles(caller, typed))[:1] == [title]

    async def test_no_more_are_given_than_wanted(self, caller: Caller) -> None:
        assert len(await titles(caller, "e", limit=1)) == 1
        assert (await caller.get("/search_songs", params={"q": "e", "limit": 51})).status_code == 422

    @pytest.mark.parametrize("typed", ["", " ", "xyzzy", "' & | ! :* \\", "x" * 200, "a " * 100, "'", "\\"])
    async def test_what_nothing_is_called_finds_nothing(self, caller: Caller, typed: str) -> None:
        assert await titles(caller, typed) == []

    async def test_all_songs_are_found_when_others_are_the_popular_ones(self, caller: Caller, runtime: Runtime) -> None:
        async with runtime.database.system_session() as session:
            await session.execute(text("UPDATE songs SET is_popular = popularity > 80"))
        assert (await titles(caller, "help"))[:1] == ["Help!"]
        async with runtime.database.system_session() as session:
            await service.rank(session)
            assert await session.scalar(text("SELECT bool_and(is_popular) FROM songs"))


class TestAddSong:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller) -> None:
        assert (await anonymous.post("/songs", json={"title": "One", "artist": "Ann"})).status_code == 401

    async def test_a_new_song_is_made_and_found_by_all(self, caller: Caller) -> None:
        told = {"title": "Low Tide", "artist": "Ann Vale", "album": "Harbours", "year": 1971, "duration_ms": 185_000}
        response = await caller.post("/songs", json={**told, "isrc": "gb-aye-06-01477"})
        assert response.status_code == 201, response.text
        added = response.json()
        assert (added["how"], added["score"], added["alternatives"]) == ("new", 1, [])
        song = added["song"]
        assert [song[name] for name in ("title", "artist", "album", "year", "duration_s")] == [
            *("Low Tide", "Ann Vale", "Harbours", 1971, 185)
        ]
        assert await titles(caller, "low tide") == ["Low Tide"]

    @pytest.mark.usefixtures("songs")
    async def test_a_known_song_is_told_as_known(self, caller: Caller) -> None:
        response = await caller.post("/songs", json={"title": "yesterday (remastered)", "artist": "Beatles"})
        assert response.status_code == 200
        found = response.json()
        assert (found["how"], found["song"]["title"], found["song"]["artist"]) == ("name", "Yesterday", "The Beatles")
        assert 0.8 <= found["score"] <= 1
        again = await caller.post("/songs", json={"title": "Yesterday", "artist": "The Beatles"})
        assert again.json()["song"] == found["song"]

    async def test_what_it_may_be_as_well_is_shown(self, caller: Caller) -> None:
        first = await caller.post("/songs", json={"title": "Suite", "artist": "Ann Vale", "duration_ms": 120_000})
        other = await caller.post("/songs", json={"title": "Suite", "artist": "Ann Vale", "duration_ms": 160_000})
        assert other.status_code == 201
        assert [one["track_id"] for one in other.json()["alternatives"]] == [first.json()["song"]["track_id"]]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": " "},
            {"artist": ""},
            {"title": "x" * 301},
            {"title": "\x00"},
            {"isrc": "no"},
            {"year": 3000},
            {"duration_ms": 0},
        ],
    )
    async def test_what_is_no_song_is_refused(self, caller: Caller, wrong: dict[str, object]) -> None:
        response = await caller.post("/songs", json={"title": "One", "artist": "Ann", **wrong})
        assert response.status_code == 422

    @pytest.mark.parametrize("sign", ["ﷺ", "𠀀", "😀", "&", "ΐ", "㎯", "鬱", "(", "a,", "가"])
    async def test_the_longest_names_are_taken(self, caller: Caller, sign: str) -> None:
        name = (sign * 300)[:300]
        response = await caller.post("/songs", json={"title": name, "artist": name, "album": name})
        assert response.status_code == 201, response.text
        assert (await caller.post("/songs", json={"title": name, "artist": name})).status_code == 200
