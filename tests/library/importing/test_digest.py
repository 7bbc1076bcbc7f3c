"""Exports read to their end: what is laid down, and how it is counted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from segue.library.formats.entries import Kept, Listen, Omission, Refusal, SongRef
from segue.library.importing.digest import PROBLEMS_TOLD, DigestWriter, SongsOnTheWay, is_skip

MOMENT = datetime(2024, 5, 1, 12, 30, 15, tzinfo=UTC)
SONG = SongRef(title="Harbour\tLights\\", artist="The Piers", duration_ms=201_000, ids={"spotify": "4" * 22})


def test_a_song_that_is_named_often_is_laid_down_once(tmp_path: Path) -> None:
    with DigestWriter(tmp_path) as writer:
        for day in range(1, 4):
            writer.add(Listen(song=SONG, listened_at=MOMENT.replace(day=day)), "a")
        writer.add(Kept(song=SONG, liked=True), "a")
        digest = writer.finish()
    assert list(digest.songs()) == [SONG]
    assert (digest.counts.songs, digest.counts.listens, digest.counts.kept) == (1, 3, 1)


def test_songs_are_told_as_they_are_laid_down_whole_lines_only(tmp_path: Path) -> None:
    songs = SongsOnTheWay(tmp_path)
    assert songs.more(9) == []
    lines = [f'{{"title": "Song {number}", "ids": {{}}}}\n' for number in range(5)]
    path = tmp_path / "songs.jsonl"
    path.write_text("".join(lines[:3]) + lines[3][:9])
    assert [song.title for song in songs.more(2)] == ["Song 0", "Song 1"]
    assert [song.title for song in songs.more(2)] == ["Song 2"]
    path.write_text("".join(lines))
    assert [song.title for song in songs.more(9)] == ["Song 3", "Song 4"]
    assert songs.more(9) == []


def test_songs_that_differ_in_their_ids_are_two(tmp_path: Path) -> None:
    with DigestWriter(tmp_path) as writer:
        for name in ("4", "5"):
            writer.add(Listen(song=SongRef(title="A", ids={"spotify": name * 22}), listened_at=MOMENT), "a")
        digest = writer.finish()
    assert [song.ids["spotify"][0] for song in digest.songs()] == ["4", "5"]


def test_every_listen_is_a_line_of_five_fields(tmp_path: Path) -> None:
    with DigestWriter(tmp_path) as writer:
        writer.add(Listen(song=SONG, listened_at=MOMENT, played_ms=31_000), "spotify-extended")
        writer.add(Listen(song=SONG, listened_at=MOMENT), "lastfm")
        digest = writer.finish()
    lines = digest.listens.read_text().splitlines()
    assert [line.split("\t") for line in lines] == [
        ["0", "2024-05-01T12:30:15+00:00", "31000", "f", "spotify-extended"],
        ["0", "2024-05-01T12:30:15+00:00", "\\N", "f", "lastfm"],
    ]


def test_every_entry_is_counted_where_it_belongs(tmp_path: Path) -> None:
    with DigestWriter(tmp_path) as writer:
        writer.add(Omission("entry 1", "private session"), "a")
        writer.add(Omission("entry 2", "private session"), "a")
        writer.add(Refusal("line 3", "no title"), "a")
        digest = writer.finish()
    assert digest.counts.entries == 3
    assert digest.counts.omitted == {"private session": 2}
    assert list(digest.problems()) == [Refusal("line 3", "no title")]


def test_of_very_many_refused_rows_the_first_are_told_and_all_are_counted(tmp_path: Path) -> None:
    with DigestWriter(tmp_path) as writer:
        for line in range(PROBLEMS_TOLD + 5):
            writer.add(Refusal(f"line {line}", "bad"), "a")
        digest = writer.finish()
    assert digest.counts.refused == PROBLEMS_TOLD + 5
    assert sum(1 for _ in digest.problems()) == PROBLEMS_TOLD


@pytest.mark.parametrize(
    ("played_ms", "said", "expected"),
    [(29_999, None, True), (30_000, None, False), (200_000, True, False), (None, True, True), (None, None, False)],
)
def test_what_was_left_within_thirty_seconds_counts_as_a_skip(
    played_ms: int | None, said: bool | None, expected: bool
) -> None:
    assert is_skip(Listen(song=SONG, listened_at=MOMENT, played_ms=played_ms, skipped=said)) is expected
