"""MTG-Jamendo (Bogdanov et al., 2019): its tables of tags, with `raw.meta.tsv`, which alone tells the songs' names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from segue.catalog.songs.loaders.cells import Table, duration_ms_of, require, text_in, unnamed, words_of, year_of
from segue.catalog.songs.loaders.layout import Layout, Progress, first_line
from segue.catalog.songs.loaders.told import Refused, Told
from segue.catalog.songs.refs import SongRef
from segue.kit.errors import InvalidRequest
from segue.kit.processes import no_progress

_META: Final = "raw.meta.tsv"
#: Of a folder, the first of these that is there: all songs, tags that mean the same merged where they are.
_TAGS: Final = (
    "raw_30s_cleantags.tsv",
    "raw_30s.tsv",
    "raw.tsv",
    "raw_30s_cleantags_50artists.tsv",
    "autotagging.tsv",
    "autotagging_top50tags.tsv",
    "autotagging_genre.tsv",
    "autotagging_moodtheme.tsv",
    "autotagging_instrument.tsv",
)
_META_COLUMNS: Final = ("TRACK_ID", "TRACK_NAME", "ARTIST_NAME")
_TAG_COLUMNS: Final = ("TRACK_ID", "DURATION", "TAGS")
_NUMBERED: Final = re.compile(r"track_0*([1-9][0-9]{0,11})")


class _Named(NamedTuple):
    """What `raw.meta.tsv` says of a song."""

    title: str
    artist: str
    album: str
    year: int | None


def _read(path: Path, _scratch: Path, progress: Progress) -> Iterator[Told | Refused]:
    tags = _tags_at(path)
    meta = tags.with_name(_META)
    if not meta.is_file():
        raise InvalidRequest(
            f"{tags.name} tells no names: put {_META} of the same dataset beside it. A song is found by its name, and"
            " MTG-Jamendo's numbers alone would find none."
        )
    named = _named(meta)
    with tags.open("rb") as file:
        table = Table(file, tags.stat().st_size, progress, delimiter="\t", quoted=False)
        names = {name: column for column, name in enumerate(table.heading())}
        require(names, _TAG_COLUMNS, tags.name)
        for cells in table:
            yield cells if isinstance(cells, Refused) else _told(cells, names, named, table.line)


def _told(cells: list[str], names: dict[str, int], named: dict[str, _Named], where: str) -> Told | Refused:
    track = text_in(cells, names["TRACK_ID"])
    song = named.get(track)
    if song is None:
        return Refused(where, f"no name: {_META} does not know {track[:40] or 'it'}")
    if reason := unnamed(song.title, song.artist):
        return Refused(where, reason)
    numbered = _NUMBERED.fullmatch(track)
    ref = SongRef(
        title=song.title,
        artist=song.artist,
        album=song.album or None,
        year=song.year,
        duration_ms=duration_ms_of(text_in(cells, names["DURATION"]), unit_ms=1_000),
        ids={"jamendo": numbered[1]} if numbered else {},
    )
    # Tags take the place of the last column and all that follow.
    tags = [text_in(cells, column) for column in range(names["TAGS"], len(cells))]
    return Told(
        ref=ref,
        genres=_of("genre", tags),
        moods=_of("mood/theme", tags),
        instruments=_of("instrument", tags),
    )


def _of(category: str, tags: list[str]) -> frozenset[str]:
    return words_of(tag.removeprefix(f"{category}---") for tag in tags if tag.startswith(f"{category}---"))


def _named(meta: Path) -> dict[str, _Named]:
    """Return what songs are called: 56,639 of them, some twenty megabytes."""
    with meta.open("rb") as file:
        table = Table(file, meta.stat().st_size, no_progress, delimiter="\t", quoted=False)
        names = {name: column for column, name in enumerate(table.heading())}
        require(names, _META_COLUMNS, _META)
        rows = (cells for cells in table if not isinstance(cells, Refused))
        title, artist = names["TRACK_NAME"], names["ARTIST_NAME"]
        album, released = names.get("ALBUM_NAME", -1), names.get("RELEASEDATE", -1)
        return {
            text_in(cells, names["TRACK_ID"]): _Named(
                text_in(cells, title), text_in(cells, artist), text_in(cells, album), year_of(text_in(cells, released))
            )
            for cells in rows
        }


def _tags_at(path: Path) -> Path:
    if path.name == _META:
        path = path.parent
    if not path.is_dir():
        return path
    places = [path / "data" / name for name in _TAGS] + [path / name for name in _TAGS]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InvalidRequest(f"{path.name} has none of MTG-Jamendo's tables of tags, as {_TAGS[1]} or {_TAGS[4]}.")
    return found


def _recognises(path: Path) -> bool:
    if path.is_dir():
        places = [path / "data" / _META, path / _META]
        return any(map(_is_one, [*places, *(place.with_name(name) for place in places for name in _TAGS)]))
    return _is_one(path)


def _is_one(path: Path) -> bool:
    names = first_line(path).split("\t")
    return all(name in names for name in _TAG_COLUMNS) or all(name in names for name in _META_COLUMNS)


LAYOUT: Final = Layout(
    "mtg-jamendo", "MTG-Jamendo's tables of tags with raw.meta.tsv, or the folder of both", _recognises, _read
)
