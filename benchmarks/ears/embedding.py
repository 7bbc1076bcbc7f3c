"""Whether a song's embedding knows it again whatever befell it, lies among its like, and comes fast."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray

from benchmarks.ears.songs import Song, fates, songs_in, thirds_of_a_minute
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
        Makes one array of a song.
    distances
        Of queries (rows) to songs (columns), from all their places; the songs alone may set its scale.
    """

    name: str
    place: Callable[[Audio], Array]
    distances: Callable[[Array, Array], Array]


def measure(data: Path) -> list[Row]:
    """Measure every space on the real songs under the folder."""
    songs = list(songs_in(data))
    ours, *peers = _spaces()
    answers = {space.name: _answers(space, songs) for space in (ours, *peers)}
    rows = []
    for (question, on), figure in answers[ours.name].items():
        rows += [Row(question, on, figure, peer.name, answers[peer.name][question, on]) for peer in peers]
    return rows + _speed(max((song for song in songs), key=lambda song: song.audio.duration_s))


def _spaces() -> list[Space]:
    settings = Settings()
    engine = choose_embedder(settings.embedding_engine, settings.models_dir, threads=2)
    spaces = [_space_of(engine)]
    if engine.name != "statistics":
        spaces.append(_space_of(choose_embedder("statistics", settings.models_dir, threads=2)))
    return [
        *spaces,
        Space("librosa MFCC, mean and deviation", _mfcc_moments, _standardised_cosine),
        Space("librosa MFCC, Gaussians by Kullback-Leibler", _mfcc_gaussian, _kullback_leibler),
    ]


def _space_of(engine: Embedder) -> Space:
    return Space(f"ours, {engine.name}", lambda audio: engine.embed(audio).astype(np.float64), _cosine)


def _answers(space: Space, songs: list[Song]) -> dict[tuple[str, str], float]:
    """Return a figure for each question and what it was asked of."""
    whole = [song for song in songs if song.whole]
    names = [song.name for song in songs]
    places = np.stack([space.place(song.audio) for song in songs])
    found: dict[str, list[bool]] = defaultdict(list)
    for song in whole:
        for kind, changed in fates(song):
            nearest = int(space.distances(space.place(changed)[None], places)[0].argmin())
            found[kind].append(names[nearest] == song.name)
    on = f"{len(whole)} whole songs among {len(songs)} recordings"
    known = {kind: float(np.mean(tries)) for kind, tries in found.items()}
    known["all of these"] = float(np.mean([hit for tries in found.values() for hit in tries]))
    answers = {(f"known again, {kind} (share)", f"{on}, {_tries(found, kind)} tries"): v for kind, v in known.items()}
    parts = [(song.name, space.place(part)) for song in whole for part in thirds_of_a_minute(song)]
    of_song = _retrieval(space, [name for name, _ in parts], np.stack([place for _, place in parts]))
    of_family = _retrieval(space, [song.family for song in whole], places[[song.whole for song in songs]])
    for figure, value in of_song.items():
        answers[f"20 s parts of the same song ({figure})", f"{len(parts)} parts of {len(whole)} songs"] = value
    for figure, value in of_family.items():
        answers[f"same artist, album or game ({figure})", f"{len(whole)} whole songs"] = value
    return answers


def _tries(found: dict[str, list[bool]], kind: str) -> int:
    return len(found[kind]) if kind in found else sum(len(tries) for tries in found.values())


def _retrieval(space: Space, labels: list[str], places: Array) -> dict[str, float]:
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


def _mfcc_moments(audio: Audio) -> Array:
    mfcc = _mfcc(audio)
    return np.concatenate([mfcc.mean(axis=1), mfcc.std(axis=1)])


def _standardised_cosine(queries: Array, songs: Array) -> Array:
    mean, spread = songs.mean(axis=0), songs.std(axis=0) + 1e-9
    return _cosine(*(_at_unit_length((places - mean) / spread) for places in (queries, songs)))


def _at_unit_length(places: Array) -> Array:
    lengths: Array = places / (np.linalg.norm(places, axis=1, keepdims=True) + 1e-12)
    return lengths


def _mfcc_gaussian(audio: Audio) -> Array:
    """Return mean (first row) and covariance of the coefficients."""
    mfcc = _mfcc(audio)
    return np.vstack([mfcc.mean(axis=1), np.cov(mfcc) + 1e-3 * np.eye(_COEFFICIENTS)])


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


def _speed(song: Song) -> list[Row]:
    """Return how fast each engine places four minutes of a song, the networks already loaded."""
    samples = np.resize(song.audio.samples, (song.audio.channels, 240 * song.audio.sample_rate))
    audio = Audio(samples, song.audio.sample_rate)
    settings = Settings()
    names = dict.fromkeys(
        (choose_embedder(settings.embedding_engine, settings.models_dir, threads=1).name, "statistics")
    )
    rows = []
    for name in names:
        speeds = []
        for threads in (1, 2):
            engine = choose_embedder(name, settings.models_dir, threads=threads)
            engine.embed(audio)
            speeds.append(audio.duration_s / min(_timed(partial(engine.embed, audio)) for _ in range(3)))
        rows.append(
            Row(f"embedding by {name} with two threads, x real time", "4 minutes", speeds[1], "one thread", speeds[0])
        )
    theirs = audio.duration_s / min(_timed(partial(_mfcc, audio)) for _ in range(3))
    rows.append(Row(f"embedding by {next(iter(names))}, x real time", "4 minutes", speeds[0], "librosa MFCC", theirs))
    return rows


def _timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
