"""What an import finds in a file: listens, kept songs, and what it leaves out with the reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from segue.catalog.songs.service import Platform, SongRef

__all__ = ["Entry", "Kept", "Listen", "Omission", "OmissionReason", "Platform", "Refusal", "SongRef"]

#: Why an entry is left out on purpose: the listener hid it, or it is no song (but an album, an artist).
OmissionReason = Literal["private session", "not music", "not a song", "no title", "not a play"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A song was played.

    Attributes
    ----------
    listened_at : datetime
        When it began, aware, UTC. Where a file tells only the end, the end less what was played.
    played_ms : int or None
        None where the file does not say: then it counts as a play.
    skipped : bool or None
        What the service says. Whether a short play counts as a skip is decided by who reads this.
    """

    song: SongRef
    listened_at: datetime
    played_ms: int | None = None
    skipped: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A song that the listener keeps: in a list, among favourites, or in the library.

    Attributes
    ----------
    playlist : str or None
        The list's name; None for the library itself.
    position : int or None
        From 0, within the list.
    liked : bool or None
        True for favourites, False for songs that the listener banned or hates.
    rating : int or None
        1 to 5.
    play_count, skip_count : int
        Sums that a library tells in place of single listens.
    """

    song: SongRef
    playlist: str | None = None
    position: int | None = None
    added_at: datetime | None = None
    liked: bool | None = None
    rating: int | None = None
    play_count: int = 0
    skip_count: int = 0
    last_played_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that could not be read: where it is, in words that its owner can follow, and what is wrong."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Omission:
    """A row that was read and is left out on purpose."""

    where: str
    reason: OmissionReason


Entry = Listen | Kept | Refusal | Omission
