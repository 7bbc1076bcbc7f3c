"""What Spotify hands over is read: each play at its start, private ones and what is no music left out."""

import json
from datetime import UTC, datetime

import pytest

from segue.library.formats.entries import Entry, Kept, Listen, Omission, Refusal
from tests.library.formats.files import as_json, entries_of, entries_of_sample, told

_ID = "4cOdK2wGLETKBW3PvgPWqT"


def _play(title: str | None, **more: object) -> dict[str, object]:
    return {
        "ts": "2024-04-20T18:15:22Z",
        "ms_played": 120_000,
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": "The Invented",
        "master_metadata_album_album_name": "First",
        "spotify_track_uri": f"spotify:track:{_ID}",
        "episode_name": None,
        "skipped": False,
        "incognito_mode": False,
        **more,
    }


def _read(*rows: object) -> list[Entry]:
    return entries_of(as_json([_play("First of all"), *rows]), "spotify-extended")[1:]


def _listen(**more: object) -> Listen:
    (entry,) = _read(_play("Low Tide", **more))
    assert isinstance(entry, Listen)
    return entry


def test_a_play_began_as_long_before_its_end_as_it_lasted() -> None:
    listen = _listen()
    assert listen.listened_at == datetime(2024, 4, 20, 18, 13, 22, tzinfo=UTC)
    assert (listen.played_ms, listen.skipped) == (120_000, False)
    assert (listen.song.title, listen.song.artist, listen.song.album) == ("Low Tide", "The Invented", "First")
    assert listen.song.ids == {"spotify": _ID}


@pytest.mark.parametrize(
    ("skipped", "reason", "expected"),
    [
        (True, "endplay", True),
        (False, "trackdone", False),
        (None, "trackdone", False),
        (None, "fwdbtn", True),
        (False, "fwdbtn", True),
        (None, "logout", None),
        ("yes", None, None),
    ],
)
def test_a_skip_is_what_the_field_or_the_button_says(skipped: object, reason: object, expected: bool | None) -> None:
    assert _listen(skipped=skipped, reason_end=reason).skipped is expected


def test_what_is_private_spoken_or_nameless_is_left_out_with_its_reason() -> None:
    assert told(
        _read(
            _play("Hidden", incognito_mode=True),
            _play(None, episode_name="On tides"),
            _play(None, audiobook_title="The tide"),
            _play(None, spotify_episode_uri="spotify:episode:x"),
            _play(None),
            _play("  "),
        )
    ) == [
        "private session, entry 2",
        "not music, entry 3",
        "not music, entry 4",
        "not music, entry 5",
        "no title, entry 6",
        "no title, entry 7",
    ]


@pytest.mark.parametrize("more", [{"ts": "1970-01-01T00:00:00Z"}, {"ts": "2913-03-14T10:44:25Z"}, {"ts": None}])
def test_a_play_at_an_impossible_moment_is_refused(more: dict[str, object]) -> None:
    assert told(_read(_play("Low Tide", **more))) == ["refused entry 2"]
    assert told(_read(_play("Low Tide", ms_played=2**60))) == ["refused entry 2"]


@pytest.mark.parametrize(
    ("played", "expected"), [("120000", 120_000), (None, None), (-1, None), ([1], None), (0, 0), (1.5, 1)]
)
def test_what_was_played_may_be_a_text_or_missing(played: object, expected: int | None) -> None:
    assert _listen(ms_played=played).played_ms == expected


def test_rows_of_wrong_types_harm_no_other() -> None:
    rows = [None, [1, 2], "text", _play("One", skipped=[]), {}, _play("Two", spotify_track_uri={"a": 1})]
    assert told(_read(*rows)) == [
        "refused entry 2",
        "refused entry 3",  # what is no object is passed over with its like, to the next that is one
        "One",
        "no title, entry 5",
        "Two",
    ]


def test_a_title_that_is_a_number_or_holds_what_no_database_takes_is_a_text() -> None:
    row = _play("Low Tide", master_metadata_track_name=1979, master_metadata_album_artist_name="\ud83d\x00 x")
    (listen,) = entries_of(json.dumps([row]), "spotify-extended")
    assert isinstance(listen, Listen)
    assert (listen.song.title, listen.song.artist) == ("1979", "\ufffd  x")


