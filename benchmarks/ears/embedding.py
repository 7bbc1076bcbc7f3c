"""Whether a song's embedding knows it again whatever befell it, lies among its like, and comes fast."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray

from benchmarks.ears.songs import fates, songs_in, thirds_of_a_minute
from benchmarks.table import Row
from segue.audio.signal import Audio
from segue.engines.embedding import Embedder
from segue.engines.embedding.choose import choose_embedder
from segue.kit.settings import Settings

Array = NDArray[np.float64]
_COEFFICIENTS = 20


@dataclass(frozen=True)
class Space:
    """A way of placing songs, and of telling how far apart they are.

    Attributes
    ----------
    name
        Whose it is.
    place
        Makes one array of a song; spaces may share it.
    distances
        Of queries (rows) to songs (columns), from all their places; the songs alone may set its scale.
    """

    name: str
    place: Callable[[Audio], Array]
    distances: Callable[[Array, Array], Array]


@dataclass
class Placed:
    """Where one space has put everything.

    Attributes
    ----------
    wholes
        One place for each recording.
    fates
        Of each recording's fates: whose, of which kind, where.
    parts
        Of each whole song's parts: whose, where.
    """

    wholes: list[Array] = field(default_factory=list)
    fates: list[tuple[int, str, Array]] = field(default_factory=list)
    parts: list[tuple[int, Array]] = field(default_factory=list)


def measure(data: Path) -> list[Row]:
    """Measure every space on the real songs under the folder."""
    spaces = _spaces()
    families, placed = _place_all(data, spaces)
    ours, *theirs = (_answers(space, families, placed[space.name]) for space in spaces)
    rows = []
    for (question, on), figure in ours.items():
        rows += [
            Row(question, on, figure, peer.name, answers[question, on])
            for peer, answers in zip(spaces[1:], theirs, strict=True)
        ]
    return rows + _speed(data)


def _place_all(data: Path, spaces: list[Space]) -> tuple[list[str | None], dict[str, Placed]]:
    """Return the family of each whole song (of a clip, none), and what each space made of all, one song at a time."""
    families: list[str | None] = []
    placed = {space.name: Placed() for space in spaces}
    for number, song in enumerate(songs_in(data)):
        families.append(song.family if song.whole else None)
        for name, place in _in_each(spaces, song.audio):
            placed[name].wholes.append(place)
        for kind, changed in fates(song) if song.whole else ():
            for name, place in _in_each(spaces, changed):
                placed[name].fates.append((number, kind, place))
        for part in thirds_of_a_minute(song) if song.whole else ():
            for name, place in _in_each(spaces, part):
                placed[name].parts.append((number, place))
    return families, placed


def _in_each(spaces: list[Space], audio: Audio) -> list[tuple[str, Array]]:
    """Return each space's name and place of a song."""
    made = {place: place(audio) for place in dict.fromkeys(space.place for space in spaces)}
    return [(space.name, made[space.place]) for space in spaces]


def _spaces() -> list[Space]:
    settings = Settings()
    engine = choose_embedder(settings.embedding_engine, settings.models_dir, threads=2)
    spaces = [_space_of(engine)]
    if engine.name != "statistics":
        spaces.append(_space_of(choose_embedder("statistics", settings.models_dir, threads=2)))
    return [
        *spaces,
        Space("librosa MFCC, mean and deviation", _mfcc_gaussian, _cosine_of_moments),
        Space("librosa MFCC, Gaussians by Kullback-Leibler", _mfcc_gaussian, _kullback_leibler),
    ]


def _space_of(engine: Embedder) -> Space:
    return Space(f"ours, {engine.name}", lambda audio: engine.embed(audio).astype(np.float64), _cosine)


def _answers(space: Space, families: list[str | None], placed: Placed) -> dict[tuple[str, str], float]:
    """Return a figure for each question and what it was asked of."""
    places = np.stack(placed.wholes)
    found: dict[str, list[bool]] = defaultdict(list)
    for number, kind, place in placed.fates:
        hit = int(space.distances(place[None], places)[0].argmin()) == number
        found[kind].append(hit)
    found["all of these"] = [hit for hits in list(found.values()) for hit in hits]
    whole = [number for number, family in enumerate(families) if family]
    on = f"{len(whole)} whole songs among {len(families)} recordings"
    answers = {
        (f"known again, {kind} (share)", f"{on}, {len(hits)} tries"): float(np.mean(hits))
        for kind, hits in found.items()
    }
    of_song = _retrieval(space, [number for number, _ in placed.parts], np.stack([place for _, place in placed.parts]))
    of_family = _retrieval(space, [families[number] for number in whole], places[whole])
    for figure, value in of_song.items():
        answers[f"20 s parts of the same song ({figure})", f"{len(placed.parts)} parts of {len(whole)} songs"] = value
    for figure, value in of_family.items():
        answers[f"same artist, album or game ({figure})", f"{len(whole)} whole songs"] = value
    return answers


