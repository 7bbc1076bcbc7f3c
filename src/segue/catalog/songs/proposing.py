"""Telling which songs may be meant by a name that somebody wrote or a machine read, without adding any."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs import repository, search_repository
from segue.catalog.songs.folding import fold
from segue.catalog.songs.matching import ACCEPTED, POSSIBLE, facts_of, score
from segue.catalog.songs.refs import SongRef
from segue.catalog.songs.search_repository import FoundSong
from segue.catalog.songs.searching import search

#: As many of what a search finds are weighed.
_FOUND: Final = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A song as it is written somewhere; where the title is cut, what is there is its beginning."""

    ref: SongRef
    title_is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A song that may be meant, and how probable it is."""

    song: FoundSong
    score: float


async def propose(
    session: AsyncSession, written: Sequence[Written], *, limit: int = 4, search_too: bool = True
) -> list[list[Proposal]]:
    """Return for each the songs that may be meant, the likeliest first.

    Looked up by name, a few statements for all of them; where nothing is found that will do, searched for as if
    somebody had typed it, a slip in each word allowed.

    Parameters
    ----------
    search_too
        Whether to search; it takes some ten milliseconds each.
    """
    lookups = [repository.lookups_of(facts_of(one.ref).name) for one in written]
    wanted = list(dict.fromkeys(lookup for keys in lookups for lookup in keys))
    if not wanted:
        return []
    by_key = [await repository.by_name(session, wanted), await repository.by_likeness(session, wanted)]
    named = [{song.track_id for found in by_key for key in keys for song in found.get(key, ())} for keys in lookups]
    songs = await search_repository.with_ids(session, list(set().union(*named)))
    proposals = []
    for one, track_ids in zip(written, named, strict=True):
        likely = _ranked(one, [songs[track_id] for track_id in track_ids if track_id in songs])
        # All words of a search must be found: the title alone forgives whatever the artist became.
        typed = (f"{one.ref.artist} {one.ref.title}", one.ref.title) if search_too else ()
        for words in typed:
            if not likely or likely[0].score < ACCEPTED:
                more = await search(session, words, limit=_FOUND)
                known = {song.track_id: song for song in [*more, *(proposal.song for proposal in likely)]}
                likely = _ranked(one, known.values())
        proposals.append(likely[:limit])
    return proposals


async def found_songs(session: AsyncSession, track_ids: Sequence[UUID]) -> dict[UUID, FoundSong]:
    """Return songs by their tracks; what is no song of the catalogue is left out."""
    return await search_repository.with_ids(session, track_ids)


def _ranked(written: Written, songs: Iterable[FoundSong]) -> list[Proposal]:
    proposals = [Proposal(song, _probability(written, song)) for song in songs]
    likely = [proposal for proposal in proposals if proposal.score >= POSSIBLE]
    return sorted(likely, key=lambda one: (-one.score, -one.song.popularity, one.song.track_id))


def _probability(written: Written, song: FoundSong) -> float:
    ref = SongRef(
        title=song.title, artist=song.artist or "", album=song.album, year=song.year, duration_ms=song.duration_ms
    )
    if written.title_is_cut and fold(ref.title).startswith(fold(written.ref.title)):
        ref = replace(ref, title=written.ref.title)
    return score(facts_of(written.ref), facts_of(ref))
