"""The watch history as a web page is read where its moments can be known, and says where they cannot."""

import tracemalloc
from datetime import UTC, datetime
from io import BytesIO

import pytest

from segue.library.formats.entries import Entry, Listen
from tests.library.formats.files import entries_of, format_named, told

_ADDRESS = "https://music.youtube.com/watch?v=abcdefghijk"
_CELL = (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
    '<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">{header}<br></p></div>'
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">{body}</div>'
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>'
    '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;YouTube<br>'
    "{more}<b>Why is this here?</b><br>&emsp;This activity was saved.</div></div></div>"
)
_MOMENT = "Nov 7, 2023, 11:52:59\u202fPM UTC"


def _cell(
    title: str = "Low Tide",
    *,
    header: str = "YouTube Music",
    address: str = _ADDRESS,
    channel: str = "The Invented - Topic",
    moment: str = _MOMENT,
    more: str = "",
) -> str:
    links = (
        f'Watched\xa0<a href="{address}">{title}</a><br><a href="https://www.youtube.com/channel/x">{channel}</a><br>'
    )
    return _CELL.format(header=header, body=f"{links}{moment}<br>", more=more)


def _read(*cells: str) -> list[Entry]:
    return entries_of(f"<html><body>{''.join(cells)}</body></html>", "youtube-page")


def test_a_cell_is_a_listen_with_all_it_tells() -> None:
    (listen,) = _read(_cell("Salt &amp; Low&#39;s <b>Tide</b>"))
    assert isinstance(listen, Listen)
    assert (listen.song.title, listen.song.artist) == ("Salt & Low's Tide", "The Invented")
    assert listen.song.ids == {"youtube": "abcdefghijk"}
    assert listen.listened_at == datetime(2023, 11, 7, 23, 52, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("Nov 7, 2023, 11:52:59 PM UTC", 23),
        ("7 Nov 2023, 23:52:59 GMT", 23),
        ("Nov 8, 2023, 12:52:59 AM CET", 23),
        ("Nov 7, 2023, 6:52:59 PM EST", 23),
        ("Nov 7, 2023, 6:52:59 PM GMT-05:00", 23),
        ("November 7, 2023, 12:52:59 PM UTC", 12),
    ],
)
def test_moments_in_english_are_read(moment: str, hour: int) -> None:
    (listen,) = _read(_cell(moment=moment))
    assert isinstance(listen, Listen)
    assert listen.listened_at == datetime(2023, 11, 7, hour, 52, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment", ["07.11.2023, 23:52:59 MEZ", "Nov 7, 2023, 11:52:59 PM IST", "Nov 31, 2023, 1:00:00 AM UTC", "", "soon"]
)
def test_other_moments_are_refused_with_the_way_out(moment: str) -> None:
    (refusal,) = _read(_cell(moment=moment))
    assert "JSON" in str(refusal)


def test_what_is_no_music_or_has_no_title_says_so() -> None:
    assert told(
        _read(
            _cell(header="YouTube", address="https://www.youtube.com/watch?v=abcdefghijk"),
            _cell(more="<b>Details:</b><br>&emsp;From Google Ads<br>"),
            _cell(_ADDRESS),
            _cell(""),
            _CELL.format(header="YouTube Music", body="Watched a video that has been removed<br>", more=""),
            _cell(address="https://music.youtube.com/search?q=x"),
            '<div class="outer-cell mdl-cell">nothing</div>',
            _cell("Ebb"),
        )
    ) == [
        "not music, entry 1",
        "not music, entry 2",
        "no title, entry 3",
        "no title, entry 4",
        "no title, entry 5",
        "not a play, entry 6",
        "refused entry 7",
        "Ebb",
    ]


def test_cells_are_whole_however_long_the_page() -> None:
    assert told(_read(*(_cell(f"Song {n}") for n in range(500)))) == [f"Song {n}" for n in range(500)]


@pytest.mark.parametrize("unit", [b"x", b"<", b'<a href="', b'mdl-typography--body-1">'])
def test_memory_does_not_grow_with_a_hostile_page(unit: bytes) -> None:
    data = _cell().encode() + unit * (8 * 2**20 // len(unit))
    tracemalloc.start()
    try:
        list(format_named("youtube-page").read(BytesIO(data)))
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
