"""Listeners and what they hear, from real data: Last.fm listeners with artists, playlists with tracks.

Conventions: a matrix of listens is ``(listeners, items)``, sparse, with weights around 1. What is told of items is told
from the known part of it only: a tag that a listener gave to an artist that is held out of their history is left out,
and so are genres of playlists, which tell who holds a track.
"""

import csv
import io
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import sparse

from segue.taste.proxies import ProxyModel
from segue.taste.signals import Shelf
from segue.taste.traits import SongTraits

_LASTFM = "recommendation/hetrec2011-lastfm-2k.tar.xz"
_PLAYLISTS = "recommendation/tidytuesday_spotify_songs.tar.xz"
NUMBERS = (
    "danceability",
    "energy",
    "loudness",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
)
Traits = Callable[[sparse.csr_array], list[SongTraits]]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Listeners, items and what is told of items.

    Attributes
    ----------
    name
        What the table calls it.
    listens
        All that is known, ``(listeners, items)``; a row's items stand in the order of ``order``.
    order
        For each listener, their items as a screenshot would list them.
    most_played_first
        Whether a screenshot shows the beginning of that list, as of charts, or any part of it.
    told
        Makes what is known of items from the known part of the listens, without who listens to them.
    """

    name: str
    listens: sparse.csr_array
    order: Sequence[Sequence[int]]
    most_played_first: bool
    told: Traits

    def traits(self, known: sparse.csr_array) -> list[SongTraits]:
        """Return what is known of items, who listens to them too."""
        columns = known.tocsc()
        ends = columns.indptr.tolist()
        who, much = columns.indices.tolist(), columns.data.tolist()
        return [
            SongTraits(
                tags=song.tags,
                artists=song.artists,
                year=song.year,
                numbers=song.numbers,
                contexts={str(listener): weight for listener, weight in zip(who[a:b], much[a:b], strict=True)},
            )
            for song, (a, b) in zip(self.told(known), pairwise(ends), strict=True)
        ]

    def shelf(self, known: sparse.csr_array, *, company: bool = True) -> Shelf:
        """Return items with their proxies; without ``company``, from what is told of them alone."""
        traits = self.traits(known) if company else self.told(known)
        names = sorted({song.artists[0] for song in traits if song.artists})
        numbers = {name: number for number, name in enumerate(names)}
        return Shelf(
            embeddings=ProxyModel.learn(traits).embed(traits),
            artists=np.array([numbers[song.artists[0]] if song.artists else -1 for song in traits], dtype=np.intp),
            popularity=np.log1p(np.bincount(known.indices, minlength=known.shape[1])).astype(np.float32),
        )


def lastfm(data: Path) -> Dataset:
    """Return the listeners of HetRec 2011, with artists for items: the logarithms of play counts, and tags."""
    files = _files(data / _LASTFM)
    plays = [(a, b, float(c)) for a, b, c in _table(files["user_artists.dat"])]
    users = _numbered(user for user, _, _ in plays)
    artists = _numbered(artist for _, artist, _ in plays)
    listens = _matrix([(users[a], artists[b], np.log1p(c) / 6) for a, b, c in plays], (len(users), len(artists)))
    given = [
        (users[row[0]], artists[row[1]], row[2])
        for row in _table(files["user_taggedartists.dat"])
        if row[0] in users and row[1] in artists
    ]

    def told(known: sparse.csr_array) -> list[SongTraits]:
        return tagged(given, listens, known)

    most_played = [np.array(row)[np.argsort(-np.array(much), kind="stable")].tolist() for row, much in _rows(listens)]
    return Dataset("Last.fm (1,892 listeners, 17,632 artists)", listens, most_played, True, told)


def tagged(
    given: Iterable[tuple[int, int, str]], listens: sparse.csr_array, known: sparse.csr_array
) -> list[SongTraits]:
    """Return what tags tell of items, as far as they are known.

    Parameters
    ----------
    given
        Who gave which item which tag.
    listens, known
        All, and the known part of them, ``(listeners, items)``, with the same listeners in the same rows. A tag for an
        item that is held out of its giver's history is not told, nor is any of a listener of whom nothing is known.
    """
    heard, there = _pairs(listens), _pairs(known)
    unknown = set(np.flatnonzero(np.diff(known.indptr) == 0).tolist())
    tags: list[Counter[str]] = [Counter() for _ in range(listens.shape[1])]
    for listener, item, tag in given:
        if (listener, item) in there or ((listener, item) not in heard and listener not in unknown):
            tags[item][tag] += 1
    return [SongTraits(tags=dict(each)) for each in tags]


def playlists(data: Path) -> Dataset:
    """Return the playlists of TidyTuesday for listeners, with tracks for items: artist, album, year and numbers."""
    rows = list(csv.DictReader(io.StringIO(_files(data / _PLAYLISTS)["spotify_songs.csv"])))
    tracks = {row["track_id"]: row for row in rows}
    numbers = _numbered(row["track_id"] for row in rows)
    lists = _numbered(row["playlist_id"] for row in rows)
    order: list[dict[int, None]] = [{} for _ in lists]
    for row in rows:
        order[lists[row["playlist_id"]]][numbers[row["track_id"]]] = None
    held = [(number, track, 1.0) for number, each in enumerate(order) for track in each]
    songs = [
        SongTraits(
            tags=[f"album {row['track_album_id']}"],
            artists=[row["track_artist"]],
            year=int(row["track_album_release_date"][:4]),
            numbers={name: float(row[name]) for name in NUMBERS},
        )
        for row in tracks.values()
    ]
    name = f"playlists ({len(lists)} with {len(tracks):,} tracks)"
    return Dataset(
        name, _matrix(held, (len(lists), len(tracks))), [list(each) for each in order], False, lambda _: songs
    )


def _files(archive: Path) -> dict[str, str]:
    """Return the text of each file in an archive, by its last name."""
    with tarfile.open(archive) as folder:
        there = {Path(member.name).name: folder.extractfile(member) for member in folder if member.isfile()}
        return {name: file.read().decode("utf-8", "replace") for name, file in there.items() if file}


def _table(text: str) -> list[list[str]]:
    return [line.split("\t")[:3] for line in text.splitlines()[1:]]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _matrix(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_array:
    rows, columns, values = zip(*entries, strict=True)
    matrix = sparse.csr_array((np.array(values, dtype=np.float32), (rows, columns)), shape=shape)
    matrix.sort_indices()
    return matrix


def _pairs(listens: sparse.csr_array) -> set[tuple[int, int]]:
    rows, columns = listens.nonzero()
    return set(zip(rows.tolist(), columns.tolist(), strict=True))


def _rows(listens: sparse.csr_array) -> list[tuple[list[int], list[float]]]:
    ends = listens.indptr.tolist()
    return [(listens.indices[a:b].tolist(), listens.data[a:b].tolist()) for a, b in pairwise(ends)]
