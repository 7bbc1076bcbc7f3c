"""How often names tell rightly that two are one song: on real names with audio as the judge, and on invented ones."""

import io
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise
from pathlib import Path
from statistics import mean
from uuid import UUID

from training.identity.pairs import pairs

from benchmarks.identity.catalogue import SEED
from benchmarks.table import Row
from segue.catalog.songs.loaders import spotify_features
from segue.catalog.songs.loaders.told import Told
from segue.catalog.songs.matching import facts_of, score
from segue.catalog.songs.pending import Pending
from segue.catalog.songs.repository import NewSong
from segue.catalog.songs.service import ACCEPTED
from segue.kit.ids import new_id

_TABLE = "recommendation/tidytuesday_spotify_songs.tar.xz"
_SONGS = 40_000
_BINS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)
#: What two issues of one recording may differ by, so that a remaster is none of another song. Durations are not used,
#: for the score uses them; nor is the tempo's octave.
_SAME_SOUND: Mapping[str, float] = {
    "danceability": 0.02,
    "valence": 0.03,
    "speechiness": 0.015,
    "acousticness": 0.03,
    "energy": 0.05,
    "liveness": 0.05,
    "instrumentalness": 0.1,
    "loudness": 3.0,
}
_SAME_TEMPO = 0.002
_OTHER_TEMPO = 0.02
Pair = tuple[int, int]


def measure(data: Path) -> list[Row]:
    """Measure on the table of Spotify's features, then on invented songs that nothing was fitted to."""
    return [*_real(data), *_invented()]


def _real(data: Path) -> list[Row]:
    songs = _songs(data / _TABLE)
    truth = _same_sound(songs)
    ours = _accepted(songs)
    theirs = _equal_names(songs)
    what = f"{len(songs):,} ids of TidyTuesday; {len(truth):,} pairs whose audio features are the same"
    peer = "same title and artist but for case"
    question = "pairs of the same sound that are one song by name (recall)"
    rows = [Row(question, what, _recall(ours, truth), peer, _recall(theirs, truth))]
    by_name = f"pairs that are one song by name: {len(ours):,}; by the peer {len(theirs):,}"
    question = "of these, the same tempo or its octave within 2 % (precision, from below)"
    return [*rows, Row(question, by_name, _precision(ours, songs), peer, _precision(theirs, songs))]


def _songs(archive: Path) -> list[Told]:
    """Return each id of the table once."""
    with tarfile.open(archive) as folder:
        name = next(name for name in folder.getnames() if name.endswith("spotify_songs.csv"))
        table = folder.extractfile(name)
        rows = spotify_features.read(io.BytesIO(table.read())) if table else iter(())
        songs = {row.ref.ids["spotify"]: row for row in rows if isinstance(row, Told) and len(row.features) == 11}
    return list(songs.values())


def _same_sound(songs: list[Told]) -> set[Pair]:
    """Return pairs that are one recording by their audio features: a few of them, of songs to one beat, by chance."""
    found = set()
    blocks = defaultdict(list)
    for number, song in enumerate(songs):
        tempo = round(song.features["tempo"])
        for near in (tempo, tempo + 1):
            blocks[song.features["key"], song.features["mode"], near].append(number)
    for block in blocks.values():
        for one, other in combinations(block, 2):
            mine, theirs = songs[one].features, songs[other].features
            if abs(mine["tempo"] - theirs["tempo"]) <= _SAME_TEMPO * mine["tempo"] and all(
                abs(mine[name] - theirs[name]) <= most for name, most in _SAME_SOUND.items()
            ):
                found.add((one, other))
    return found


def _accepted(songs: list[Told]) -> set[Pair]:
    """Return the pairs that are met as candidates, and taken for one song."""
    catalogue, found = Pending(), set()
    numbers: dict[UUID, int] = {}
    for number, song in enumerate(songs):
        facts = facts_of(song.ref)
        for candidate in catalogue.like(facts):
            if score(facts, candidate.facts) >= ACCEPTED:
                found.add((numbers[candidate.track_id], number))
        new = NewSong(new_id(), song.ref, facts)
        numbers[new.track_id] = number
        catalogue.add(new, ())
    return found


def _equal_names(songs: list[Told]) -> set[Pair]:
    named = defaultdict(list)
    for number, song in enumerate(songs):
        named[song.ref.title.casefold(), song.ref.artist.casefold()].append(number)
    return {pair for numbers in named.values() for pair in combinations(numbers, 2)}


def _recall(said: set[Pair], truth: set[Pair]) -> float:
    return len(said & truth) / len(truth)


def _precision(said: Iterable[Pair], songs: list[Told]) -> float:
    def agree(one: Told, other: Told) -> bool:
        ratio = one.features["tempo"] / max(other.features["tempo"], 1e-9)
        return any(abs(ratio / octave - 1) <= _OTHER_TEMPO for octave in (0.5, 1, 2))

    return mean(agree(songs[one], songs[other]) for one, other in said)


def _invented() -> Iterator[Row]:
    scored = [(evidence.score(), evidence, same) for evidence, same in pairs(SEED + 2, _SONGS)]
    songs = sum(same for _, _, same in scored)
    what = f"{len(scored):,} pairs of invented songs with keys in common, {songs:,} of one song"
    accepted = [same for said, _, same in scored if said >= ACCEPTED]
    equal = [same for _, evidence, same in scored if evidence.title == evidence.artist == "same" and evidence.version]
    peer = "same keys, whatever the rest"
    yield Row("taken for one song, rightly (precision)", what, mean(accepted), peer, mean(equal))
    yield Row("of one song, and taken for it (recall)", what, sum(accepted) / songs, peer, sum(equal) / songs)
    for least, most in pairwise(_BINS):
        inside = [(said, same) for said, _, same in scored if least <= said < most or said == most == 1]
        if inside:
            question = f"score {least:.2f} to {most:.2f}: share that is one song"
            said = mean(said for said, _ in inside)
            yield Row(question, f"{len(inside):,} pairs", mean(same for _, same in inside), "mean score", said)
