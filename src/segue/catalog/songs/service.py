"""Songs' decisions: which song a ref is, made now if there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs import repository
from segue.catalog.songs.folding import fold, squeezed
from segue.catalog.songs.loaders.told import Told
from segue.catalog.songs.matching import ACCEPTED, POSSIBLE, Facts, contradicts, facts_of, score
from segue.catalog.songs.pending import Pending
from segue.catalog.songs.proposing import Proposal, Written, found_songs, propose
from segue.catalog.songs.refs import IdentifierKind, Platform, SongRef, isrc_of, mbid_of
from segue.catalog.songs.repository import Identifier, KnownSong, NewSong, lookups_of
from segue.catalog.songs.search_repository import FoundSong, rank
from segue.catalog.songs.searching import search
from segue.kit.ids import new_id

__all__ = [
    "ACCEPTED",
    "POSSIBLE",
    "FoundSong",
    "IdentifierKind",
    "Platform",
    "Proposal",
    "Resolution",
    "SongRef",
    "Written",
    "found_songs",
    "isrc_of",
    "mbid_of",
    "name_key",
    "propose",
    "rank",
    "resolve",
    "search",
    "tell",
]

_ALTERNATIVES: Final = 5


@dataclass(frozen=True, slots=True)
class Resolution:
    """The song that a ref is.

    Attributes
    ----------
    track_id : UUID
        An external track.
    how : str
        By which it was found: an id, its name; or made now.
    score : float
        The probability that it is this song, from the names alone where no id says so; 1 for an id, and for a new one.
    alternatives : tuple of UUID
        Others that it may be, the likeliest first.
    refused : tuple of identifiers
        Ids that are another song's by the catalogue, while the names contradict.
    """

    track_id: UUID
    how: Literal["id", "name", "new"]
    score: float
    alternatives: tuple[UUID, ...] = ()
    refused: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ref with its keys."""

    ref: SongRef
    facts: Facts
    lookups: Sequence[repository.Lookup]

    @classmethod
    def by(cls, ref: SongRef) -> "_Asked":
        """Read a ref."""
        facts = facts_of(ref)
        return cls(ref, facts, lookups_of(facts.name))


class _Found:
    """What the catalogue has under the ids and names of some refs."""

    def __init__(self) -> None:
        self._by_identifier: dict[Identifier, KnownSong] = {}
        self._by_name: dict[repository.Lookup, dict[UUID, KnownSong]] = {}
        self._songs: dict[UUID, KnownSong] = {}

    async def look_up(self, session: AsyncSession, asked: Sequence[_Asked]) -> None:
        """Look all of them up: by their ids, and by their names as they are."""
        identifiers = dict.fromkeys(key for one in asked for key in one.ref.identifiers())
        if identifiers:
            known = await repository.by_identifier(session, list(identifiers))
            self._by_identifier |= known
            self._songs.update((song.track_id, song) for song in known.values())
        self._take(await repository.by_name(session, _lookups(asked)))

    async def look_around(self, session: AsyncSession, asked: Sequence[_Asked]) -> None:
        """Look up what has nearly their names."""
        self._take(await repository.by_likeness(session, _lookups(asked)))

    def _take(self, found: Mapping[repository.Lookup, Iterable[KnownSong]]) -> None:
        for lookup, songs in found.items():
            by_id = {song.track_id: song for song in songs}
            self._by_name.setdefault(lookup, {}).update(by_id)
            self._songs.update(by_id)

    def by_identifier(self, asked: _Asked) -> dict[Identifier, KnownSong]:
        """Return the songs of a ref's ids."""
        known = self._by_identifier
        return {key: known[key] for key in asked.ref.identifiers() if key in known}

    def by_name(self, asked: _Asked) -> Iterable[KnownSong]:
        """Return the songs that may be a ref's by its name, each once."""
        songs: dict[UUID, KnownSong] = {}
        for lookup in asked.lookups:
            songs.update(self._by_name.get(lookup, {}))
        return songs.values()

    def lacks(self, track_id: UUID, ref: SongRef) -> bool:
        """Tell whether the catalogue does not know of a song what a ref tells."""
        song = self._songs.get(track_id)
        if song is None:
            return False
        facts = song.facts
        return bool(
            (ref.album and facts.album is None)
            or (ref.year and facts.year is None)
            or (ref.duration_ms and facts.duration_ms is None)
        )


