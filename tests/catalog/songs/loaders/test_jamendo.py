"""MTG-Jamendo's tags and names."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.catalog.songs.loaders.jamendo import LAYOUT
from segue.kit.errors import InvalidRequest
from tests.catalog.songs.loaders.published import JAMENDO_META, JAMENDO_TAGS, jamendo_folder, read


@pytest.mark.parametrize("named", [".", "data", "data/raw_30s.tsv", "data/raw.meta.tsv"])
def test_tags_and_names_are_put_together(tmp_path: Path, named: str) -> None:
    (one, two), (refused,) = read(LAYOUT, jamendo_folder(tmp_path / "set") / named)
    assert (one.ref.title, one.ref.artist, one.ref.album) == ('"Moor" at Night', "Bo", "Fens")
    assert (one.ref.year, one.ref.duration_ms, one.ref.ids) == (2004, 124_600, {"jamendo": "214"})
    assert [set(one.genres), set(one.moods), set(one.instruments)] == [{"punkrock"}, {"sad"}, set()]
    assert (two.ref.album, two.ref.year) == (None, None)
    assert [set(two.genres), set(two.instruments)] == [{"chillout", "downtempo"}, {"piano"}]
    assert (refused.where, refused.reason) == ("line 4", "no name: raw.meta.tsv does not know track_0000382")


def test_tags_without_names_are_of_no_use_and_it_is_said(tmp_path: Path) -> None:
    tags = tmp_path / "autotagging.tsv"
    tags.write_text(JAMENDO_TAGS)
    with pytest.raises(InvalidRequest, match=r"raw\.meta\.tsv"):
        read(LAYOUT, tags)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = jamendo_folder(tmp_path / "set")
    (folder / "data" / "raw.meta.tsv").write_text(JAMENDO_META.replace("TRACK_NAME", "NAME"))
    with pytest.raises(InvalidRequest, match="TRACK_NAME"):
        read(LAYOUT, folder)


def test_names_without_tags_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "raw.meta.tsv").write_text(JAMENDO_META)
    with pytest.raises(InvalidRequest, match=r"raw_30s\.tsv"):
        read(LAYOUT, tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    meta=st.text(st.sampled_from("track_01\t\n\"'\x00é\r"), max_size=80),
    tags=st.text(st.sampled_from('track_01.\t\n"-\x00\\é\r'), max_size=80),
)
def test_any_rows_are_read_or_refused(tmp_path: Path, meta: str, tags: str) -> None:
    (tmp_path / "raw.meta.tsv").write_text(JAMENDO_META + meta, newline="")
    (tmp_path / "raw_30s.tsv").write_text(JAMENDO_TAGS + tags, newline="")
    told, _ = read(LAYOUT, tmp_path)
    assert len(told) >= 1
