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
    genres : frozenset of str
        As the collection calls them.
    features : dict
        Numbers by name: what the collection measured of the song.
    """

    ref: SongRef
    popularity: float | None = None
    genres: frozenset[str] = frozenset()
    features: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be a song: where it is, and why."""

    where: str
    reason: str