def test_a_broken_entry_takes_no_other_with_it() -> None:
    whole = as_json([_play(f"Song {n}") for n in range(4)])
    assert told(entries_of(whole.replace('"Song 1"', '"Song 1'), "spotify-extended")) == [
        "Song 0",
        "refused entry 2",
        "Song 2",
        "Song 3",
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    data = as_json([_play("\u00c4rger")]).encode(encoding)
    assert told(entries_of(data, "spotify-extended")) == ["\u00c4rger"]


def test_the_last_years_history_tells_the_end_in_minutes_and_no_ids() -> None:
    rows = [
        {"endTime": "2022-09-21 01:00", "artistName": "The Invented", "trackName": "Low Tide", "msPlayed": 60_000},
        {"endTime": "2022-09-21 01:00", "podcastName": "On tides", "episodeName": "Ebb", "msPlayed": 60_000},
        {"endTime": "2022-09-21 01:00", "artistName": "Unknown Artist", "trackName": "Unknown Track", "msPlayed": 1},
        {"endTime": "yesterday", "artistName": "The Invented", "trackName": "High Tide", "msPlayed": 1},
        {"endTime": "2022-09-21 01:00", "artistName": None, "trackName": "Nobody's", "msPlayed": 1},
    ]
    first, *others = entries_of(as_json(rows), "spotify-history")
    assert isinstance(first, Listen)
    assert first.listened_at == datetime(2022, 9, 21, 0, 59, tzinfo=UTC)
    assert (first.song.artist, first.song.album, first.song.ids) == ("The Invented", None, {})
    assert told(others) == ["not music, entry 2", "no title, entry 3", "refused entry 4", "refused entry 5"]


def _item(**kind: object) -> dict[str, object]:
    return {"track": None, "episode": None, "audiobook": None, "localTrack": None, "addedDate": "2025-02-01", **kind}


def _track(title: object) -> dict[str, object]:
    return {"trackName": title, "artistName": "A", "albumName": "B", "trackUri": f"spotify:track:{_ID}"}


def test_playlists_keep_their_order_their_own_files_and_no_speech() -> None:
    items = [
        _item(track=_track("One")),
        _item(episode={"episodeName": "Ebb"}),
        _item(localTrack={"uri": "spotify:local:The+Invented::Caf%C3%A9%3A+Two:225"}),
        _item(track=_track(None)),
        7,
        _item(track=_track("Three")),
    ]
    document = {"playlists": [{"name": "Tides", "lastModifiedDate": "2025-02-01", "items": items}, {"items": None}, 5]}
    entries = entries_of(as_json(document), "spotify-playlists")
    kept = [entry for entry in entries if isinstance(entry, Kept)]
    assert [(each.song.title, each.position, each.playlist) for each in kept] == [
        ("One", 0, "Tides"),
        ("Caf\u00e9: Two", 2, "Tides"),
        ("Three", 5, "Tides"),
    ]
    assert (kept[1].song.artist, kept[1].song.album, kept[1].song.duration_ms) == ("The Invented", None, 225_000)
    assert kept[0].added_at == datetime(2025, 2, 1, tzinfo=UTC)
    assert [entry for entry in entries if not isinstance(entry, Kept)] == [
        Omission("playlist “Tides”, entry 2", "not music"),
        Omission("playlist “Tides”, entry 4", "no title"),
        Refusal("playlist “Tides”, entry 5", "not a song"),
        Refusal("entry 3", "not a playlist"),
    ]


def test_the_library_tells_what_is_liked_and_what_is_banned() -> None:
    song = {"artist": "A", "album": "B", "track": "Loved", "uri": f"spotify:track:{_ID}"}
    document = {
        "tracks": [song, {"artist": "A", "track": None, "uri": "spotify:local:A::Own:10"}, None],
        "albums": [{"artist": "A", "album": "B", "uri": "spotify:album:x"}],
        "shows": [{"name": "On tides"}],
        "bannedTracks": [{**song, "track": "Banned"}],
        "bannedArtists": [{"name": "B"}],
    }
    entries = entries_of(as_json(document), "spotify-library")
    liked = {entry.song.title: entry.liked for entry in entries if isinstance(entry, Kept)}
    assert liked == {"Loved": True, "Own": True, "Banned": False}
    assert told([entry for entry in entries if not isinstance(entry, Kept)]) == [
        "refused tracks, entry 3",
        "not a song, albums, entry 1",
        "not music, shows, entry 1",
        "not a song, bannedArtists, entry 1",
    ]


def test_a_library_that_is_cut_off_keeps_what_came_before() -> None:
    text = as_json({"tracks": [{"track": f"Song {n}", "artist": "A", "uri": ""} for n in range(5)]})
    assert told(entries_of(text[:-30], "spotify-library"))[:4] == ["Song 0", "Song 1", "Song 2", "Song 3"]


# Counted with the json module: entries, and those with a title, without `incognito_mode`, with a moment by now.
@pytest.mark.parametrize(
    ("sample", "listens", "others"),
    [
        ("listenbrainz_testdata/spotify_streaming_2023.json", 5, 0),
        ("listenbrainz_testdata/spotify_streaming_endsong_0.json", 5, 0),
        ("listenbrainz_testdata/spotify_skipped_tracks.json", 14, 1),
        ("koito_test_assets/Streaming_History_Audio_spotify_import_test.json", 39, 0),
    ],
)
def test_the_real_histories_give_all_their_plays(sample: str, listens: int, others: int) -> None:
    entries = entries_of_sample(sample, "spotify-extended")
    assert sum(isinstance(entry, Listen) for entry in entries) == listens
    assert len(entries) == listens + others


def test_the_real_accounts_give_all_they_hold() -> None:
    # By eye: six plays, one of them of 0 ms.
    history = entries_of_sample("headers_and_small_samples/spotify_StreamingHistory0_excerpt.json", "spotify-history")
    assert [entry.played_ms for entry in history if isinstance(entry, Listen)] == [
        268_919,
        1_707,
        0,
        255_626,
        272_571,
        97_975,
    ]
    # Counted with the json module: 24 tracks and 14 episodes in 6 lists.
    playlists = entries_of_sample("spotify_account_data/Playlist1.json", "spotify-playlists")
    assert sum(isinstance(entry, Kept) for entry in playlists) == 24
    assert sum(entry.reason == "not music" for entry in playlists if isinstance(entry, Omission)) == 14
    # 224 tracks, 1 banned; 10 shows, 34 episodes; 16 albums, 10 artists.
    library = entries_of_sample("spotify_account_data/YourLibrary.json", "spotify-library")
    assert [sum(entry.liked is liked for entry in library if isinstance(entry, Kept)) for liked in (True, False)] == [
        224,
        1,
    ]
    reasons = [entry.reason for entry in library if isinstance(entry, Omission)]
    assert (reasons.count("not music"), reasons.count("not a song")) == (44, 26)
    # By eye: one song.
    (recent,) = entries_of_sample("listenbrainz_testdata/spotify_recently_played_submitted.json", "spotify-recent")
    assert isinstance(recent, Listen)
    assert recent.song.isrc == "GBUM72000433"
