"""Which layout a file or folder is."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segue.catalog.songs.loaders.registry import LAYOUTS, detect
from segue.kit.errors import SegueError
from tests.catalog.songs.loaders.published import (
    CANONICAL,
    JAMENDO_TAGS,
    fma_tracks,
    fma_zip,
    jamendo_folder,
    musicbrainz_archive,
    musicbrainz_folder,
)


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def test_each_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    dump = musicbrainz_folder(tmp_path / "dump")
    places = {
        fma_zip(tmp_path / "some.zip"): "fma",
        written(tmp_path / "tracks.csv", fma_tracks()): "fma",
        jamendo_folder(tmp_path / "mtg"): "mtg-jamendo",
        written(tmp_path / "autotagging_genre.tsv", JAMENDO_TAGS): "mtg-jamendo",
        dump: "musicbrainz",
        dump / "mbdump": "musicbrainz",
        musicbrainz_archive(tmp_path / "x.bin", dump): "musicbrainz",
        written(tmp_path / "c.csv", CANONICAL): "musicbrainz-canonical",
        written(tmp_path / "s.csv", "\ufeffTrack_Name,artists\nx,y\n"): "spotify-features",
    }
    found = {path: layout.name if (layout := detect(path)) else None for path in places}
    assert found == places


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "hello", "PK\x03\x04", "BZh91AY&SY"])
def test_what_is_none_is_known_as_none(tmp_path: Path, content: str) -> None:
    assert detect(written(tmp_path / "file", content)) is None


def test_a_folder_of_other_things_is_none(tmp_path: Path) -> None:
    written(tmp_path / "song.mp3", "x")
    assert detect(tmp_path) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
@example(b'"\x00"\n')
@example(b"title,artist\n" + b'"' * 5)
def test_any_bytes_raise_nothing_but_our_own(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    detect(path)
    for layout in LAYOUTS:
        with suppress(SegueError):
            list(layout.read(path, tmp_path, lambda _: None))
