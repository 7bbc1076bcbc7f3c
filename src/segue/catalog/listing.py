"""A track as lists show it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """What a list tells of a track, whatever was heard in it."""

    id: UUID
    title: str
    artist: str | None
    album: str | None
    year: int | None
    source: str
    visibility: str
    duration_ms: int | None
