"""How songs, albums and artists are told to players."""

import re
from collections.abc import Sequence
from typing import Final

from segue.api.subsonic import ids
from segue.api.subsonic.elements import Element, Value
from segue.library.shelves import service as shelves
from segue.library.shelves.service import ShelfAlbum, ShelfArtist, ShelfTrack

#: What has no album of its own: each song there has a cover of its own.
SINGLES: Final = "Singles"
IGNORED_ARTICLES: Final = "The An A Die Das Ein Eine Les Le La"
#: The level that ReplayGain 2 brings songs to, in LUFS.
_REPLAY_GAIN_LUFS: Final = -18.0
_GENRES: Final = re.compile(r"\s*[;,/|]\s*")
_IN_PATH: Final = re.compile(r"[/\\\x00-\x1f]+")


def song(track: ShelfTrack) -> dict[str, Value]:
    """Return a song, as ``Child``."""
    probe = track.probe
    suffix = "opus" if probe.get("codec") == "opus" else str(probe["container"])
    artist_key = track.artist_key if track.artist == track.album_artist else shelves.artist_key(track.artist)
    return {
        "id": ids.track_id(track.id),
        "parent": ids.album_id(track.album_key),
        "isDir": False,
        "title": track.title,
        "album": track.album,
        "artist": track.artist,
        "track": track.track_number,
        "year": track.year,
        "genre": track.genre,
        "coverArt": cover_of(track),
        "size": track.size_bytes,
        "contentType": track.media_type,
        "suffix": suffix,
        "duration": round(probe["duration_s"]),
        "bitRate": round(probe.get("bit_rate", 0) / 1000),
        "samplingRate": probe.get("sample_rate"),
        "channelCount": probe.get("channels"),
        "path": _path(track, suffix),
        "isVideo": False,
        "userRating": track.rating,
        "playCount": track.plays,
        "discNumber": track.disc_number,
        "created": track.created_at,
        "starred": track.starred_at,
        "played": track.last_played_at,
        "albumId": ids.album_id(track.album_key),
        "artistId": ids.artist_id(artist_key),
        "type": "music",
        "mediaType": "song",
        "bpm": None if track.tempo_bpm is None else round(track.tempo_bpm),
        "sortName": _sort_name(track.title),
        "genres": genres(track.genre),
        "artists": [{"id": ids.artist_id(artist_key), "name": track.artist}],
        "displayArtist": track.artist,
        "albumArtists": [{"id": ids.artist_id(track.artist_key), "name": track.album_artist}],
        "displayAlbumArtist": track.album_artist,
        "replayGain": _replay_gain(track),
        "explicitStatus": "",
    }


def songs(tracks: Sequence[ShelfTrack]) -> list[Element]:
    """Return songs."""
    return [song(track) for track in tracks]


def album(one: ShelfAlbum) -> dict[str, Value]:
    """Return an album, as ``AlbumID3``."""
    return {
        "id": ids.album_id(one.key),
        "name": one.name,
        "artist": one.artist,
        "artistId": ids.artist_id(one.artist_key),
        "coverArt": ids.album_id(one.key),
        "songCount": one.songs,
        "duration": round(one.duration_s),
        "playCount": one.plays,
        "created": one.created_at,
        "starred": one.starred_at,
        "year": one.year,
        "genre": one.genre,
        "played": one.last_played_at,
        "userRating": one.rating,
        "genres": genres(one.genre),
        "artists": [{"id": ids.artist_id(one.artist_key), "name": one.artist}],
        "displayArtist": one.artist,
        "sortName": _sort_name(one.name),
        "isCompilation": False,
        "explicitStatus": "",
    }


def album_folder(one: ShelfAlbum) -> dict[str, Value]:
    """Return an album as a folder of songs, as ``Child``: for clients that know folders only."""
    return {
        "id": ids.album_id(one.key),
        "parent": ids.artist_id(one.artist_key),
        "isDir": True,
        "title": one.name,
        "album": one.name,
        "artist": one.artist,
        "year": one.year,
        "genre": one.genre,
        "coverArt": ids.album_id(one.key),
        "duration": round(one.duration_s),
        "playCount": one.plays,
        "created": one.created_at,
        "starred": one.starred_at,
        "userRating": one.rating,
        "artistId": ids.artist_id(one.artist_key),
        "mediaType": "album",
    }


def artist(one: ShelfArtist) -> dict[str, Value]:
    """Return an artist, as ``ArtistID3``."""
    return {
        "id": ids.artist_id(one.key),
        "name": one.name,
        "coverArt": ids.artist_id(one.key),
        "albumCount": one.albums,
        "starred": one.starred_at,
        "sortName": _sort_name(one.name),
        "roles": ["artist", "albumartist"],
    }


def artist_folder(one: ShelfArtist) -> dict[str, Value]:
    """Return an artist as a folder of albums, as ``Artist``."""
    return {
        "id": ids.artist_id(one.key),
        "name": one.name,
        "starred": one.starred_at,
        "userRating": one.rating,
    }


def genres(label: str | None) -> list[Element]:
    """Return the genres that a label names, each once."""
    names = [name.strip() for name in _GENRES.split(label or "") if name.strip()]
    return [{"name": name} for name in dict.fromkeys(names)]


def letter_of(name: str) -> str:
    """Return under which letter a name stands in an index."""
    first = _sort_name(name)[:1].upper()
    return first if first.isalpha() else "#"


def sort_key(name: str) -> tuple[str, str]:
    """Return by what names are put in order."""
    return _sort_name(name).casefold(), name


def cover_of(track: ShelfTrack) -> str:
    """Return under which id a song's picture is: its album's, so that it is fetched once."""
    return ids.track_id(track.id) if track.album == SINGLES else ids.album_id(track.album_key)


def _sort_name(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if rest and first in IGNORED_ARTICLES.split() else name


def _path(track: ShelfTrack, suffix: str) -> str:
    number = f"{track.track_number:02} - " if track.track_number else ""
    parts = (track.album_artist, track.album, f"{number}{track.title}.{suffix}")
    return "/".join(_IN_PATH.sub("_", part) for part in parts)


def _replay_gain(track: ShelfTrack) -> Element | None:
    if track.loudness_lufs is None or track.true_peak_dbtp is None:
        return None
    return {
        "trackGain": round(_REPLAY_GAIN_LUFS - track.loudness_lufs, 2),
        "trackPeak": round(10 ** (track.true_peak_dbtp / 20), 6),
    }
