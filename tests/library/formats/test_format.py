"""A list that has no name inside its file is named as the file is."""

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

import pytest

from segue.library.formats.entries import Entry, Kept, Omission, SongRef
from segue.library.formats.format import Format, entries_in

_SONG = SongRef(title="Low Tide")


def _read(_: BinaryIO) -> Iterator[Entry]:
    yield Kept(song=_SONG, position=0)
    yield Omission("line 3", "no title")


def _first(name: str, *, named_by_file: bool = True) -> Kept:
    file_format = Format("tested", "Tested", lambda _: True, _read, named_by_file=named_by_file)
    entry, omission = entries_in(BytesIO(), file_format, name)
    assert omission == Omission("line 3", "no title")
    assert isinstance(entry, Kept)
    return entry


def test_a_list_without_a_name_is_named_as_its_file() -> None:
    assert _first("playlists/Long drives.v2.csv") == Kept(song=_SONG, playlist="Long drives.v2", position=0)


@pytest.mark.parametrize("name", ["Liked_Songs.csv", "liked.csv", "exports/Favourites.csv"])
def test_a_file_of_favourites_is_no_list(name: str) -> None:
    assert _first(name) == Kept(song=_SONG, liked=True, position=0)


def test_other_formats_and_nameless_files_stay_as_they_are() -> None:
    assert _first("Long drives.csv", named_by_file=False) == Kept(song=_SONG, position=0)
    assert _first("") == Kept(song=_SONG, position=0)
