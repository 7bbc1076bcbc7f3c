"""Lists are found on a screen by their layout alone."""

import random
import time
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.engines.ocr import Box, TextLine
from segue.library.screenshots.entries import Sheet, sheet_of
from tests.library.screenshots.layouts import line, table, two_lines

SONGS = [
    ("Harbour Lights", "The Piers"),
    ("Glass Orchard", "Mira Vale"),
    ("21", "Kites & Co."),
    ("Low Tide", "The Piers, Mira Vale"),
    ("Don't Wait Up", "Paper Lanterns"),
]


def read_as(sheet: Sheet) -> list[tuple[str, str]]:
    return [(entry.readings[0].title, entry.readings[0].artist) for entry in sheet.entries]


class TestTwoLines:
    def test_titles_stand_above_their_artists(self) -> None:
        assert read_as(sheet_of(two_lines(SONGS))) == SONGS

    def test_the_order_in_which_lines_were_read_makes_no_difference(self) -> None:
        lines = two_lines(SONGS)
        random.Random(1).shuffle(lines)
        assert read_as(sheet_of(lines)) == SONGS

    def test_what_is_not_in_step_is_none_of_the_list(self) -> None:
        around = [
            line("9:41", 40, 10),
            line("Evening", 140, 90, 60),
            line("SONGS", 150, 190),
            line("ALBUMS", 500, 190),
            line("Now Playing", 110, 985, 30),
            line("Somebody", 110, 1020, 24),
            line("Home", 120, 1120),
            line("Search", 480, 1120),
        ]
        sheet = sheet_of(two_lines(SONGS) + around)
        assert read_as(sheet) == SONGS
        assert sheet.name == "Evening"

    def test_artists_behind_badges_belong_to_their_titles(self) -> None:
        lines = []
        for row, (title, artist) in enumerate(SONGS):
            y = 300 + 130 * row
            lines += [line(title, 140, y, 36), line("E", 140, y + 46, 24), line(artist, 175, y + 44, 30)]
        assert read_as(sheet_of(lines)) == SONGS

    def test_a_title_that_was_not_read_leaves_the_others_where_they_are(self) -> None:
        lines = [one for one in two_lines(SONGS) if one.text != "21"]
        assert read_as(sheet_of(lines)) == SONGS[:2] + SONGS[3:]

    def test_an_entry_cut_off_below_its_title_is_partial(self) -> None:
        lines = two_lines(SONGS)[:-1]
        sheet = sheet_of(lines)
        assert [entry.is_partial for entry in sheet.entries] == [False] * 4 + [True]

    def test_an_artist_whose_title_is_cut_off_is_no_entry(self) -> None:
        assert read_as(sheet_of(two_lines(SONGS)[1:])) == SONGS[1:]

    def test_what_kind_of_thing_it_is_is_no_artist(self) -> None:
        marked = [(title, f"Song • {artist} • 3:4{row}") for row, (title, artist) in enumerate(SONGS)]
        sheet = sheet_of(two_lines(marked))
        assert read_as(sheet) == SONGS
        assert sheet.entries[2].duration_ms == 222_000

    def test_an_album_may_stand_behind_the_artist(self) -> None:
        sheet = sheet_of(two_lines([(title, f"{artist} · Tidal") for title, artist in SONGS]))
        assert {entry.readings[0].album for entry in sheet.entries} == {"Tidal"}

    def test_a_title_that_is_cut_says_so(self) -> None:
        sheet = sheet_of(two_lines([("Harbour Lights And The Lo…", "The Piers"), *SONGS[1:]]))
        reading = sheet.entries[0].readings[0]
        assert (reading.title, reading.title_is_cut) == ("Harbour Lights And The Lo", True)
        assert not sheet.entries[1].readings[0].title_is_cut

    def test_the_other_order_is_told_as_the_second_reading(self) -> None:
        entry = sheet_of(two_lines(SONGS)).entries[0]
        other = next(reading for reading in entry.readings if reading.order == "artist first")
        assert (other.title, other.artist) == ("The Piers", "Harbour Lights")


