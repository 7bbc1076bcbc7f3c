"""What Spotify hands over about an account: the extended history, the last year's, the playlists and the library."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import BinaryIO
from urllib.parse import unquote_plus

from segue.library.formats.building import kept_of, play_of, seconds_as_ms, song_of
from segue.library.formats.entries import Entry, Omission, Refusal, SongRef
from segue.library.formats.format import Format, Head
from segue.library.formats.json_list import entries_of
from segue.library.formats.json_stream import at, items_at, items_of, parts_of, paths_of, text_at
from segue.library.formats.reading import (
    began_at,
    ids_of,
    iso_moment_of,
    spotify_id_of,
    text_of,
    whole_of,
)

_SPOKEN = ("episode_name", "spotify_episode_uri", "audiobook_title", "audiobook_uri", "audiobook_chapter_title")
_SPOKEN_LAST_YEAR = ("episodeName", "podcastName", "audiobookName", "chapterName")
#: What the last year's history says of a song that has left the catalogue.
_UNKNOWN = ("Unknown Track", "Unknown Artist")
#: What the library holds besides songs.
_NO_SONGS = ("albums", "artists", "bannedArtists", "other")
_NO_MUSIC = ("shows", "episodes", "audiobooks")


def _history(mark: str, play: Callable[[str, dict[str, object]], Entry]) -> Callable[[BinaryIO], Iterator[Entry]]:
    def read(file: BinaryIO) -> Iterator[Entry]:
        for found in entries_of(file, mark):
            if isinstance(found, Refusal):
                yield found
                continue
            number, row = found
            if isinstance(row, dict):
                yield play(f"entry {number}", row)
            else:
                yield Refusal(f"entry {number}", "not a play")

    return read


def _extended_play(where: str, row: dict[str, object]) -> Entry:
    if row.get("incognito_mode") is True:
        return Omission(where, "private session")
    song = _song_named(
        _text(row.get("master_metadata_track_name")),
        _text(row.get("master_metadata_album_artist_name")),
        _text(row.get("master_metadata_album_album_name")),
        _text(row.get("spotify_track_uri")),
    )
    if song is None:
        return Omission(where, "not music" if any(text_of(row.get(key)) for key in _SPOKEN) else "no title")
    played_ms = whole_of(row.get("ms_played"))
    # The history tells when a play ended.
    listened_at = began_at(iso_moment_of(text_of(row.get("ts"))), played_ms)
    return play_of(where, song, listened_at, played_ms=played_ms, skipped=_is_skip(row))


def _text(value: object) -> str:
    return value if isinstance(value, str) else text_of(value)


@lru_cache(maxsize=50_000)
def _song_named(title: str, artist: str, album: str, uri: str) -> SongRef | None:
    """Return a song by its names in a file: most plays are of songs that were played before."""
    return song_of(title=title, artist=artist, album=album, ids=ids_of(spotify=spotify_id_of(uri)))


def _is_skip(row: dict[str, object]) -> bool | None:
    """Tell a skip. Before 2022 the field was often empty, or false although the listener pressed "next"."""
    said, reason = row.get("skipped"), row.get("reason_end")
    if said is True or reason == "fwdbtn":
        return True
    return False if said is False or reason == "trackdone" else None


def _last_years_play(where: str, row: dict[str, object]) -> Entry:
    if any(text_of(row.get(key)) for key in _SPOKEN_LAST_YEAR):
        return Omission(where, "not music")
    title, artist = text_of(row.get("trackName")), text_of(row.get("artistName"))
    if not title or (title, artist) == _UNKNOWN:
        return Omission(where, "no title")
    played_ms = whole_of(row.get("msPlayed"))
    listened_at = began_at(iso_moment_of(text_of(row.get("endTime"))), played_ms)
    return play_of(where, song_of(title=title, artist=artist), listened_at, played_ms=played_ms)


def _read_playlists(file: BinaryIO) -> Iterator[Entry]:
    for found in items_of(file, "playlists.item"):
        if isinstance(found, Refusal):
            yield found
            continue
        where, playlist = found
        name = text_at(playlist, "name") or "Playlist"
        if not isinstance(playlist, dict):
            yield Refusal(where, "not a playlist")
        for position, item in enumerate(items_at(playlist, "items")):
            yield _playlist_item(item, name, position)


def _playlist_item(item: object, playlist: str, position: int) -> Entry:
    where = f"playlist “{playlist}”, entry {position + 1}"
    if not isinstance(item, dict):
        return Refusal(where, "not a song")
    if isinstance(item.get("episode"), dict) or isinstance(item.get("audiobook"), dict):
        return Omission(where, "not music")
    track = item.get("track")
    song = _song(track, "trackName", "artistName", "albumName", "trackUri") or _local_song(item.get("localTrack"))
    added_at = iso_moment_of(text_at(item, "addedDate"))
    return kept_of(where, song, playlist=playlist, position=position, added_at=added_at)


def _song(track: object, title_key: str, artist_key: str, album_key: str, uri_key: str) -> SongRef | None:
    return _song_named(*(text_at(track, key) for key in (title_key, artist_key, album_key, uri_key)))


def _local_song(track: object) -> SongRef | None:
    """Read a file of the listener's own, ``spotify:local:Artist:Album:Title:seconds``."""
    parts = text_at(track, "uri").removeprefix("spotify:local:").split(":")
    if len(parts) != 4:
        return None
    artist, album, title = (unquote_plus(part) for part in parts[:3])
    return song_of(title=title, artist=artist, album=album, duration_ms=seconds_as_ms(parts[3]))


