"""Pairs of invented songs as resolving meets them: a ref, and each song of the catalogue that it may be."""

from collections.abc import Iterator
from random import Random

from segue.catalog.songs.matching import Evidence, compare, facts_of
from segue.catalog.songs.pending import Pending
from segue.catalog.songs.repository import NewSong
from segue.kit.ids import new_id
from training.identity.invented import recordings, spelled

#: Of the recordings that are asked for, so many are in the catalogue.
_KNOWN = 0.7


def pairs(seed: int, count: int) -> Iterator[tuple[Evidence, bool]]:
    """Invent songs, let a catalogue have most, and ask for all in another spelling.

    Yields
    ------
    tuple
        The evidence of a pair that has keys in common, and whether it is one recording.
    """
    random = Random(seed)
    catalogue = Pending()
    asked = []
    numbers = {}
    for recording in recordings(seed, count):
        if random.random() < _KNOWN:
            ref = spelled(recording, random)
            song = NewSong(new_id(), ref, facts_of(ref))
            numbers[song.track_id] = recording.number
            catalogue.add(song, ())
        asked.append(recording)
    for recording in asked:
        facts = facts_of(spelled(recording, random))
        for candidate in catalogue.like(facts):
            yield compare(facts, candidate.facts), numbers[candidate.track_id] == recording.number
