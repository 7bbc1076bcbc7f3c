"""Finding songs as somebody types: the beginning of a word is enough, and a wrong letter does not matter."""

from collections.abc import Iterable
from itertools import chain
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.songs import search_repository as repository
from segue.catalog.songs.folding import fold, squeezed
from segue.catalog.songs.matching import likeness
from segue.catalog.songs.search_repository import FoundSong

#: More words are no search: what follows is left out.
_MOST_WORDS: Final = 8
_MOST_LETTERS: Final = 120
#: Shorter words have too many neighbours to be taken for a slip of one.
_CORRECTABLE: Final = 4
_SPELLINGS: Final = 6
#: So like is a word that may have been meant: a letter in four.
_ALIKE: Final = 0.75


async def search(session: AsyncSession, typed: str, *, limit: int) -> list[FoundSong]:
    """Return songs for what somebody has typed so far, of title, artist or both in any order, the likeliest first.

    The popular ones are looked at first: where the words are so few letters that thousands of songs have them, these
    are enough; where they are not, the words are rare and all songs with them are looked at.
    """
    query = fold(typed[:_MOST_LETTERS])
    words = _words_in(query)
    if not words:
        return []
    found: dict[UUID, FoundSong] = {}
    exact = [[word] for word in words]
    await _look(session, exact, found, limit)
    if len(query) > 1:
        _add(found, await repository.called(session, squeezed(query.removeprefix("the ")), most=limit))
    if len(found) < limit:
        spellings = await _spellings(session, words, any_found=bool(found))
        if spellings != exact:
            await _look(session, spellings, found, limit)
    return sorted(found.values(), key=lambda song: -_relevance(song, query))[:limit]


async def _look(session: AsyncSession, words: list[list[str]], found: dict[UUID, FoundSong], limit: int) -> None:
    most = 4 * limit
    _add(found, await repository.with_words(session, words, popular=True, most=most))
    if len(found) < limit:
        _add(found, await repository.with_words(session, words, popular=False, most=most))


def _add(found: dict[UUID, FoundSong], songs: Iterable[FoundSong]) -> None:
    for song in songs:
        found.setdefault(song.track_id, song)


def _words_in(query: str) -> list[str]:
    """Return the words to look for; a "the" says nothing, and artists' names are kept without."""
    words = query.split()[:_MOST_WORDS]
    return [word for word in words if word != "the"] or words


async def _spellings(session: AsyncSession, words: list[str], *, any_found: bool) -> list[list[str]]:
    """Return for each word those that may have been meant: where it is unknown; or all, where nothing has them all."""
    known = await repository.known_words(session, words[:-1], begun=words[-1])
    wrong = [word for word in words if word not in known]
    if not wrong and not any_found:
        wrong = words
    wrong = [word for word in wrong if len(word) >= _CORRECTABLE]
    if not wrong:
        return [[word] for word in words]
    corrected: dict[str, list[str]] = {}
    for begun_alike in (True, False):
        left = [word for word in wrong if word not in corrected]
        near = await repository.near_words(session, left, begun_alike=begun_alike, most=4 * _SPELLINGS) if left else {}
        for word, others in near.items():
            if meant := _meant(word, others, goes_on=word == words[-1]):
                corrected[word] = [word, *(other for other in meant if other != word)]
    return [corrected.get(word, [word]) for word in words]


def _meant(word: str, near: list[str], *, goes_on: bool) -> list[str]:
    """Return those words of which one may be a slip, of a letter in four; of their beginning, if it may go on."""
    scored: dict[str, float] = {}
    for other in near:
        lengths = range(len(word) - 1, len(word) + 2) if goes_on else (len(other),)
        scored[other] = max(likeness(word, other[:length], _ALIKE) for length in lengths)
    best = sorted((other for other in scored if scored[other]), key=lambda other: -scored[other])
    return best[:_SPELLINGS]


def _relevance(song: FoundSong, query: str) -> float:
    """Return how likely it is that a song was meant: known songs are, and those that are called just so."""
    artists = [song.artist_keys[0]] if song.artist_keys else []
    names = [song.title_key, *artists, *(f"{artist} {song.title_key}" for artist in artists)]
    names += [f"{song.title_key} {artist}" for artist in artists]
    query = query.removeprefix("the ") or query
    if query in names:
        return song.popularity / 100 + 0.6
    if any(name.startswith(query) for name in names):
        return song.popularity / 100 + 0.3
    words = set(chain.from_iterable(name.split(" ") for name in names))
    return song.popularity / 100 + (0.1 if set(query.split()[:-1]) <= words else -0.3)
