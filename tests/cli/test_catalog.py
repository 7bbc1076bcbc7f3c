"""Loading the catalogue from the command line, on a real database."""

from pathlib import Path

from tests.cli.command import segue

TABLE = (
    "track_id,track_name,track_artist,track_popularity\n"
    "6f807x0ima9a1j3VPbc7VN,One,Ann,66\n"
    "0r7CVbZTWZgbTCYdfa2P31,,Bo,1\n"
    "1z1Hg7Vb0AhHDiEmnDE79l,Two,Bo,1\n"
)


def test_a_table_is_loaded_once_and_what_is_no_song_is_told(tmp_path: Path, database_url: str) -> None:
    table = tmp_path / "songs.csv"
    table.write_text(TABLE)
    first = segue("catalog", "import", table, folder=tmp_path, database_url=database_url)
    assert (first.code, first.out.split()) == (0, ["rows", "2", "new", "2", "refused", "1"]), first
    assert "not loaded: line 3: no title" in first.err
    table.write_text(TABLE.replace("6f807x0ima9a1j3VPbc7VN,One,Ann,66\n0r7CVbZTWZgbTCYdfa2P31,,Bo,1\n", ""))
    again = segue("catalog", "import", table, "--json", folder=tmp_path, database_url=database_url)
    assert again.report == {"rows": 1, "new": 0, "refused": 0}


def test_what_is_no_table_of_songs_ends_in_a_sentence(tmp_path: Path, database_url: str) -> None:
    table = tmp_path / "songs.csv"
    table.write_text("a,b\n1,2\n")
    ended = segue("catalog", "import", table, folder=tmp_path, database_url=database_url)
    assert (ended.code, ended.out) == (2, "")
    assert "track_name" in ended.err
