"""MusicBrainz's dumps: the full one, and the canonical data."""

import bz2
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.catalog.songs.loaders import musicbrainz, musicbrainz_canonical
from segue.catalog.songs.loaders.musicbrainz_tables import rows_in
from segue.kit.errors import InvalidRequest, SegueError
from tests.catalog.songs.loaders.published import (
    CANONICAL,
    MUSICBRAINZ,
    musicbrainz_archive,
    musicbrainz_folder,
    read,
)


class TestFullDump:
    @pytest.mark.parametrize("mode", ["folder", "w:bz2", "w:gz", "w"])
    def test_recordings_come_with_their_ids_and_first_release(self, tmp_path: Path, mode: str) -> None:
        path = musicbrainz_folder(tmp_path / "dump")
        if mode != "folder":
            path = musicbrainz_archive(tmp_path / "mbdump.tar", path, mode)
        assert musicbrainz.LAYOUT.recognises(path)
        (one, same, two), (refused,) = read(musicbrainz.LAYOUT, path)
        assert (one.ref.title, one.ref.artist, one.ref.duration_ms) == ("Low Tide", "Ann Vale", 185_000)
        assert (one.ref.album, one.ref.year) == ("Harbours", 1971)
        assert one.ref.recording_mbid == "8f3471b5-7e6a-48da-86a9-c1c07a0f47a6"
        assert {one.ref.isrc, same.ref.isrc} == {"GBAYE0601477", "GBAYE0601478"}
        assert same.ref.recording_mbid == one.ref.recording_mbid
        assert (two.ref.title, two.ref.artist) == ("Tabs and \\slashes", "Bo & Cleo")
        assert (two.ref.album, two.ref.year, two.ref.isrc, two.ref.duration_ms) == (None, None, None, None)
        assert (refused.where, refused.reason) == ("recording 13", "no title")

    def test_a_dump_packed_in_several_streams_is_one(self, tmp_path: Path) -> None:
        packed = musicbrainz_archive(tmp_path / "mbdump.tar", musicbrainz_folder(tmp_path / "dump"), "w")
        whole = packed.read_bytes()
        packed.write_bytes(b"".join(bz2.compress(whole[at : at + 4_096]) for at in range(0, len(whole), 4_096)))
        told, _ = read(musicbrainz.LAYOUT, packed)
        assert len(told) == 3

    def test_a_table_that_nobody_wants_is_passed_over_with_signs_of_life(self, tmp_path: Path) -> None:
        folder = musicbrainz_folder(tmp_path / "dump")
        rows = np.random.default_rng(1).bytes(3 * 2**20)
        (folder / "mbdump" / "annotation").write_bytes(rows)
        packed = musicbrainz_archive(tmp_path / "mbdump.tar", folder, "w:gz")
        told: list[float] = []
        first = next(rows_in(packed, told.append))
        assert first[0] == "artist_credit"
        assert len(told) > 8
        assert told == sorted(told)
        assert told[-1] <= 1

    def test_recordings_are_put_together_by_indexes_alone(self, tmp_path: Path) -> None:
        read(musicbrainz.LAYOUT, musicbrainz_folder(tmp_path / "dump"))
        with closing(sqlite3.connect(tmp_path / "scratch" / "musicbrainz.sqlite")) as database:
            plan = [row[-1] for row in database.execute(f"EXPLAIN QUERY PLAN {musicbrainz._SONGS}")]
        assert [step for step in plan if step.startswith("SCAN")] == ["SCAN r"]

    def test_a_missing_table_is_named(self, tmp_path: Path) -> None:
        tables = {name: rows for name, rows in MUSICBRAINZ.items() if name != "isrc"}
        with pytest.raises(InvalidRequest, match="isrc"):
            read(musicbrainz.LAYOUT, musicbrainz_folder(tmp_path / "dump", tables))

    def test_other_columns_are_told_of(self, tmp_path: Path) -> None:
        moved = {**MUSICBRAINZ, "recording": [(row[1], row[0], *row[2:]) for row in MUSICBRAINZ["recording"]]}
        with pytest.raises(InvalidRequest, match="recording does not begin with the columns id, gid"):
            read(musicbrainz.LAYOUT, musicbrainz_folder(tmp_path / "dump", moved))

    def test_a_row_that_is_none_is_refused_alone(self, tmp_path: Path) -> None:
        broken = {**MUSICBRAINZ, "recording": [*MUSICBRAINZ["recording"], ("x", "y")]}
        told, refused = read(musicbrainz.LAYOUT, musicbrainz_folder(tmp_path / "dump", broken))
        assert (len(told), refused[0].where) == (3, "recording, row 4")

    def test_an_archive_that_was_cut_is_told_of(self, tmp_path: Path) -> None:
        packed = musicbrainz_archive(tmp_path / "mbdump.tar.bz2", musicbrainz_folder(tmp_path / "dump"))
        packed.write_bytes(packed.read_bytes()[:-60])
        with pytest.raises(InvalidRequest, match=r"mbdump\.tar\.bz2"):
            read(musicbrainz.LAYOUT, packed)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
    @given(st.sampled_from(sorted(MUSICBRAINZ)), st.binary(max_size=60))
    def test_any_bytes_are_read_or_refused(self, tmp_path: Path, table: str, more: bytes) -> None:
        folder = tmp_path / "dump"
        if not folder.exists():
            musicbrainz_folder(folder)
        place = folder / "mbdump" / table
        before = place.read_bytes()
        place.write_bytes(before + more)
        try:
            told, _ = read(musicbrainz.LAYOUT, folder)
        finally:
            place.write_bytes(before)
        assert len(told) >= 3

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
    @given(st.integers(0, 2_000), st.binary(min_size=1, max_size=4))
    def test_a_damaged_archive_raises_nothing_else(self, tmp_path: Path, place: int, damage: bytes) -> None:
        folder = tmp_path / "dump"
        if not folder.exists():
            musicbrainz_folder(folder)
        packed = musicbrainz_archive(tmp_path / "mbdump.tar.bz2", folder)
        whole = packed.read_bytes()
        packed.write_bytes(whole[: place % len(whole)] + damage + whole[place % len(whole) + len(damage) :])
        musicbrainz.LAYOUT.recognises(packed)
        with suppress(SegueError):
            read(musicbrainz.LAYOUT, packed)