async def resolve(session: AsyncSession, refs: Sequence[SongRef]) -> list[Resolution]:
    """Tell which song each ref is, in order; what the catalogue does not have is added as external tracks.

    An id decides, unless the names contradict it; then the name does, with duration, album and year. Ids that were new
    become the song's. The same refs again give the same songs. As many statements are used for one ref as for all.

    Parameters
    ----------
    session
        The system's: users may not change what all are matched against. If anything is new, even an id, whoever else
        adds songs waits until its transaction ends.
    """
    asked = [_Asked.by(ref) for ref in refs]
    if not asked:
        return []
    found = _Found()
    await found.look_up(session, asked)
    settled = [_settle(one, found) for one in asked]
    left = [one for one, resolution in zip(asked, settled, strict=True) if resolution is None]
    pending = Pending()
    if left:
        await repository.lock(session)
        # Again, for somebody may have added them until the lock was ours.
        await found.look_up(session, left)
        await found.look_around(session, left)
        settled = [
            resolution or _settle(one, found) or _add(one, found, pending)
            for one, resolution in zip(asked, settled, strict=True)
        ]
    resolutions = [resolution for resolution in settled if resolution is not None]
    await _store(session, asked, resolutions, found, pending)
    return resolutions


async def tell(session: AsyncSession, told: Sequence[Told]) -> list[Resolution]:
    """Do as `resolve` for what a collection tells of songs, and keep what it tells beside: labels, features, fame."""
    await repository.lock(session)
    resolutions = await resolve(session, [one.ref for one in told])
    pairs = [(found.track_id, one) for found, one in zip(resolutions, told, strict=True)]
    await repository.tell(session, [pair for pair in pairs if pair[1].says_more()])
    return resolutions


def name_key(name: str) -> str:
    """Return what an artist's spellings share: folded, without spaces and a leading "the"; empty for none."""
    words = fold(name)
    return squeezed(words.removeprefix("the ") or words)


def _lookups(asked: Iterable[_Asked]) -> list[repository.Lookup]:
    return list(dict.fromkeys(lookup for one in asked for lookup in one.lookups))


def _settle(asked: _Asked, found: _Found) -> Resolution | None:
    """Return the song that a ref is beyond doubt, if the catalogue has it."""
    known = found.by_identifier(asked)
    refused: list[Identifier] = []
    for key, song in known.items():
        if not contradicts(asked.facts, song.facts):
            return Resolution(song.track_id, "id", 1.0, refused=tuple(refused))
        refused.append(key)
    return _named(asked, found.by_name(asked), tuple(refused))


def _named(asked: _Asked, candidates: Iterable[KnownSong], refused: tuple[Identifier, ...]) -> Resolution | None:
    ranked = _ranked(asked.facts, candidates)
    if not ranked or ranked[0][0] < ACCEPTED:
        return None
    best, song = ranked[0]
    return Resolution(song.track_id, "name", best, _possible(ranked[1:]), refused)


def _add(asked: _Asked, found: _Found, pending: Pending) -> Resolution:
    """Return the song that a ref is: one that was added for an earlier ref, or a new one."""
    refused = tuple(found.by_identifier(asked))
    identifiers = [key for key in asked.ref.identifiers() if key not in refused]
    for key in identifiers:
        song = pending.by_identifier(key)
        if song is not None and not contradicts(asked.facts, song.facts):
            pending.know_as(song, identifiers)
            return Resolution(song.track_id, "id", 1.0, refused=refused)
    candidates = [*found.by_name(asked), *pending.like(asked.facts)]
    resolution = _named(asked, candidates, refused)
    if resolution is None:
        new = NewSong(new_id(), asked.ref, asked.facts)
        pending.add(new, identifiers)
        return Resolution(new.track_id, "new", 1.0, _possible(_ranked(asked.facts, candidates)), refused)
    return resolution


def _ranked(facts: Facts, candidates: Iterable[KnownSong]) -> list[tuple[float, KnownSong]]:
    """Return candidates with their scores: the likeliest first, of equals the best known, of these the oldest."""
    scored = [(1.0 if facts == song.facts else score(facts, song.facts), song) for song in candidates]
    return sorted(scored, key=lambda pair: (-pair[0], -pair[1].popularity, pair[1].track_id))


def _possible(ranked: Sequence[tuple[float, KnownSong]]) -> tuple[UUID, ...]:
    return tuple(song.track_id for probability, song in ranked[:_ALTERNATIVES] if probability >= POSSIBLE)


async def _store(
    session: AsyncSession, asked: Sequence[_Asked], resolutions: Sequence[Resolution], found: _Found, pending: Pending
) -> None:
    """Add the new songs, and what refs tell of known ones that the catalogue did not know."""
    if pending.songs:
        await repository.add(session, pending.songs)
    identifiers: dict[Identifier, UUID] = {}
    details: dict[UUID, SongRef] = {}
    for one, resolution in zip(asked, resolutions, strict=True):
        known = found.by_identifier(one)
        for key in one.ref.identifiers():
            if key not in known:
                identifiers.setdefault(key, resolution.track_id)
        if resolution.how != "new" and found.lacks(resolution.track_id, one.ref):
            details.setdefault(resolution.track_id, one.ref)
    if identifiers or details:
        # Two that told of the same songs in different orders would wait for each other.
        await repository.lock(session)
    if identifiers:
        await repository.add_identifiers(session, identifiers)
    if details:
        await repository.fill_in(session, details)
