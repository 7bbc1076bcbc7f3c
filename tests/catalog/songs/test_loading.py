"""Loading tables of songs: what is taken, what is refused, and that twice is once."""

import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text

from segue.catalog.songs.loaders import spotify_features
from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.loading import load
from segue.kit.database import Database
from segue.kit.errors import InvalidRequest
from tests.data import data_path

HEAD = (
    "track_id,track_name,track_artist,track_popularity,track_album_name,track_album_release_date,playlist_genre,energy,"
    "duration_ms\n"
)
ONE = '6f807x0ima9a1j3VPbc7VN,"Song, One (feat. Bo)",Ann,66.0,Album,2019-06-14,pop,0.9,194754.0\n'
TABLE = HEAD + ONE + ONE.replace("pop", "rock") + "0r7CVbZTWZgbTCYdfa2P31,NA,NA,,,,,,\n,Two,Bo,nan,,,,x,-1\n"


def rows(table: str) -> list[Told | Refused]:
    return list(spotify_features.read(BytesIO(table.encode())))


async def stored(database: Database) -> list[tuple[object, ...]]:
    async with database.system_session() as session:
        found = await session.execute(
            text("SELECT s.*, i.* FROM songs s LEFT JOIN song_identifiers i USING (track_id)")
        )
        return sorted(tuple(map(str, row)) for row in found)


class TestSpotifyFeatures:
    def test_a_row_is_a_song_with_what_the_table_says(self) -> None:
        one, again, refused, two = rows(TABLE)
        assert isinstance(one, Told)
        assert (one.ref.title, one.ref.artist, one.ref.album) == ("Song, One (feat. Bo)", "Ann", "Album")
        assert (one.ref.year, one.ref.duration_ms, one.popularity) == (2019, 194_754, 66.0)
        assert one.ref.ids == {"spotify": "6f807x0ima9a1j3VPbc7VN"}
        assert (sorted(one.genres), one.features) == (["pop"], {"energy": 0.9})
        assert isinstance(again, Told)
        assert refused == Refused("line 4", "no title")
        assert isinstance(two, Told)
        assert (two.ref.duration_ms, two.ref.ids, two.popularity, two.features) == (None, {}, None, {})

    def test_artists_in_a_list_are_told_apart(self) -> None:
        [one] = rows("name,artists\nSong,\"['Ann', 'Bo & Co']\"\n")
        assert isinstance(one, Told)
        assert one.ref.artist == "Ann, Bo & Co"

    @pytest.mark.parametrize("table", ["", "a,b\n1,2\n", "\x00\xff"])
    def test_what_is_no_such_table_is_refused(self, table: str) -> None:
        with pytest.raises(InvalidRequest):
            rows(table)

    def test_a_field_without_end_is_refused_alone(self) -> None:
        found = rows(HEAD + "x" * 200_000 + ",b,c\n" + ONE)
        assert isinstance(found[0], Refused)
        assert isinstance(found[-1], Told)


class TestLoad:
    async def test_twice_is_once(self, database: Database) -> None:
        refused: list[Refused] = []
        first = await load(database, rows(TABLE), refused=refused.append)
        assert (first.songs, first.new, first.refused, refused[0].where) == (3, 2, 1, "line 4")
        before = await stored(database)
        again = await load(database, rows(TABLE), refused=refused.append)
        assert (again.songs, again.new) == (3, 0)
        assert await stored(database) == before

    async def test_what_the_table_tells_is_kept(self, database: Database) -> None:
        await load(database, rows(TABLE), refused=lambda _: None)
        async with database.session(None) as session:
            found = await session.execute(text("SELECT popularity, tags FROM songs WHERE title_key = 'song one'"))
            assert found.one() == (66.0, {"genres": ["pop", "rock"], "features": {"energy": 0.9}})

    @pytest.mark.slow
    async def test_a_real_table_goes_in_whole(self, database: Database, tmp_path: Path) -> None:
        table = extracted(tmp_path)
        refused: list[Refused] = []
        with table.open("rb") as file:
            loaded = await load(database, spotify_features.read(file), refused=refused.append)
        # 28,356 ids; five rows of four ids have neither title nor artist.
        assert (loaded.songs, loaded.refused) == (32_828, 5)
        assert 25_000 < loaded.new < 28_352
        async with database.system_session() as session:
            assert await session.scalar(text("SELECT count(*) FROM song_identifiers")) == 28_352


def extracted(folder: Path) -> Path:
    """Unpack the table of songs that the recommendation data has."""
    with tarfile.open(data_path("recommendation/tidytuesday_spotify_songs.tar.xz")) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.rglob("spotify_songs.csv"))
