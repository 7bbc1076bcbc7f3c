"""The texts and tables that occur in the wild are parted into rows, and none takes another down."""

from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.library.formats.entries import Refusal
from segue.library.formats.reading import Row, numbered_lines, open_text, records_of, rows_of, text_of


def _rows(text: str, **options: str) -> list[Row | Refusal]:
    return list(rows_of(StringIO(text, newline=""), **options))


def _titles(rows: list[Row | Refusal]) -> list[str]:
    return [row["title"] if isinstance(row, Row) else f"refused {row.where}" for row in rows]


def test_columns_are_found_by_name_whatever_their_order_and_case() -> None:
    (row,) = _rows("ARTIST, Title \r\n Nobody , A Song \r\n")
    assert isinstance(row, Row)
    assert (row["title"], row["artist"], row["album"]) == ("A Song", "Nobody", "")


def test_a_line_end_within_quotes_belongs_to_the_row() -> None:
    rows = _rows('title,artist\n"Two\nLines",A\nNext,B\n')
    assert _titles(rows) == ["Two\nLines", "Next"]
    assert [row.where for row in rows] == ["line 2", "line 4"]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_only() -> None:
    rows = _rows('title,artist\nOne,A\n"Two,B\nThree,C\nFour,D\n')
    assert _titles(rows) == ["One", "refused line 3", "Three", "Four"]


def test_a_quotation_mark_that_is_closed_in_a_later_row_costs_its_own_row_only() -> None:
    rows = _rows('title,artist\n"One,A\nTwo,"B, C"\nThree,C\n')
    assert _titles(rows) == ["refused line 2", "Two", "Three"]


def test_a_title_that_is_partly_quoted_stays_whole() -> None:
    assert _titles(_rows('title,artist\nThe "Best" Song,A\n')) == ['The "Best" Song']


def test_a_field_beyond_measure_is_refused_and_the_next_row_is_read() -> None:
    rows = _rows("title,artist\n" + "x" * 1_000_000 + ",A\nNext,B\n")
    assert _titles(rows)[-1] == "Next"
    assert len(rows) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_the_wild_are_read(encoding: str) -> None:
    (row,) = rows_of(open_text(BytesIO("title\nÄrger über Öl".encode(encoding))))
    assert isinstance(row, Row)
    assert row["title"] == "Ärger über Öl"


def test_the_file_stays_open_after_its_text_is_gone() -> None:
    file = BytesIO(b"title\nSong\n")
    assert len(list(rows_of(open_text(file)))) == 1
    file.seek(0)
    assert file.read(5) == b"title"


def test_lines_keep_their_numbers_beside_one_beyond_measure() -> None:
    lines = list(numbered_lines(StringIO("a\n" + "b" * 500_000 + "\nc\n")))
    assert [(number, text[0]) for number, text in lines] == [(1, "a"), (2, "b"), (3, "c")]


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(",;\t"))
def test_no_bytes_break_the_parting(data: bytes, delimiter: str) -> None:
    list(records_of(open_text(BytesIO(data)), delimiter=delimiter))


@settings(deadline=None)
@given(st.text(alphabet='ab",\n;', max_size=40))
def test_rows_after_a_broken_one_are_not_lost(broken: str) -> None:
    rows = _rows(f"title,artist\n{broken}\n" + "\n" + "Good,Row\n" * 40)
    assert _titles(rows).count("Good") >= 39


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" Low Tide ", "Low Tide"),
        (1979, "1979"),
        (None, ""),
        (True, ""),
        (["a"], ""),
        ("a\x00b\r\nc", "a b c"),
        ("\ud83d broken", "\ufffd broken"),
        ("no\u00a0break", "no\u00a0break"),
    ],
)
def test_a_foreign_value_is_one_line_that_a_database_takes(value: object, text: str) -> None:
    assert text_of(value) == text
    assert text_of(value).encode().decode() == text