class TestCanonicalData:
    @pytest.mark.parametrize("folder", ["", "canonical"])
    def test_each_row_is_a_song(self, tmp_path: Path, folder: str) -> None:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "canonical_musicbrainz_data.csv").write_text(CANONICAL)
        (one, two), refused = read(musicbrainz_canonical.LAYOUT, tmp_path)
        assert (one.ref.title, one.ref.artist, one.ref.album) == ("Ridge", "Bo & Cleo", "Ridges, Moors")
        assert one.ref.recording_mbid == "8f3471b5-7e6a-48da-86a9-c1c07a0f47a4"
        assert (two.ref.recording_mbid, refused) == (None, [])

    def test_a_missing_column_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "canonical_musicbrainz_data.csv"
        path.write_text(CANONICAL.replace("recording_name", "track_name"))
        with pytest.raises(InvalidRequest, match="recording_name"):
            read(musicbrainz_canonical.LAYOUT, path)

    def test_what_is_still_packed_is_told_how_to_unpack(self, tmp_path: Path) -> None:
        path = tmp_path / "musicbrainz-canonical-dump-20260801-080003.tar.zst"
        path.write_bytes(b"\x28\xb5\x2f\xfd rest")
        assert musicbrainz_canonical.LAYOUT.recognises(path)
        with pytest.raises(InvalidRequest, match="tar --zstd -xf"):
            read(musicbrainz_canonical.LAYOUT, path)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, tmp_path: Path, more: bytes) -> None:
        path = tmp_path / "canonical_musicbrainz_data.csv"
        path.write_bytes(CANONICAL.encode() + more)
        told, _ = read(musicbrainz_canonical.LAYOUT, path)
        assert len(told) >= 2
