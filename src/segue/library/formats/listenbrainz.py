"""ListenBrainz: listens and feedback, as the export of a user's data holds them."""

from collections.abc import Iterator
from typing import BinaryIO

from segue.library.formats.building import ids_in, kept_of, play_of, seconds_as_ms, song_of, unix_moment_of
from segue.library.formats.entries import Entry, Refusal, SongRef
from segue.library.formats.format import Format, Head
from segue.library.formats.json_stream import at, first_lines_of, items_of, json_lines_of, paths_of, text_at
from segue.library.formats.reading import whole_of

_LIKED = {"1": True, "-1": False}


def _is_listens(head: Head) -> bool:
    return any(at(line, "track_metadata") is not None and "listened_at" in line for line in _objects(head))


def _is_feedback(head: Head) -> bool:
    return any("score" in line and {"recording_msid", "recording_mbid"} & set(line) for line in _objects(head))


def _objects(head: Head) -> list[dict[str, object]]:
    return [line for line in first_lines_of(head) if isinstance(line, dict)]


def _is_list(head: Head) -> bool:
    return {"item.listened_at", "item.track_metadata.track_name"} <= paths_of(head)


def song_of_metadata(metadata: object) -> SongRef | None:
    """Return the song of a listen's ``track_metadata``, or None if it has no title."""
    info = at(metadata, "additional_info")
    return song_of(
        title=text_at(metadata, "track_name"),
        artist=text_at(metadata, "artist_name"),
        album=text_at(metadata, "release_name"),
        duration_ms=whole_of(text_at(info, "duration_ms")) or seconds_as_ms(text_at(info, "duration")),
        isrc=text_at(info, "isrc"),
        # What the player sent was read from the file's tags; the mapping is a guess from the names.
        mbid=text_at(info, "recording_mbid") or text_at(metadata, "mbid_mapping", "recording_mbid"),
        ids=ids_in(text_at(info, "spotify_id"), text_at(info, "origin_url")),
    )


def listen_of(where: str, document: object) -> Entry:
    """Return the listen that a JSON document of ListenBrainz tells of, found at `where`."""
    metadata = at(document, "track_metadata")
    return play_of(
        where,
        song_of_metadata(metadata),
        unix_moment_of(text_at(document, "listened_at")),
        played_ms=seconds_as_ms(text_at(metadata, "additional_info", "duration_played")),
    )


def _listens(found: Iterator[tuple[str, object] | Refusal]) -> Iterator[Entry]:
    for each in found:
        yield each if isinstance(each, Refusal) else listen_of(*each)


def _feedback(file: BinaryIO) -> Iterator[Entry]:
    for found in json_lines_of(file):
        if isinstance(found, Refusal):
            yield found
            continue
        where, document = found
        liked = _LIKED.get(text_at(document, "score"))
        if liked is None:
            yield Refusal(where, "neither loved (1) nor hated (-1)")
        else:
            # The export names songs by their ids only; the API's answer has their names too.
            song = song_of_metadata(at(document, "track_metadata"))
            yield kept_of(where, song, added_at=unix_moment_of(text_at(document, "created")), liked=liked)


def _lines(file: BinaryIO) -> Iterator[Entry]:
    return _listens(json_lines_of(file))


def _list(file: BinaryIO) -> Iterator[Entry]:
    return _listens(items_of(file, "item"))


FORMATS = (
    Format("listenbrainz", "ListenBrainz listens", _is_listens, _lines),
    Format("listenbrainz-feedback", "ListenBrainz feedback", _is_feedback, _feedback),
    Format("listenbrainz-list", "ListenBrainz listens (older)", _is_list, _list),
)
