"""A track as lists show it."""

from dataclasses import dataclass
from uuid import UUID

from segue.catalog.tables import is_made_here


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

    @property
    def made_here(self) -> bool:
        """Whether Segue made it."""
        return is_made_here(self.source)
