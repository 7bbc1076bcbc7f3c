"""How near proxies lie to the embeddings of songs whose audio was held back.

Few songs here have audio, and little is known of them: real embeddings can tell that the machinery works, and no more.
So there is a stand-in beside: the numeric audio features of the playlists' tracks, under a Gaussian kernel at 768
dimensions, play the embedding's part; proxies are told artist, album, year and playlists, never the features.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.ears.songs import songs_in
from benchmarks.table import Row
from benchmarks.taste import datasets
from segue.audio.signal import FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.kernel_mean import kernel_mean
from segue.engines.embedding.statistics import StatisticsEmbedder
from segue.taste.features import unit_rows
from segue.taste.proxies import ProxyModel
from segue.taste.traits import SongTraits

_PART: Final = "taste proxies"
_HELD: Final = 2_000
_WITH_AUDIO: Final = (0, 50, 500, 5_000)
_DISTRACTORS: Final = 1_000
_WIDTH: Final = 0.8


def measure(data: Path) -> list[Row]:
    """Measure on the stand-in, then on the real songs."""
    return [*_stand_in(data), *_real(data)]


def _stand_in(data: Path) -> list[Row]:
    dataset = datasets.playlists(data)
    told = dataset.traits(dataset.listens)
    truth = _kernel(told)
    traits = [SongTraits(tags=song.tags, artists=song.artists, year=song.year, contexts=song.contexts) for song in told]
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(traits))
    held, rest = order[:_HELD], order[_HELD:]
    rows = []
    for count in _WITH_AUDIO:
        vectors = np.zeros_like(truth)
        vectors[rest[:count]] = truth[rest[:count]]
        proxies = ProxyModel.learn(traits, vectors).embed([traits[song] for song in held.tolist()])
        peers = _baselines(traits, vectors, held.tolist()) if count else {}
        what = f"a stand-in for audio, {count:,} songs that have it"
        rows += _compared(what, proxies, truth[held], peers)
    return rows


def _real(data: Path) -> list[Row]:
    """Hold back each whole song in turn; what is known of it is its artist or game, and its duration."""
    songs, vectors = [], []
    embedder = StatisticsEmbedder()
    for song in songs_in(data):
        if song.whole:
            songs.append(SongTraits(artists=[song.family], numbers={"duration": song.audio.duration_s}))
            vectors.append(embedder.embed(song.audio))
    truth = np.stack(vectors)
    proxies, means, of_artists = [], [], []
    for number in range(len(songs)):
        without = truth.copy()
        without[number] = 0
        proxies.append(ProxyModel.learn(songs, without).embed([songs[number]])[0])
        baselines = _baselines(songs, without, [number])
        means.append(baselines["mean vector"][0])
        of_artists.append(baselines["artist's mean"][0])
    peers = {"mean vector": np.stack(means), "artist's mean": np.stack(of_artists)}
    return _compared(f"{len(songs)} real songs, each held back in turn", np.stack(proxies), truth, peers)


def _kernel(songs: Sequence[SongTraits]) -> FloatArray:
    values = np.array([[song.numbers[name] for name in datasets.NUMBERS] for song in songs])
    scaled = (values - values.mean(axis=0)) / values.std(axis=0) / np.sqrt(values.shape[1])
    return np.stack(
        [
            kernel_mean(row[np.newaxis], width=_WIDTH, dimensions=DIMENSIONS, name="stand-in")
            for row in np.clip(scaled, -1, 1).astype(np.float32)
        ]
    )


def _baselines(traits: Sequence[SongTraits], vectors: FloatArray, held: Sequence[int]) -> dict[str, FloatArray]:
    """Return the mean of all songs with audio, and that of each song's artist where it has one."""
    there = np.flatnonzero(np.linalg.norm(vectors, axis=1))
    mean = unit_rows(vectors[there].mean(axis=0, keepdims=True))[0]
    sums: dict[str, FloatArray] = {}
    for song in there.tolist():
        artist = traits[song].artists[0]
        sums[artist] = sums.get(artist, np.zeros(DIMENSIONS, dtype=np.float32)) + vectors[song]
    of_artists = np.stack([sums.get(traits[song].artists[0], mean) for song in held])
    return {"mean vector": np.tile(mean, (len(held), 1)), "artist's mean": unit_rows(of_artists)}


def _compared(what: str, proxies: FloatArray, truth: FloatArray, peers: dict[str, FloatArray]) -> list[Row]:
    rows = []
    for question, figure in (
        ("proxy: mean cosine to the held-back embedding", _cosine),
        ("proxy: where the true one ranks among all held back, mean share above it", _rank),
    ):
        ours = figure(proxies, truth)
        rows += [Row(question, what, ours, name, figure(told, truth), _PART) for name, told in peers.items()]
        if not peers:
            rows.append(Row(question, what, ours, part=_PART))
    return rows


def _cosine(told: FloatArray, truth: FloatArray) -> float:
    return float((told * truth).sum(axis=1).mean())


def _rank(told: FloatArray, truth: FloatArray) -> float:
    """Return the mean share of songs that are nearer to the proxy than the true one; 0.5 is chance."""
    some = slice(0, _DISTRACTORS)
    cosines = told[some] @ truth[some].T
    true = np.diag(cosines)[:, np.newaxis]
    above = (cosines > true).sum(axis=1) + 0.5 * ((cosines == true).sum(axis=1) - 1)
    return float((above / max(len(cosines) - 1, 1)).mean())
