"""Songs that a batch adds, found again by the refs that come after them."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from segue.catalog.songs.folding import squeezed
from segue.catalog.songs.matching import Facts
from segue.catalog.songs.naming import SongName
from segue.catalog.songs.repository import Identifier, KnownSong, NewSong

#: As many of one block are looked at: more are no names of songs.
_PER_BLOCK = 32


class Pending:
    """The new songs of a batch, blocked as the catalogue's are: an artist and how the title begins, or vice versa."""

    def __init__(self) -> None:
        self.songs: list[NewSong] = []
        self._by_identifier: dict[Identifier, KnownSong] = {}
        self._blocks: dict[tuple[str, str, str], list[KnownSong]] = {}

    def add(self, song: NewSong, identifiers: Iterable[Identifier]) -> None:
        """Take a new song in."""
        known = KnownSong(song.track_id, song.facts)
        self.songs.append(song)
        self.know_as(known, identifiers)
        for block in _blocks_of(song.facts.name):
            self._blocks.setdefault(block, []).append(known)

    def know_as(self, song: KnownSong, identifiers: Iterable[Identifier]) -> None:
        """Let a song be found by further ids."""
        for key in identifiers:
            self._by_identifier.setdefault(key, song)

    def by_identifier(self, key: Identifier) -> KnownSong | None:
        """Return the new song that has an id."""
        return self._by_identifier.get(key)

    def like(self, facts: Facts) -> Iterable[KnownSong]:
        """Return the new songs that may be the one of these facts, each once."""
        songs: dict[UUID, KnownSong] = {}
        for block in _blocks_of(facts.name):
            songs.update((song.track_id, song) for song in self._blocks.get(block, ())[-_PER_BLOCK:])
        return songs.values()


def _blocks_of(name: SongName) -> Iterator[tuple[str, str, str]]:
    titles = dict.fromkeys((squeezed(name.title), squeezed(name.bare)))
    for title in titles:
        for artist in map(squeezed, name.artists):
            yield "artist", artist, title[:2]
            yield "title", title, artist[:2]
        if not name.artists:
            yield "title", title, ""