def _retrieval(space: Space, labels: Sequence[object], places: Array) -> dict[str, float]:
    """Return mean average precision and recall among the first ten, of those that have a like."""
    distances = space.distances(places, places)
    precisions, recalls = [], []
    for number, label in enumerate(labels):
        order = [other for other in distances[number].argsort(kind="stable") if other != number]
        alike = np.array([labels[other] == label for other in order])
        if alike.any():
            ranks = np.flatnonzero(alike) + 1
            precisions.append(float(np.mean(np.arange(1, len(ranks) + 1) / ranks)))
            recalls.append(float(alike[:10].sum() / min(10, alike.sum())))
    if not precisions:
        return {}
    return {f"mAP, {len(precisions)} queries": float(np.mean(precisions)), "recall@10": float(np.mean(recalls))}


def _cosine(queries: Array, songs: Array) -> Array:
    distances: Array = 1 - queries @ songs.T
    return distances


def _mfcc(audio: Audio) -> Array:
    mono = librosa.resample(audio.mono(), orig_sr=audio.sample_rate, target_sr=22050)
    return np.asarray(librosa.feature.mfcc(y=mono, sr=22050, n_mfcc=_COEFFICIENTS), dtype=np.float64)


def _mfcc_gaussian(audio: Audio) -> Array:
    """Return mean (first row) and covariance of the coefficients."""
    mfcc = _mfcc(audio)
    return np.vstack([mfcc.mean(axis=1), np.cov(mfcc) + 1e-3 * np.eye(_COEFFICIENTS)])


def _cosine_of_moments(queries: Array, songs: Array) -> Array:
    """Return cosine distances of means and deviations, in units of how far the songs' are spread."""
    of_queries, of_songs = (_moments(places) for places in (queries, songs))
    mean, spread = of_songs.mean(axis=0), of_songs.std(axis=0) + 1e-9
    return _cosine(*(_at_unit_length((places - mean) / spread) for places in (of_queries, of_songs)))


def _moments(gaussians: Array) -> Array:
    deviations = np.sqrt(np.diagonal(gaussians[:, 1:], axis1=1, axis2=2))
    return np.concatenate([gaussians[:, 0], deviations], axis=1)


def _at_unit_length(places: Array) -> Array:
    lengths: Array = places / (np.linalg.norm(places, axis=1, keepdims=True) + 1e-12)
    return lengths


def _kullback_leibler(queries: Array, songs: Array) -> Array:
    """Return the symmetric divergence between Gaussians (M. Mandel, D. Ellis, ISMIR 2005)."""
    distances = np.empty((len(queries), len(songs)))
    inverses = [[np.linalg.inv(place[1:]) for place in places] for places in (queries, songs)]
    for row, query in enumerate(queries):
        for column, song in enumerate(songs):
            p, q = inverses[0][row], inverses[1][column]
            apart = query[0] - song[0]
            distances[row, column] = np.sum(p * song[1:]) + np.sum(q * query[1:]) + apart @ (p + q) @ apart
    return distances


def _speed(data: Path) -> list[Row]:
    """Return how fast each engine places four minutes of a song, the networks already loaded."""
    song = next(song for song in songs_in(data) if song.whole).audio
    samples = np.stack([np.resize(channel, 240 * song.sample_rate) for channel in song.samples])
    audio = Audio(samples, song.sample_rate)
    settings = Settings()
    best = choose_embedder(settings.embedding_engine, settings.models_dir, threads=1).name
    theirs = _times_real_time(_mfcc, audio)
    rows = []
    for name in dict.fromkeys((best, "statistics")):
        one, two = (
            _times_real_time(choose_embedder(name, settings.models_dir, threads=threads).embed, audio)
            for threads in (1, 2)
        )
        rows.append(Row(f"embedding by {name}, two threads, x real time", "4 minutes", two, "one thread", one))
        rows.append(Row(f"embedding by {name}, one thread, x real time", "4 minutes", one, "librosa MFCC", theirs))
    return rows


def _times_real_time(place: Callable[[Audio], object], audio: Audio) -> float:
    """Return the best of three runs after a first."""
    place(audio)
    return audio.duration_s / min(_timed(partial(place, audio)) for _ in range(3))


def _timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
