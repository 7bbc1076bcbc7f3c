"""What a collection tells of a song, and of a row that tells nothing."""

from dataclasses import dataclass, field

from segue.catalog.songs.refs import SongRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A song of a collection.

    Attributes
    ----------
    popularity : float or None
        0 to 100.
    genres, moods, instruments : frozenset of str
        As the collection calls them.
    features : dict
        Numbers by name, as Spotify names and scales them: what the collection measured of the song.
    """

    ref: SongRef
    popularity: float | None = None
    genres: frozenset[str] = frozenset()
    moods: frozenset[str] = frozenset()
    instruments: frozenset[str] = frozenset()
    features: dict[str, float] = field(default_factory=dict)

    def says_more(self) -> bool:
        """Tell whether there is anything beside the song's facts."""
        return bool(self.popularity or self.genres or self.moods or self.instruments or self.features)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be a song: where it is, and why."""

    where: str
    reason: str
