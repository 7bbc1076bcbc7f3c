"""What an import finds in a file: listens, kept songs, and what it leaves out with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

#: Platforms whose ids an export may carry.
Platform = Literal["spotify", "apple", "youtube", "deezer", "lastfm", "tidal", "soundcloud"]

#: Why an entry is left out on purpose: the listener hid it, or it is no song (but an album, an artist).
OmissionReason = Literal["private session", "not music", "not a song", "no title", "not a play"]

_NO_IDS: Mapping[Platform, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SongRef:
    """A song as a file names it, spelled as there but for surrounding blanks.

    Attributes
    ----------
    title : str
        Not empty.
    artist : str
        Empty where the file does not say. Several artists stay as the file joins them.
    album, year, duration_ms
        None where unknown. A duration is above zero.
    isrc : str or None
        Twelve characters, upper case, no hyphens; None where the file's value is not an ISRC.
    recording_mbid : str or None
        MusicBrainz recording, a lower-case UUID with hyphens.
    ids : mapping
        The platforms' own ids (for Spotify the 22 characters, not the URI).
    """

    title: str
    artist: str = ""
    album: str | None = None
    year: int | None = None
    duration_ms: int | None = None
    isrc: str | None = None
    recording_mbid: str | None = None
    ids: Mapping[Platform, str] = field(default_factory=lambda: _NO_IDS)


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
