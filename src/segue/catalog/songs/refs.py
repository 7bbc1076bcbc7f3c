"""A song as somebody names it: what identifying begins with."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

#: Platforms whose ids an export or a collection may carry. Segue's own are tracks here, for whoever may see them: the
#: library looks them up for its listeners, and the catalogue keeps none.
Platform = Literal["spotify", "apple", "youtube", "deezer", "lastfm", "tidal", "soundcloud", "fma", "jamendo", "segue"]
#: What an identifier is of: a recording at the industry's registry, at MusicBrainz, at a platform.
IdentifierKind = Literal["isrc", "recording_mbid"] | Platform

_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
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

    def identifiers(self) -> Iterator[tuple[IdentifierKind, str]]:
        """Give its ids with their kind, the most telling first."""
        if self.isrc:
            yield "isrc", self.isrc
        if self.recording_mbid:
            yield "recording_mbid", self.recording_mbid
        yield from self.ids.items()


def isrc_of(value: str) -> str | None:
    """Return an ISRC (ISO 3901) in its plain form, or None."""
    plain = value.replace("-", "").replace(" ", "").upper()
    return plain if _ISRC.fullmatch(plain) else None


def mbid_of(value: str) -> str | None:
    """Return a MusicBrainz id as a lower-case UUID, or None."""
    try:
        return str(uuid.UUID(value.strip()))
    except ValueError:
        return None
