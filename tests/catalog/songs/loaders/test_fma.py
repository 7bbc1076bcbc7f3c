"""The Free Music Archive's metadata."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.catalog.songs.loaders.fma import LAYOUT
from segue.kit.errors import InvalidRequest, SegueError
from tests.catalog.songs.loaders.published import (
    FMA_GENRES,
    FMA_MEASURED,
    FMA_TRACKS,
    fma_echonest,
    fma_tracks,
    fma_zip,
    read,
)


def test_the_zip_is_read_as_it_is_published(tmp_path: Path) -> None:
    (one, two), (refused,) = read(LAYOUT, fma_zip(tmp_path / "fma_metadata.zip"))
    assert (one.ref.title, one.ref.artist, one.ref.album) == ("Low Tide", "Ann Vale", "Harbours")
    assert (one.ref.year, one.ref.duration_ms, one.ref.ids) == (2009, 168_000, {"fma": "2"})
    assert one.genres == {"Hip-Hop", "Pop"}
    assert one.features == {name: float(value) for name, value in FMA_MEASURED.items()}
    assert (two.ref.title, two.ref.year, two.ref.duration_ms) == ("Glass, Orchard", 2008, None)
    assert (two.genres, two.features) == (frozenset(), {})
    assert refused.reason == "no title"


@pytest.mark.parametrize("named", ["fma_metadata", "fma_metadata/tracks.csv", "."])
def test_a_folder_tells_what_the_zip_does(tmp_path: Path, named: str) -> None:
    folder = tmp_path / "fma_metadata"
    folder.mkdir()
    (folder / "tracks.csv").write_text(fma_tracks())
    (folder / "genres.csv").write_text(FMA_GENRES)
    (folder / "echonest.csv").write_text(fma_echonest())
    assert read(LAYOUT, tmp_path / named) == read(LAYOUT, fma_zip(tmp_path / "packed.zip"))


def test_tracks_alone_are_enough(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text(fma_tracks())
    (one, _), _ = read(LAYOUT, tmp_path)
    assert (set(one.genres), one.features) == ({"Hip-Hop"}, {})


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    packed = fma_zip(tmp_path / "fma.zip", tracks=fma_tracks(without="artist.name"))
    with pytest.raises(InvalidRequest, match=r"artist\.name"):
        read(LAYOUT, packed)
    with pytest.raises(InvalidRequest, match="genre_id"):
        read(LAYOUT, fma_zip(tmp_path / "fma.zip", genres="id,title\n1,Pop\n"))


def test_a_track_without_a_number_is_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text(fma_tracks(({**FMA_TRACKS[0], "track_id": "9" * 40}, FMA_TRACKS[1])))
    told, refused = read(LAYOUT, tmp_path)
    assert ([one.ref.ids for one in told], refused[0].reason) == ([{"fma": "3"}], "no track_id")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=3)), min_size=1, max_size=5))
def test_what_is_damaged_is_told_of(tmp_path: Path, damage: list[tuple[int, bytes]]) -> None:
    for source in ("packed.zip", "tracks.csv"):
        path = tmp_path / source
        whole = fma_zip(path).read_bytes() if source == "packed.zip" else fma_tracks().encode()
        for place, bits in damage:
            whole = whole[: place % len(whole)] + bits + whole[place % len(whole) + 2 :]
        path.write_bytes(whole)
        LAYOUT.recognises(path)
        with suppress(SegueError):
            read(LAYOUT, path)