def _read_recent(file: BinaryIO) -> Iterator[Entry]:
    for found in items_of(file, "items.item"):
        yield found if isinstance(found, Refusal) else _recent_play(*found)


def _recent_play(where: str, item: object) -> Entry:
    if text_at(item, "track", "type") == "episode":
        return Omission(where, "not music")
    artists = [text_at(artist, "name") for artist in items_at(item, "track", "artists")]
    song = song_of(
        title=text_at(item, "track", "name"),
        artist=", ".join(artist for artist in artists if artist),
        album=text_at(item, "track", "album", "name"),
        duration_ms=whole_of(at(item, "track", "duration_ms")),
        isrc=text_at(item, "track", "external_ids", "isrc"),
        ids=ids_of(spotify=spotify_id_of(text_at(item, "track", "id"))),
    )
    return play_of(where, song, iso_moment_of(text_at(item, "played_at")))


def _read_library(file: BinaryIO) -> Iterator[Entry]:
    numbers: dict[str, int] = {}
    keys = ("tracks", "bannedTracks", *_NO_SONGS, *_NO_MUSIC)
    for found in parts_of(file, {f"{key}.item" for key in keys}):
        if isinstance(found, Refusal):
            yield found
            continue
        path, item = found
        key = path.removesuffix(".item")
        numbers[key] = numbers.get(key, 0) + 1
        yield _library_item(f"{key}, entry {numbers[key]}", key, item)


def _library_item(where: str, key: str, item: object) -> Entry:
    if key in _NO_MUSIC:
        return Omission(where, "not music")
    if key in _NO_SONGS:
        return Omission(where, "not a song")
    if not isinstance(item, dict):
        return Refusal(where, "not a song")
    song = _song(item, "track", "artist", "album", "uri") or _local_song(item)
    return kept_of(where, song, liked=key == "tracks")


def _holds(*paths: str) -> Callable[[Head], bool]:
    def recognises(head: Head) -> bool:
        return set(paths) <= paths_of(head)

    return recognises


def _is_library(head: Head) -> bool:
    paths = paths_of(head)
    return {"tracks.item.track", "tracks.item.uri"} <= paths or {"tracks", "bannedTracks", "bannedArtists"} <= paths


def _is_playlists(head: Head) -> bool:
    paths = paths_of(head)
    item = "playlists.item.items.item"
    return {f"{item}.track", f"{item}.episode"} <= paths or {
        "playlists.item.items",
        "playlists.item.lastModifiedDate",
    } <= paths


FORMATS = (
    Format(
        "spotify-extended",
        "Spotify extended streaming history",
        _holds("item.ts", "item.ms_played"),
        _history("ts", _extended_play),
    ),
    Format(
        "spotify-history",
        "Spotify streaming history of the last year",
        _holds("item.endTime", "item.msPlayed"),
        _history("endTime", _last_years_play),
    ),
    Format(
        "spotify-recent",
        "Spotify's answer on recently played songs",
        _holds("items.item.track", "items.item.played_at"),
        _read_recent,
    ),
    Format("spotify-playlists", "Spotify playlists", _is_playlists, _read_playlists),
    Format("spotify-library", "Spotify library", _is_library, _read_library),
)
