"""Lists that people write by hand are understood, and nothing else is taken for one."""

import pytest

from segue.library.formats.entries import Kept
from tests.library.formats.files import entries_of, formats_of, told


def _song(line: str) -> tuple[str, str, int | None]:
    (kept,) = entries_of(line, "plain-text")
    assert isinstance(kept, Kept)
    return kept.song.artist, kept.song.title, kept.song.duration_ms


@pytest.mark.parametrize(
    "line",
    [
        "The Invented - A Song",
        "The Invented – A Song",  # noqa: RUF001  # a dash
        "The Invented — A Song",
        "The Invented—A Song",
        "The Invented -- A Song",
        "The Invented\tA Song",
        "12. The Invented - A Song",
        "12) The Invented - A Song",
        "#3. The Invented - A Song",
        "- The Invented - A Song",
        "• The Invented - A Song",
        "  * The Invented - A Song  ",
        'The Invented - "A Song"',
        "“A Song” by The Invented",
        "A Song by The Invented",
        '7. "A Song" by The Invented',
        "«The Invented» — «A Song»",
    ],
)
def test_a_song_is_read_however_it_is_written(line: str) -> None:
    assert _song(line) == ("The Invented", "A Song", None)


@pytest.mark.parametrize(
    "line",
    [
        "The Invented - A Song 3:45",
        "The Invented - A Song (3:45)",
        "The Invented - A Song [03:45]",
        "The Invented - A Song - 3:45",
        "The Invented\tA Song\t3:45",
        "1. A Song by The Invented 3:45",
    ],
)
def test_a_duration_at_the_end_is_one(line: str) -> None:
    assert _song(line) == ("The Invented", "A Song", 225_000)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("00:00 The Invented - A Song", ("The Invented", "A Song")),
        ("[1:02:03] The Invented - A Song", ("The Invented", "A Song")),
        ("The Invented - A Song - Remastered 2009", ("The Invented", "A Song - Remastered 2009")),
        ("Jay-Z - Half-Time", ("Jay-Z", "Half-Time")),
        ("Stand by Me by The Invented", ("The Invented", "Stand by Me")),
        ("Crosby, Stills, Nash - Our House", ("Crosby, Stills, Nash", "Our House")),
        ("99 - Song", ("99", "Song")),
        ("Invented - 'Til Then", ("Invented", "'Til Then")),
    ],
)
def test_what_looks_like_an_ornament_and_is_none_stays(line: str, expected: tuple[str, str]) -> None:
    assert _song(line)[:2] == expected


def test_lines_that_are_no_songs_are_refused_beside_those_that_are() -> None:
    data = "My list of the year\n\n1. A - One\n2. B - Two\n3. C - Three\n" + "x" * 5_000 + "\n4. D - Four\n"
    assert told(entries_of(data, "plain-text")) == ["refused line 1", "One", "Two", "Three", "refused line 6", "Four"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"Only words, and no song among them.\nNor on this line.\n",
        b"a,b,c\nA - One,x,y\nB - Two,x,y\n",
        b"Title;Artist\nA - One;x\nB - Two;y\n",
        b"Artist\tTitle\nA\tOne\n",
        b"A\tOne\tFirst\nB\tTwo\tFirst\n",
        b'{"a": "A - One"}\n{"a": "B - Two"}\n',
        b'[\n"A - One",\n"B - Two"\n]',
        b"<html>\nA - One\nB - Two\n</html>",
        b"PK\x03\x04A - One\nB - Two\n",
        bytes(range(32)) + b" - " + bytes(range(32)),
    ],
)
def test_what_is_no_list_of_songs_is_not_claimed(data: bytes) -> None:
    assert formats_of(data) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    data = "Björn — Über\r\nÄrger — Öl\r\n".encode(encoding)
    assert told(entries_of(data, "plain-text")) == ["Über", "Öl"]
