"""Of a watch history only what YouTube Music says it played is music, in whatever language it is told."""

from datetime import UTC, datetime

import pytest

from segue.library.formats.entries import Entry, Kept, Listen
from tests.library.formats.files import as_json, entries_of, entries_of_sample, told

_ADDRESS = "https://music.youtube.com/watch?v=abcdefghijk"


def _view(title: str | None, **more: object) -> dict[str, object]:
    return {
        "header": "YouTube Music",
        "title": title,
        "titleUrl": _ADDRESS,
        "subtitles": [{"name": "The Invented - Topic", "url": "https://www.youtube.com/channel/x"}],
        "time": "2023-11-07T23:52:59.884Z",
        "products": ["YouTube"],
        "activityControls": ["YouTube watch history"],
        **more,
    }


def _read(*views: object) -> list[Entry]:
    return entries_of(as_json(list(views)), "youtube-history")


def test_a_view_is_a_listen_with_all_it_tells() -> None:
    (listen,) = _read(_view("Watched Low Tide"))
    assert isinstance(listen, Listen)
    assert (listen.song.title, listen.song.artist) == ("Low Tide", "The Invented")
    assert listen.song.ids == {"youtube": "abcdefghijk"}
    assert listen.listened_at == datetime(2023, 11, 7, 23, 52, 59, 884_000, tzinfo=UTC)
    assert listen.played_ms is None


@pytest.mark.parametrize(
    ("channel", "artist"),
    [
        ("The Invented", "The Invented"),
        ("A - B - Topic", "A - B"),
        ("The Invented - トピック", "The Invented"),
        ("Topic", "Topic"),
        ("Off-Topic", "Off-Topic"),
    ],
)
def test_the_artist_is_the_channel_less_what_youtube_appends(channel: str, artist: str) -> None:
    (listen,) = _read(_view("Watched Low Tide", subtitles=[{"name": channel}]))
    assert isinstance(listen, Listen)
    assert listen.song.artist == artist


@pytest.mark.parametrize(
    "told_as",
    [
        "Watched {}",
        "Vous avez regardé {}",
        "Has visto {}",
        "{} angesehen",
        "Je hebt naar {} gekeken",
        "Så på {}",
        "Så {}",
        "{} を視聴しました",
        "{}을(를) 시청했습니다.",
        "{} adlı videoyu izlediniz",  # noqa: RUF001  # Turkish has this letter
    ],
)
def test_a_title_is_found_in_what_is_told_of_it(told_as: str) -> None:
    titles = ["Low Tide", "Watched and angesehen", "Så på x", "Ebb"]
    assert told(_read(*(_view(told_as.format(title)) for title in titles)))[:2] == titles[:2]


def test_an_unknown_language_is_learnt_from_videos_that_are_gone() -> None:
    gone = _view(f"Aquí vaig veure {_ADDRESS} ahir", subtitles=None)
    entries = _read(_view("Aquí vaig veure Low Tide ahir"), gone)
    assert told(entries) == ["Low Tide", "no title, entry 2"]


def test_a_language_that_nothing_tells_is_refused_rather_than_guessed() -> None:
    assert told(_read(_view("Aquí vaig veure Low Tide ahir"))) == ["refused entry 1"]


def test_what_is_no_music_or_has_no_title_says_so() -> None:
    watch = "https://www.youtube.com/watch?v=abcdefghijk"
    assert told(
        _read(
            _view("Watched Clip", header="YouTube", titleUrl=watch),
            _view("Watched Low Tide", header="YouTube"),
            _view("Watched Low Tide", titleUrl=watch),
            _view("Watched Spot", details=[{"name": "From Google Ads"}]),
            _view(f"Watched {_ADDRESS}", subtitles=None),
            _view("Watched a video that has been removed", titleUrl=None),
            _view(None),
            _view("Searched for tides", titleUrl="https://music.youtube.com/search?q=tides"),
            _view("Watched Nobody's", subtitles=[]),
            _view("Watched At the epoch", time="1970-01-01T00:00:00Z"),
            _view("Watched Never", time=None),
            7,
            _view("Watched Ebb", subtitles=[None, {"name": "A"}, {"name": "B"}], products=None),
        )
    ) == [
        "not music, entry 1",
        "Low Tide",
        "Low Tide",
        "not music, entry 4",
        "no title, entry 5",
        "no title, entry 6",
        "no title, entry 7",
        "not a play, entry 8",
        "refused entry 9",
        "refused entry 10",
        "refused entry 11",
        "refused entry 12",
        "refused entry 13",
    ]


@pytest.mark.parametrize(
    ("header", "row", "artist"),
    [
        ("Song URL,Song Title,Album Title,Artist Names", f"{_ADDRESS},Low Tide,First,The Invented", "The Invented"),
        ("Video ID,Song Title,Album Title,Artist Name 1,Artist Name 2", "abcdefghijk,Low Tide,First,A,B", "A, B"),
        ("Video ID,Song Title,Album Title,Artist Name 1,Artist Name 2", "abcdefghijk,Low Tide,First,A,", "A"),
    ],
)
def test_the_library_is_kept(header: str, row: str, artist: str) -> None:
    kept, omission = entries_of(f"{header}\n{row}\nx,,,\n", "youtube-library")
    assert isinstance(kept, Kept)
    assert (kept.song.title, kept.song.album, kept.song.artist) == ("Low Tide", "First", artist)
    assert kept.song.ids == {"youtube": "abcdefghijk"}
    assert told([omission]) == ["no title, line 3"]


def test_a_list_that_names_its_songs_by_number_only_says_so() -> None:
    rows = "Video ID,Playlist Video Creation Timestamp\nabcdefghijk,2023-12-07T15:57:57+00:00\n"
    assert told(entries_of(rows, "youtube-list")) == ["no title, line 2"]


def test_the_real_history_holds_no_music() -> None:
    # By eye: four views of YouTube proper, one of them an advertisement and one gone.
    entries = entries_of_sample(
        "headers_and_small_samples/youtube_takeout_watch-history_excerpt.json", "youtube-history"
    )
    assert told(entries) == [f"not music, entry {number}" for number in range(1, 5)]
