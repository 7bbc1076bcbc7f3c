"""Fitting the clues of keys: how usual chords are in a key, and what each clue counts."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from segue.audio.chords import QUALITIES, ChordEvidence, log_probability
from segue.audio.keys import KeyModel, chord_shares, key_clues
from segue.audio.signal import FloatArray
from segue.audio.spectrum import TONAL_FPS
from segue.audio.tonality import Chroma
from training.tonality.songs import HeardSong

_UNUSUAL: Final = 0.1
_RIDGE: Final = 1e-3
_CUT: Final = 0.7


def fit_keys(heard: list[HeardSong], layers: list[FloatArray]) -> KeyModel:
    """Fit the model of keys; every other song is cut short, because many songs fade or are heard in part."""
    songs = [(song, evidence_of(song, layers)) for song in heard]
    log_shares = _log_shares(songs)
    clues = [
        key_clues(*_cut(song, evidence, index % 2 == 1), log_shares) for index, (song, evidence) in enumerate(songs)
    ]
    return KeyModel(log_shares, _weights(np.array(clues), np.array([key_number(song) for song in heard])))


def evidence_of(song: HeardSong, layers: list[FloatArray]) -> ChordEvidence:
    """Return what the model of chords makes of a song."""
    return ChordEvidence(song.edges_s, log_probability(song.features, layers))


def key_number(song: HeardSong) -> int:
    """Return the song's key, 0 to 23: C to B major, then C to B minor."""
    return song.key.tonic + (12 if song.key.mode == "minor" else 0)


def write(model: KeyModel, file: Path) -> None:
    """Write the model as half floats."""
    np.savez_compressed(
        file,
        allow_pickle=False,
        log_shares=model.log_shares.astype(np.float16),
        weights=model.weights.astype(np.float16),
    )


def _log_shares(songs: list[tuple[HeardSong, ChordEvidence]]) -> FloatArray:
    total = np.zeros((2, 12 * len(QUALITIES)))
    for song, evidence in songs:
        total[int(song.key.mode == "minor")] += np.roll(chord_shares(evidence), -song.key.tonic, axis=0).ravel()
    total /= total.sum(axis=1, keepdims=True)
    return np.log((1.0 - _UNUSUAL) * total + _UNUSUAL / total.shape[1]).astype(np.float32)


def _cut(song: HeardSong, evidence: ChordEvidence, short: bool) -> tuple[Chroma, ChordEvidence]:
    """Return chroma and evidence of a song, or of its first part."""
    if not short:
        return song.chroma, evidence
    units = max(int(_CUT * len(evidence.log_probability)), 2)
    end_s = float(evidence.edges_s[units])
    frames = int(end_s * TONAL_FPS)
    chroma = replace(
        song.chroma,
        all=song.chroma.all[:, :frames],
        bass=song.chroma.bass[:, :frames],
        registers=song.chroma.registers[:, :, :frames],
        tonalness=song.chroma.tonalness[:frames],
    )
    return chroma, ChordEvidence(evidence.edges_s[: units + 1], evidence.log_probability[:units])


def _weights(clues: NDArray[np.float64], right: NDArray[np.int64]) -> FloatArray:
    """Return the weights under which the right keys are likeliest (conditional logit, with a small ridge)."""
    songs = np.arange(len(right))

    def cost(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = clues @ weights
        scores -= scores.max(axis=1, keepdims=True)
        belief = np.exp(scores)
        belief /= belief.sum(axis=1, keepdims=True)
        value = -np.log(belief[songs, right]).mean() + _RIDGE * float(weights @ weights)
        slope = (np.einsum("sk,skc->sc", belief, clues) - clues[songs, right]).mean(axis=0)
        return float(value), slope + 2.0 * _RIDGE * weights

    return np.asarray(minimize(cost, np.zeros(clues.shape[2]), jac=True, method="L-BFGS-B").x, dtype=np.float32)
