"""Exports that the tests bring: small, invented, of several formats."""

import json
from pathlib import Path

import pytest

from tests.callers import anonymous, caller, client, other

__all__ = ["anonymous", "caller", "client", "other"]

PLAYS = [
    {"ts": "2024-03-01T10:03:20Z", "ms_played": 200_000, "track": "Harbour Lights", "artist": "The Piers"},
    {"ts": "2024-03-01T10:03:32Z", "ms_played": 12_000, "track": "Low Tide", "artist": "The Piers"},
    {"ts": "2024-03-01T10:08:00Z", "ms_played": 240_000, "track": "Glass Orchard", "artist": "Mira Vale"},
    {"ts": "2024-03-02T21:00:00Z", "ms_played": 200_000, "track": "Harbour Lights", "artist": "The Piers"},
]


def extended_row(ts: str, ms_played: int, track: str, artist: str, **more: object) -> dict[str, object]:
    """Return a row of Spotify's extended streaming history."""
    return {
        "ts": ts,
        "platform": "android",
        "ms_played": ms_played,
        "master_metadata_track_name": track,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": "An Album",
        "spotify_track_uri": None,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "incognito_mode": False,
        **more,
    }


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """Four plays, one of them skipped, one in private, one row that is broken."""
    rows: list[object] = [extended_row(**play) for play in PLAYS]  # type: ignore[arg-type]
    rows.append(extended_row("2024-03-03T10:00:00Z", 100_000, "Secret", "Nobody", incognito_mode=True))
    rows.append(extended_row("not a time", 100_000, "Broken", "Nobody"))
    path = tmp_path / "Streaming_History_Audio_2024_0.json"
    path.write_text(json.dumps(rows))
    return path


@pytest.fixture
def account_data(tmp_path: Path) -> Path:
    """The same plays as Spotify's account data tells of them: by the minute in which they ended."""
    rows = [
        {
            "endTime": f"{play['ts'][:10]} {play['ts'][11:16]}",  # type: ignore[index]
            "artistName": play["artist"],
            "trackName": play["track"],
            "msPlayed": play["ms_played"],
        }
        for play in PLAYS
    ]
    path = tmp_path / "StreamingHistory0.json"
    path.write_text(json.dumps(rows))
    return path


@pytest.fixture
def playlist(tmp_path: Path) -> Path:
    """A list of three songs, one of them named twice, and one favourite."""
    path = tmp_path / "tunemymusic.csv"
    path.write_text(
        "Track name,Artist name,Album,Playlist name,Type,ISRC\n"
        "Harbour Lights,The Piers,An Album,Evening,Playlist,\n"
        "Glass Orchard,Mira Vale,,Evening,Playlist,\n"
        "Harbour Lights,The Piers,An Album,Evening,Playlist,\n"
        "Low Tide,The Piers,,,Favorite,\n"
    )
    return path
