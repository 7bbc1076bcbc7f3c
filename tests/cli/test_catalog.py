"""Loading the catalogue from the command line, on a real database."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.command import segue

TABLE = (
    "track_id,track_name,track_artist,track_popularity\n"
    "6f807x0ima9a1j3VPbc7VN,One,Ann,66\n"
    "0r7CVbZTWZgbTCYdfa2P31,,Bo,1\n"
    "1z1Hg7Vb0AhHDiEmnDE79l,Two,Bo,1\n"
)


@pytest.mark.slow
def test_a_table_is_loaded_once_and_what_is_no_song_is_told(tmp_path: Path, database_url: str) -> None:
    table = tmp_path / "songs.csv"
    table.write_text(TABLE)
    first = segue("catalog", "import", table, folder=tmp_path, database_url=database_url)
    assert (first.code, first.out.split()) == (
        0,
        ["kind", "spotify-features", "songs", "2", "new", "2", "refused", "1"],
    ), first
    assert "not imported: line 3: no title" in first.err
    table.write_text(TABLE.replace("6f807x0ima9a1j3VPbc7VN,One,Ann,66\n0r7CVbZTWZgbTCYdfa2P31,,Bo,1\n", ""))
    again = segue("catalog", "import", table, "--json", folder=tmp_path, database_url=database_url)
    assert again.report == {"kind": "spotify-features", "songs": 1, "new": 0, "refused": 0}


@pytest.mark.slow
def test_what_is_no_table_of_songs_ends_in_a_sentence(tmp_path: Path, database_url: str) -> None:
    table = tmp_path / "songs.csv"
    table.write_text("a,b\n1,2\n")
    ended = segue("catalog", "import", table, folder=tmp_path, database_url=database_url)
    assert (ended.code, ended.out) == (2, "")
    assert "fma_metadata.zip" in ended.err
    forced = segue("catalog", "import", table, "--kind", "spotify-features", folder=tmp_path, database_url=database_url)
    assert (forced.code, forced.out) == (2, "")
    assert "track_name" in forced.err


@pytest.mark.slow
def test_what_a_worker_shall_do_is_listed(tmp_path: Path, database_url: str) -> None:
    table = tmp_path / "songs.csv"
    table.write_text(TABLE)
    asked = segue("catalog", "import", table, "--background", "--json", folder=tmp_path, database_url=database_url)
    again = segue("catalog", "import", table, "--background", "--json", folder=tmp_path, database_url=database_url)
    assert again.report == asked.report
    [listed] = segue("catalog", "imports", "--json", folder=tmp_path, database_url=database_url).report["imports"]
    assert (listed["id"], listed["path"], listed["status"]) == (asked.report["job_id"], str(table), "queued")
    assert "queued 0 %" in segue("catalog", "imports", folder=tmp_path, database_url=database_url).out


@pytest.mark.slow
def test_a_folder_of_music_is_listened_to(tmp_path: Path, song: Path, database_url: str) -> None:
    music = tmp_path / "music"
    music.mkdir()
    shutil.copy(song, music / "Ann - One.flac")
    (music / "Broken.mp3").write_bytes(b"no sound")
    first = segue("catalog", "import", music, "--json", folder=tmp_path, database_url=database_url)
    assert first.code == 0
    counts = {"kind": "folder", "songs": 1, "new": 1, "heard": 1, "refused": 1}
    assert json.loads(first.out) == counts
    assert "Broken.mp3" in first.err
    again = segue("catalog", "import", music, "--json", folder=tmp_path, database_url=database_url)
    assert json.loads(again.out) == {**counts, "new": 0, "heard": 0}
