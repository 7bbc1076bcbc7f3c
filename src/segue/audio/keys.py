"""The key of a song, weighed from its pitch classes and its chords together."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Key
from segue.audio.chords import QUALITIES, ChordEvidence
from segue.audio.signal import FloatArray
from segue.audio.spectrum import TONAL_FPS
from segue.audio.tonality import Chroma

#: Key profiles, tonic first, major then minor, as published.
PROFILES = (
    (  # Krumhansl and Kessler 1982: probe-tone ratings
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    (  # Temperley 2007: the Kostka-Payne corpus
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
    (  # Albrecht and Shanahan 2013: 490 pieces
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
    (  # Faraldo et al. 2016 (EDMA): electronic dance music, heard in audio
        (1.00, 0.29, 0.50, 0.40, 0.60, 0.56, 0.32, 0.80, 0.31, 0.45, 0.42, 0.39),
        (1.00, 0.31, 0.44, 0.58, 0.33, 0.49, 0.29, 0.78, 0.43, 0.29, 0.53, 0.32),
    ),
)
_MAJOR_TONICS = tuple(QUALITIES.index(quality) for quality in ("maj", "maj7", "7"))
_MINOR_TONICS = tuple(QUALITIES.index(quality) for quality in ("min", "min7"))
_END_S = 4.0
_HELD_S = 0.45


@dataclass(frozen=True, slots=True)
class KeyModel:
    """What was learned of keys from rendered songs (``training/tonality``).

    Attributes
    ----------
    log_shares
        Logarithm of the share of time that each chord has in a key, the tonic's chords first, shape
        ``(2, 12 * qualities)``: major, minor.
    weights
        What each of the four clues counts, shape ``(4,)``.
    """

    log_shares: FloatArray
    weights: FloatArray


def estimate_key(chroma: Chroma, evidence: ChordEvidence) -> Key:
    """Name the likeliest key of a song.

    Four clues are weighed for each of the 24 keys (see `key_clues`). The confidence is the probability of the key named
    that they give, which was checked on songs that were rendered; it goes down to 0 where little is pitched, where
    pitches glide, do not last or are few, and within the first eight seconds.
    """
    weights = chroma.tonalness * chroma.all.any(axis=0)
    if float(weights.sum()) < 1e-3:
        return Key(0, "major", 0.0)
    model = _model()
    scores = key_clues(chroma, evidence, model.log_shares) @ model.weights
    best = int(scores.argmax())
    probability = 1.0 / float(np.exp(scores - scores[best]).sum())
    confidence = round(float(np.clip(_clearness(chroma, weights) * probability, 0.0, 1.0)), 4)
    return Key(best % 12, "major" if best < 12 else "minor", confidence)


def key_clues(chroma: Chroma, evidence: ChordEvidence, log_shares: FloatArray) -> NDArray[np.float64]:
    """Return what speaks for each key.

    Parameters
    ----------
    chroma, evidence
        Of the song.
    log_shares
        As in `KeyModel`.

    Returns
    -------
    clues
        Shape ``(24, 4)``, C to B major, then C to B minor: how well the pitch classes fit it; how usual its chords are
        in it; how long its tonic chord sounds; how much the last four seconds are that chord.
    """
    weights = chroma.tonalness * chroma.all.any(axis=0)
    shares = chord_shares(evidence)
    mids = (evidence.edges_s[:-1] + evidence.edges_s[1:]) / 2.0
    sounding = np.flatnonzero(weights > 0.1 * float(weights.max(initial=0.0)))
    end_s = float(sounding[-1] / TONAL_FPS) if sounding.size else 0.0
    near_end = (mids > end_s - _END_S) & (mids <= end_s)
    ending = chord_shares(evidence, near_end) if near_end.any() else shares
    usual = [
        float(np.roll(shares, -tonic, axis=0).ravel() @ log_shares[mode]) for mode in (0, 1) for tonic in range(12)
    ]
    return np.stack([key_fits(_mean(chroma, weights)), usual, _tonic_shares(shares), _tonic_shares(ending)], axis=1)


def chord_shares(evidence: ChordEvidence, chosen: NDArray[np.bool_] | None = None) -> FloatArray:
    """Return how much of the time each chord sounds, over all or some beats, ``(12, qualities)``, summing to 1."""
    lengths = np.diff(evidence.edges_s) if chosen is None else np.diff(evidence.edges_s) * chosen
    share = (lengths @ np.exp(evidence.log_probability))[:-1].reshape(12, -1)
    return np.asarray(share / max(float(share.sum()), 1e-9), dtype=np.float32)


def _tonic_shares(shares: FloatArray) -> FloatArray:
    return np.concatenate([shares[:, _MAJOR_TONICS].sum(axis=1), shares[:, _MINOR_TONICS].sum(axis=1)])


@lru_cache(maxsize=1)
def _model() -> KeyModel:
    with files("segue.audio").joinpath("keys.npz").open("rb") as file, np.load(file) as arrays:
        return KeyModel(arrays["log_shares"].astype(np.float32), arrays["weights"].astype(np.float32))


def _clearness(chroma: Chroma, weights: FloatArray) -> float:
    """Return 0 to 1: whether much is pitched, on the semitones, held, of several pitches, and for eight seconds."""
    shares = _mean(chroma, weights).astype(np.float64)
    shares /= max(float(shares.sum()), 1e-9)
    pitches = float(np.exp(-np.sum(shares * np.log(shares + 1e-12))))
    marks = (
        float(weights.mean()) / 0.3,
        (0.27 - chroma.glide_semitones) / 0.05,
        (_held(chroma.all, weights) - 0.05) / 0.25,
        (pitches - 2.0) / 4.0,
        weights.size / TONAL_FPS / 8.0,
    )
    return float(np.prod(np.clip(marks, 0.0, 1.0)))


def _held(chroma: FloatArray, weights: FloatArray) -> float:
    """Return the mean correlation of the pitch classes with those 0.45 s later: near 0 in speech and in noise."""
    lag = round(_HELD_S * TONAL_FPS)
    if chroma.shape[1] <= lag:
        return 0.0
    deviation = chroma - chroma.mean(axis=0)
    size = np.linalg.norm(deviation, axis=0)
    earlier, later = slice(None, -lag), slice(lag, None)
    alike = np.einsum("pf,pf->f", deviation[:, earlier], deviation[:, later])
    alike = alike / np.maximum(size[earlier] * size[later], 1e-9)
    both = weights[earlier] * weights[later]
    return float(alike @ both / max(float(both.sum()), 1e-9))


def key_fits(profile: FloatArray) -> NDArray[np.float64]:
    """Return how well pitch classes fit each key, -1 to 1, shape ``(24,)``: C to B major, then C to B minor."""
    return np.asarray(np.mean([profile_fits(profile, pair) for pair in PROFILES], axis=0))


def profile_fits(profile: FloatArray, pair: tuple[tuple[float, ...], tuple[float, ...]]) -> NDArray[np.float64]:
    """Return the correlation of pitch classes with one pair of profiles in all keys, shape ``(24,)``."""
    keys = np.array([np.roll(of_mode, tonic) for of_mode in pair for tonic in range(12)])
    keys = keys - keys.mean(axis=1, keepdims=True)
    centred = profile.astype(np.float64) - float(profile.mean())
    size = np.linalg.norm(keys, axis=1) * max(float(np.linalg.norm(centred)), 1e-9)
    return np.asarray(keys @ centred / size)


def _mean(chroma: Chroma, weights: FloatArray) -> FloatArray:
    return np.asarray(chroma.all @ weights / max(float(weights.sum()), 1e-9), dtype=np.float32)