class TestTables:
    EDGES: ClassVar = (300, 350, 700, 980, 1330)
    ROWS: ClassVar = [
        (str(number), title, artist, "Tidal", f"3:0{number}") for number, (title, artist) in enumerate(SONGS, 1)
    ]

    def test_columns_are_title_artist_album_and_time(self) -> None:
        sheet = sheet_of(table(self.ROWS, self.EDGES))
        assert read_as(sheet) == SONGS
        assert [entry.duration_ms for entry in sheet.entries] == [180_000 + 1000 * n for n in range(1, 6)]
        assert {entry.readings[0].album for entry in sheet.entries} == {"Tidal"}

    def test_headings_say_which_column_is_which(self) -> None:
        headings = table([("#", "Artist", "Album", "Title", "Time")], self.EDGES, top=256)
        turned = [(number, artist, album, title, clock) for number, title, artist, album, clock in self.ROWS]
        assert read_as(sheet_of(headings + table(turned, self.EDGES))) == SONGS

    def test_a_menu_beside_the_table_is_none_of_it(self) -> None:
        menu = [line(entry, 20, 40 + 31 * n, 20) for n, entry in enumerate(["Home", "Radio", "Albums"] * 6)]
        assert read_as(sheet_of(menu + table(self.ROWS, self.EDGES))) == SONGS

    def test_dates_and_counts_are_no_names(self) -> None:
        rows = [(title, "Jul 6, 2025", "1,234,567", artist) for title, artist in SONGS]
        assert read_as(sheet_of(table(rows, (350, 600, 800, 1000)))) == SONGS


class TestOneLine:
    def test_artists_come_before_a_dash(self) -> None:
        lines = table([(f"{artist} - {title}",) for title, artist in SONGS], (80,))
        assert read_as(sheet_of(lines)) == SONGS

    def test_titles_come_before_a_dot(self) -> None:
        lines = table([(f"{title} • {artist}",) for title, artist in SONGS], (80,))
        assert read_as(sheet_of(lines)) == SONGS

    def test_numbers_that_count_the_lines_are_no_part_of_them(self) -> None:
        lines = table([(f"{n}. {artist} - {title}",) for n, (title, artist) in enumerate(SONGS, 7)], (80,))
        assert read_as(sheet_of(lines)) == SONGS

    def test_a_line_of_which_only_its_number_was_read_leaves_the_others(self) -> None:
        said = [f"{n}. {artist} - {title}" for n, (title, artist) in enumerate(SONGS, 1)]
        said[1] = "2 …"
        assert read_as(sheet_of(table([(text,) for text in said], (80,)))) == [SONGS[0], *SONGS[2:]]

    def test_a_number_that_counts_nothing_belongs_to_its_name(self) -> None:
        songs = [("7 Rings", "A"), ("99 Problems", "B"), ("1979", "C")]
        assert read_as(sheet_of(two_lines(songs))) == songs


def test_hundreds_of_lines_out_of_step_are_looked_at_in_no_time() -> None:
    chance, top, lines = random.Random(1), 0.0, []
    for number in range(400):
        top += chance.uniform(10, 40)
        lines.append(line(f"Song {number}", 100 + chance.random() * 3, top, 10))
    before = time.process_time()
    sheet_of(lines)
    assert time.process_time() - before < 4


def test_a_screen_without_a_list_has_no_entries() -> None:
    assert sheet_of([line("Settings", 40, 100), line("Hello", 300, 700, 50)]) == Sheet()
    assert sheet_of([]) == Sheet()


BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    st.floats(0, 1000),
    st.floats(0, 2000),
    st.floats(0.1, 800),
    st.floats(0.1, 200),
)
TEXTS = st.one_of(
    st.text(min_size=1, max_size=20),
    st.sampled_from(
        ["3:45", "12", "Title", "Artist - Title", "A • B", "…", "E", "Jul 6, 2025", "by", " - ", "1. X", "·"]
    ),
)
LINES = st.lists(st.builds(TextLine, TEXTS, BOXES, st.floats(0, 1)), max_size=30)


@given(LINES)
def test_whatever_was_read_the_rows_lie_where_something_was_read(lines: list[TextLine]) -> None:
    sheet = sheet_of(lines)
    for entry in sheet.entries:
        assert min(one.box.left for one in lines) <= entry.box.left < entry.box.right
        assert entry.box.right <= max(one.box.right for one in lines)
        assert min(one.box.top for one in lines) <= entry.box.top < entry.box.bottom
        assert entry.box.bottom <= max(one.box.bottom for one in lines)
        assert entry.readings
        assert all(reading.title for reading in entry.readings)
        assert 0 <= entry.confidence <= 1


@given(st.lists(TEXTS, min_size=3, max_size=12), st.floats(20, 200), st.floats(0, 6), st.integers(0, 2**16))
def test_whatever_a_list_says_it_is_read_from_the_top(texts: list[str], pitch: float, jitter: float, seed: int) -> None:
    chance = random.Random(seed)
    lines = [line(text, 100 + chance.random() * jitter, 100 + n * pitch, 20) for n, text in enumerate(texts)]
    tops = [entry.box.top for entry in sheet_of(lines).entries]
    assert tops == sorted(tops)


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_a_list_is_the_same_at_any_size(scale: float) -> None:
    lines = [
        TextLine(
            one.text, Box(*(scale * side for side in (one.box.left, one.box.top, one.box.right, one.box.bottom))), 1
        )
        for one in two_lines(SONGS)
    ]
    assert read_as(sheet_of(lines)) == SONGS
