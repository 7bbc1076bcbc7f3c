"""What is known of tracks without listening to them, and what was measured in those with audio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.embeddings import repository
from segue.catalog.songs.matching import facts_of
from segue.catalog.songs.refs import SongRef

_LABELS: Final = ("genres", "moods", "instruments")


@dataclass(frozen=True, slots=True)
class KnownTrack:
    """What is known of a track.

    Attributes
    ----------
    artists
        Folded keys, the lead first.
    tags
        Genres, moods, instruments, as collections call them.
    genre
        The first of its genres.
    numbers
        ``tempo`` in beats a minute, ``energy``, ``valence``, ``danceability``, ``acousticness``, ``instrumentalness``,
        ``speechiness``, ``liveness`` from 0 to 1, ``loudness`` in dB: what a collection told or what we measured.
    """

    track_id: UUID
    title: str
    artist: str | None
    artists: tuple[str, ...]
    year: int | None
    tags: tuple[str, ...]
    genre: str | None
    numbers: Mapping[str, float]


async def known(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, KnownTrack]:
    """Return what is known of those of these tracks that the session's user may see."""
    return {row.id: _known(row) for row in await repository.facts_of(session, track_ids)}


def _known(row: Any) -> KnownTrack:
    tags = row.tags or {}
    labels = [label for kind in _LABELS for label in tags.get(kind, ()) if isinstance(label, str)]
    heard = {"tempo": row.tempo, "loudness": row.loudness, **(row.descriptors or {})}
    numbers = {**tags.get("features", {}), **{name: value for name, value in heard.items() if value is not None}}
    artists = row.artist_keys
    if artists is None:
        artists = facts_of(SongRef(title=row.title, artist=row.artist or "")).name.artists
    return KnownTrack(
        track_id=row.id,
        title=row.title,
        artist=row.artist,
        artists=tuple(artists),
        year=row.year,
        tags=tuple(dict.fromkeys(labels)),
        genre=next(iter(tags.get("genres", ())), None),
        numbers={name: float(value) for name, value in numbers.items()},
    )
